//! Does code, once published, stay what it is and run, whatever the process does?
#![cfg(feature = "jit")]

#[path = "code_memory/machine.rs"]
mod machine;
#[cfg(all(windows, target_arch = "x86_64"))]
#[path = "plan/notation.rs"]
mod notation;
#[path = "code_memory/stubs.rs"]
mod stubs;
#[path = "code_memory/unwinding.rs"]
mod unwinding;

#[cfg(windows)]
#[path = "code_memory/protection.rs"]
mod protection;
#[cfg(all(windows, target_arch = "x86_64"))]
#[path = "code_memory/stepping.rs"]
mod stepping;

// What a process can do to itself; each question is put to a process of its own.
#[cfg(target_os = "linux")]
#[path = "code_memory/descriptors.rs"]
mod descriptors;
#[cfg(target_os = "linux")]
#[path = "code_memory/forks.rs"]
mod forks;
#[cfg(target_os = "linux")]
#[path = "code_memory/refusals.rs"]
mod refusals;
#[cfg(target_os = "linux")]
#[path = "code_memory/retiring.rs"]
mod retiring;
#[cfg(target_os = "linux")]
#[path = "code_memory/smaps.rs"]
mod smaps;
#[cfg(target_os = "linux")]
#[path = "code_memory/tables.rs"]
mod tables;

use std::collections::HashSet;
use std::sync::Barrier;
use std::thread;

use farcall_jit::Error;
use farcall_jit::code::{self, ALIGN, Arena, CHUNK, LARGEST_PIECE, Strategy};

use machine::{Piece, returning, run};

/// An arena for each strategy of this system.
fn arenas() -> impl Iterator<Item = Arena> {
    Strategy::ALL.chunks(1).map(Arena::new)
}

#[test]
fn published_code_runs_by_every_strategy() {
    for arena in arenas() {
        for value in [0, 1, 0x1234_5678, u32::MAX] {
            let code = arena.publish(&returning(value)).unwrap();
            assert_eq!(run(code), value, "{arena}");
            assert_eq!(code.bytes(), returning(value));
            assert_eq!(code.len(), returning(value).len());
            assert_eq!(code.entry().addr() % ALIGN, 0);
        }
    }
}

#[test]
fn the_first_strategy_of_this_system_is_taken() {
    code::publish(&returning(1)).unwrap();
    assert_eq!(
        code::arena().usage().strategy,
        Strategy::ALL.first().copied()
    );
}

#[test]
fn an_arena_prints_what_it_holds() {
    let arena = Arena::new(&[Strategy::SealedPages]);
    assert_eq!(
        arena.to_string(),
        "nothing yet: 0 pieces, 0 bytes in 0 chunks"
    );
    arena.publish(&[0; 40]).unwrap();
    arena.publish(&[0; 2]).unwrap();
    assert_eq!(
        arena.to_string(),
        "sealed pages: 2 pieces, 42 bytes in 2 chunks"
    );
    assert!(format!("{arena:?}").contains("SealedPages"));
}

#[test]
fn eight_threads_publish_and_run_their_own() {
    const THREADS: u32 = 8;
    const PIECES: u32 = 4000;
    let arena = Arena::new(Strategy::ALL);
    let start = Barrier::new(THREADS as usize);
    let own = |thread: u32| {
        start.wait();
        let publish = |piece| Piece::publish(&arena, thread * PIECES + piece);
        let pieces: Vec<_> = (0..PIECES).map(publish).collect();
        pieces.iter().for_each(Piece::check);
        pieces
    };
    let pieces: Vec<Piece> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|n| scope.spawn(move || own(n))).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    pieces.iter().for_each(Piece::check);
    let entries: HashSet<_> = pieces.iter().map(|piece| piece.code.entry()).collect();
    assert_eq!(entries.len(), pieces.len());
    assert_eq!(arena.usage().pieces, pieces.len());
}

#[test]
fn a_piece_larger_than_a_chunk_has_its_own() {
    for arena in arenas() {
        let before = arena.publish(&returning(1)).unwrap();
        for size in [CHUNK - 1, CHUNK, CHUNK + 1, LARGEST_PIECE] {
            let mut bytes = returning(7);
            bytes.resize(size, 0x90);
            let code = arena.publish(&bytes).unwrap();
            assert_eq!(
                (run(code), code.bytes() == bytes),
                (7, true),
                "{size} bytes"
            );
        }
        let after = arena.publish(&returning(2)).unwrap();
        assert_eq!((run(before), run(after)), (1, 2));
    }
}

#[test]
fn no_code_and_too_much_code_are_named_errors() {
    let arena = Arena::new(Strategy::ALL);
    assert!(matches!(arena.publish(&[]), Err(Error::Unsupported { .. })));
    let error = arena.publish(&vec![0; LARGEST_PIECE + 1]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a piece of code is too large: 1048577 bytes, at most 1048576"
    );
    let none = Arena::new(&[]).publish(&[0]);
    assert!(matches!(none, Err(Error::Memory { tried }) if tried.is_empty()));
}
