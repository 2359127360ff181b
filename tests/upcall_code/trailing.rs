//! Stubs that pass their record as a last argument, straight to a function of C's own signature.

use super::table::{Record, Table};
use super::{Side, sides};
use crate::notation::signature;
use farcall_jit::trampoline::Reg;
use std::ffi::c_void;
use std::sync::atomic::Ordering;

macro_rules! functions {
    ($module:ident, $abi:literal) => {
        pub(super) mod $module {
            use crate::table::Record;
            use farcall_jit::Pair;
            use std::sync::atomic::{AtomicU64, Ordering};

            /// `double (int, double)` with the record of the callback behind.
            ///
            /// # Safety
            /// The record's own word is the address of a sum.
            pub(crate) unsafe extern $abi fn summing(a: i32, b: f64, record: *mut Record) -> f64 {
                // SAFETY: forwarded to the caller.
                let sum = unsafe { &*(*record).own.cast::<AtomicU64>() };
                sum.fetch_add(a as u64, Ordering::Relaxed);
                f64::from(a) + b
            }

            /// A handler for the same signature.
            ///
            /// # Safety
            /// It is called by an upcall of that signature.
            pub(crate) unsafe extern $abi fn adding(
                _: *mut Record,
                values: *const Pair,
                result: *mut f64,
            ) {
                // SAFETY: there are two pairs, of an integer and a float.
                let [a, b] = unsafe { values.cast::<[Pair; 2]>().read() };
                let sum = a.slot.cast_signed() as f64 + f64::from_bits(b.slot);
                // SAFETY: there is room for a result.
                unsafe { result.write(sum) };
            }
        }
    };
}

functions!(sysv, "sysv64");
functions!(win64, "win64");

fn summing(side: &Side) -> *const u8 {
    match side.prefix {
        "sysv" => sysv::summing as *const u8,
        _ => win64::summing as *const u8,
    }
}

#[test]
fn a_function_gets_its_record_behind_its_arguments() {
    for side in sides() {
        for counted in [false, true] {
            let free = side.abi.trailing(&signature("i32 f64 -> f64")).unwrap();
            let table = Table::new(side.abi, Reg::Plan(free.unwrap()), counted);
            let own = std::sync::atomic::AtomicU64::new(0);
            let record: *mut Record = table.record(7);
            // SAFETY: the table is this thread's.
            unsafe {
                (*record).shim = summing(&side);
                (*record).own = (&raw const own).cast_mut().cast::<c_void>();
            }
            let mut sum = 0f64;
            side.caller("loop")(table.stub(7), (&raw mut sum).cast());
            assert_eq!(sum, 500_000.0);
            assert_eq!(own.load(Ordering::Relaxed), 499_500);
            // SAFETY: as above.
            let count = unsafe { (*record).count.load(Ordering::SeqCst) };
            assert_eq!(count, if counted { 1000 } else { 0 });
        }
    }
}
