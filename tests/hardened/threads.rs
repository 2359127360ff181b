//! Forks while other threads bind.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use farcall::{FnType, RecordKind, RecordType, Type};
use support::child::{Child, alone, fork};

use super::{check_all, first, fixture};

/// What other threads hold locked at the fork must not stop the child.
#[test]
fn a_child_binds_although_other_threads_were_binding_at_the_fork() {
    alone(|| {
        check_all(0..1, first());
        let stop = AtomicBool::new(false);
        let bind = |thread: u64| {
            let mut size = 1000 * thread;
            while !stop.load(Ordering::Relaxed) {
                size += 1;
                bind_record(size);
                if size.is_multiple_of(20) {
                    thread::yield_now();
                }
            }
        };
        thread::scope(|scope| {
            for thread in 1..=3 {
                let bind = &bind;
                scope.spawn(move || bind(thread));
            }
            let children = (0..100).map(|round| {
                fork(|| {
                    bind_record(100_000 + round);
                    check_all(1..4, first());
                })
            });
            let joined = panic::catch_unwind(AssertUnwindSafe(|| children.for_each(Child::join)));
            stop.store(true, Ordering::Relaxed);
            joined.unwrap();
        });
    });
}

/// Binds a function that takes a record of `size` bytes, a shape of its own.
fn bind_record(size: u64) {
    let bytes = Type::CHAR.array(size).unwrap();
    let record = RecordType::builder(RecordKind::Struct, None).field("bytes", bytes);
    let ty = FnType::builder().unnamed_param(record.build().unwrap().as_type());
    let ty = ty.build().unwrap();
    fixture().function_as("weights_shift", ty).unwrap();
}
