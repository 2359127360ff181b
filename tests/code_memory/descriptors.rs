//! What if the program closes, reuses or writes to descriptors that are ours?

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;

use farcall_jit::code::{self, ALIGN, Arena, CHUNK, Strategy};

use super::machine::{Piece, returning};
use support::child::{alone, code_descriptors, descriptors};

const FILES: &[Strategy] = &[Strategy::MemoryFile];

fn only_code_descriptor() -> i32 {
    let numbers = code_descriptors();
    assert_eq!(numbers.len(), 1, "{numbers:?}");
    numbers[0]
}

fn close(number: i32) {
    // SAFETY: the point of these tests: a program can close any number.
    unsafe { libc::close(number) };
}

#[test]
fn a_file_that_got_our_number_is_neither_written_nor_closed() {
    alone(|| {
        let before: Vec<_> = (0..10).map(|n| Piece::publish(code::arena(), n)).collect();
        let number = only_code_descriptor();
        descriptors()
            .iter()
            .filter(|(n, _)| *n > 2)
            .for_each(|(n, _)| close(*n));
        let path = std::env::temp_dir().join(format!("farcall-innocent-{}", std::process::id()));
        fs::write(&path, "innocent").unwrap();
        let innocent = File::options().read(true).write(true).open(&path).unwrap();
        // SAFETY: `number` is free.
        let reused = unsafe { libc::dup2(innocent.as_raw_fd(), number) };
        assert_eq!(reused, number);
        let after: Vec<_> = (10..5000)
            .map(|n| Piece::publish(code::arena(), n))
            .collect();
        assert_eq!(fs::read_to_string(&path).unwrap(), "innocent");
        fs::remove_file(&path).unwrap();
        let link = fs::metadata(format!("/proc/self/fd/{number}")).expect("it was closed");
        assert_eq!(link.ino(), innocent.metadata().unwrap().ino());
        before.iter().chain(&after).for_each(Piece::check);
        let usage = code::arena().usage();
        assert_eq!(
            (usage.strategy, usage.abandoned),
            (Some(Strategy::MemoryFile), 1)
        );
    });
}

#[test]
fn a_closed_descriptor_is_replaced() {
    alone(|| {
        let arena = Arena::new(FILES);
        let pieces = [1, 2, 3].map(|n| {
            code_descriptors().into_iter().for_each(close);
            Piece::publish(&arena, n)
        });
        pieces.iter().for_each(Piece::check);
        assert_eq!(arena.usage().chunks, 3);
    });
}

#[test]
fn a_stray_write_changes_no_code() {
    alone(|| {
        let first = Piece::publish(code::arena(), 1);
        let number = only_code_descriptor();
        // SAFETY: it reads a string; a program can write to any number.
        let written = unsafe { libc::write(number, c"stray text".as_ptr().cast(), 10) };
        assert_eq!(written, -1);
        let second = Piece::publish(code::arena(), 2);
        first.check();
        second.check();
        assert_eq!(code::arena().usage().chunks, 1);
    });
}

#[test]
fn the_numbers_of_the_standard_streams_are_not_taken() {
    alone(|| {
        // SAFETY: plain descriptors.
        let saved = [0, 1, 2].map(|n| unsafe { libc::fcntl(n, libc::F_DUPFD, 100) });
        (0..3).for_each(close);
        Piece::publish(code::arena(), 1);
        let numbers = code_descriptors();
        for (number, saved) in (0..).zip(saved) {
            // SAFETY: plain descriptors.
            unsafe { libc::dup2(saved, number) };
        }
        assert!(
            numbers.iter().all(|n| *n > 2) && numbers.len() == 1,
            "{numbers:?}"
        );
    });
}

#[test]
fn a_full_chunk_is_sealed_and_its_descriptor_closed() {
    alone(|| {
        let arena = Arena::new(FILES);
        let piece = |n: usize| Piece::publish(&arena, n as u32);
        let first = piece(0);
        // SAFETY: a plain descriptor.
        let ours = unsafe { libc::dup(only_code_descriptor()) };
        let rest: Vec<_> = (1..CHUNK / ALIGN).map(piece).collect();
        assert_eq!(arena.usage().chunks, 1);
        // SAFETY: reads an integer.
        let seals = unsafe { libc::fcntl(ours, libc::F_GET_SEALS) };
        assert_eq!(seals & libc::F_SEAL_WRITE, 0);
        piece(CHUNK / ALIGN);
        // SAFETY: reads an integer.
        let seals = unsafe { libc::fcntl(ours, libc::F_GET_SEALS) };
        let all = libc::F_SEAL_WRITE | libc::F_SEAL_GROW | libc::F_SEAL_SHRINK | libc::F_SEAL_SEAL;
        assert_eq!(seals & all, all);
        // SAFETY: reads a string.
        let written = unsafe { libc::pwrite(ours, c"x".as_ptr().cast(), 1, 0) };
        assert_eq!(
            (written, io::Error::last_os_error().raw_os_error()),
            (-1, Some(libc::EPERM))
        );
        assert_eq!(
            code_descriptors().len(),
            2,
            "the duplicate and the new chunk"
        );
        first.check();
        rest.iter().for_each(Piece::check);
    });
}

#[test]
fn ten_thousand_pieces_take_few_descriptors_and_mappings() {
    alone(|| {
        let maps = || {
            fs::read_to_string("/proc/self/maps")
                .unwrap()
                .lines()
                .count()
        };
        let (maps_before, descriptors_before) = (maps(), descriptors().len());
        for value in 0..10_000 {
            let mut bytes = returning(value);
            bytes.resize(100, 0);
            code::publish(&bytes).unwrap();
        }
        let chunks = code::arena().usage().chunks;
        assert_eq!(chunks, 10_000_usize.div_ceil(CHUNK / 112));
        assert!(maps() <= maps_before + chunks + 8);
        assert_eq!(descriptors().len(), descriptors_before + 1);
    });
}

#[test]
fn code_cannot_be_made_writable() {
    let piece = Piece::publish(&Arena::new(FILES), 1);
    // the first piece of an arena begins a page
    let page = piece.code.entry();
    for access in [
        libc::PROT_WRITE,
        libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC,
    ] {
        // SAFETY: it is asked for a page that holds nothing but that piece, and refused.
        let result = unsafe { libc::mprotect(page.cast_mut().cast(), 4096, access) };
        assert_eq!(result, -1);
        assert_eq!(
            io::Error::last_os_error().raw_os_error(),
            Some(libc::EACCES)
        );
    }
    piece.check();
}
