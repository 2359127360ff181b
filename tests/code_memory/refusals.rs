//! What if the system refuses one way to executable memory, or all?

use farcall_jit::Error;
use farcall_jit::code::{self, Arena, Strategy};

use support::child::{alone, code_descriptors};
use support::refuse::{exec_gain, executable_mappings, limit, memory_files};

use super::machine::{Piece, returning};

fn publish_by(strategy: Strategy) {
    let pieces = [1, 2, 3].map(|value| Piece::publish(code::arena(), value));
    assert_eq!(code::arena().usage().strategy, Some(strategy));
    pieces.iter().for_each(Piece::check);
}

/// What each way of a refused publication was refused for.
fn reasons() -> Vec<(&'static str, Option<i32>)> {
    match Arena::new(Strategy::ALL).publish(&returning(1)) {
        Err(Error::Memory { tried }) => tried
            .into_iter()
            .map(|(way, reason)| (way, reason.raw_os_error()))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_size_limit_of_zero_leads_to_pages_and_kills_no_one() {
    alone(|| {
        limit(libc::RLIMIT_FSIZE, 0);
        publish_by(Strategy::SealedPages);
        limit(libc::RLIMIT_FSIZE, libc::RLIM_INFINITY);
        publish_by(Strategy::MemoryFile);
    });
}

#[test]
fn a_file_size_limit_that_comes_later_ends_the_chunk() {
    alone(|| {
        publish_by(Strategy::MemoryFile);
        limit(libc::RLIMIT_FSIZE, 60);
        publish_by(Strategy::SealedPages);
        assert_eq!(code::arena().usage().abandoned, 1);
    });
}

#[test]
fn a_limit_of_no_descriptors_leads_to_pages() {
    alone(|| {
        limit(libc::RLIMIT_NOFILE, 0);
        publish_by(Strategy::SealedPages);
    });
}

#[test]
fn refused_memory_files_lead_to_pages() {
    if support::is_kept_from_asking("a refused system call") {
        return;
    }
    alone(|| {
        memory_files();
        publish_by(Strategy::SealedPages);
    });
}

#[test]
fn a_process_that_may_not_gain_executable_memory_has_memory_files() {
    alone(|| {
        if !exec_gain() {
            return eprintln!("not asked: this kernel cannot refuse");
        }
        publish_by(Strategy::MemoryFile);
        let pages = Arena::new(&[Strategy::SealedPages]).publish(&returning(1));
        let error = pages.unwrap_err().to_string();
        assert!(error.contains("sealed pages: Permission denied"), "{error}");
    });
}

#[test]
fn both_refused_for_different_reasons_is_an_error_with_both() {
    alone(|| {
        if !exec_gain() {
            return eprintln!("not asked: this kernel cannot refuse");
        }
        memory_files();
        let expected = [
            ("memory file", Some(libc::EPERM)),
            ("sealed pages", Some(libc::EACCES)),
        ];
        assert_eq!(reasons(), expected);
    });
}

#[test]
fn executable_mappings_refused_is_an_error_that_names_both_ways() {
    if support::is_kept_from_asking("a refused system call") {
        return;
    }
    alone(|| {
        let before = Piece::publish(code::arena(), 1);
        executable_mappings();
        let expected = [
            ("memory file", Some(libc::EPERM)),
            ("sealed pages", Some(libc::EPERM)),
        ];
        (0..1000).for_each(|_| assert_eq!(reasons(), expected));
        assert!(
            code_descriptors().len() == 1,
            "a refused file was not closed"
        );
        before.check();
        // the chunk that is open needs no new mapping
        Piece::publish(code::arena(), 2);
    });
}
