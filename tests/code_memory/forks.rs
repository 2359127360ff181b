//! Do parent and child keep their own code and each other's?

use std::io::{self, Read};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;

use farcall_jit::code::{self, Arena, Strategy};

use super::machine::Piece;
use support::child::{Child, alone, code_descriptors, fork, raw_fork};

const PIECES: u32 = 5000;

/// Publishes before and after a fork on both sides, and runs all when both have written.
fn publish_on_both_sides(fork: impl FnOnce(&mut dyn FnMut()) -> Child) {
    let arena = code::arena();
    let common: Vec<_> = (0..PIECES).map(|n| Piece::publish(arena, n)).collect();
    let more = |base| {
        let pieces: Vec<_> = (0..PIECES)
            .map(|n| Piece::publish(arena, base + n))
            .collect();
        assert_eq!(code_descriptors().len(), 1);
        pieces
    };
    let check = |own: &[Piece]| common.iter().chain(own).for_each(Piece::check);
    let (mut parent_done, tell_child) = io::pipe().unwrap();
    let (mut child_done, tell_parent) = io::pipe().unwrap();
    let mut ends = [Some(tell_child), Some(tell_parent)];
    let mut wait = |done: &mut io::PipeReader, other: usize| {
        drop(ends[1 - other].take());
        drop(ends[other].take());
        done.read_to_end(&mut Vec::new()).unwrap();
    };
    let child = fork(&mut || {
        let own = more(1_000_000);
        wait(&mut parent_done, 0);
        check(&own);
    });
    let own = more(2_000_000);
    wait(&mut child_done, 1);
    check(&own);
    child.join();
    check(&own);
    assert_eq!(
        code::arena().usage().abandoned,
        0,
        "the child took the parent's chunk"
    );
}

#[test]
fn parent_and_child_of_a_fork_overwrite_nothing() {
    alone(|| publish_on_both_sides(|body| fork(body)));
}

#[test]
fn parent_and_child_of_an_unannounced_fork_overwrite_nothing() {
    alone(|| publish_on_both_sides(|body| raw_fork(body)));
}

#[test]
fn a_grandchild_publishes_too() {
    alone(|| {
        let first = Piece::publish(code::arena(), 1);
        fork(|| {
            let second = Piece::publish(code::arena(), 2);
            fork(|| {
                Piece::publish(code::arena(), 3);
                second.check();
            })
            .join();
            second.check();
        })
        .join();
        Piece::publish(code::arena(), 4);
        first.check();
    });
}

/// A child whose parent's threads held locks at the fork must not wait for them.
///
/// The threads publish `allowance` pieces at each fork: the first exception in a child takes time
/// that grows with the square of the number of chunks, with some unwinders.
fn fork_while_publishing(strategies: &'static [Strategy], allowance: i32) {
    let arena = Arena::new(strategies);
    Piece::publish(&arena, 0);
    let (stop, left) = (AtomicBool::new(false), AtomicI32::new(0));
    let publish = &|thread| {
        while !stop.load(Ordering::Relaxed) {
            if left.fetch_sub(1, Ordering::Relaxed) > 0 {
                Piece::publish(&arena, thread);
            } else {
                thread::yield_now();
            }
        }
    };
    let fork = |value| {
        left.store(allowance, Ordering::Relaxed);
        publish_in_fork(&arena, value);
    };
    thread::scope(|scope| {
        (1..=3).for_each(|thread| drop(scope.spawn(move || publish(thread))));
        let forks = panic::catch_unwind(AssertUnwindSafe(|| (0..100).for_each(fork)));
        stop.store(true, Ordering::Relaxed);
        forks.unwrap();
    });
}

fn publish_in_fork(arena: &Arena, value: u32) {
    fork(|| {
        for n in 0..10 {
            Piece::publish(arena, value + n);
        }
        // the unwinder's lock, too
        assert!(panic::catch_unwind(|| panic::resume_unwind(Box::new(()))).is_err());
    })
    .join();
}

#[test]
fn a_fork_while_threads_publish_to_memory_files_leaves_a_child_that_publishes() {
    alone(|| fork_while_publishing(&[Strategy::MemoryFile], 2000));
}

#[test]
fn a_fork_while_threads_publish_to_pages_leaves_a_child_that_publishes() {
    alone(|| fork_while_publishing(&[Strategy::SealedPages], 20));
}
