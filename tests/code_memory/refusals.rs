//! What if the system refuses one way to executable memory, or all?

use std::ffi::{c_int, c_long, c_ulong};
use std::io;
use std::mem::offset_of;

use farcall_jit::Error;
use farcall_jit::code::{self, Arena, Strategy};

use super::child::alone;
use super::machine::{Piece, returning};

/// Sets the soft limit, which can be raised again.
fn limit(resource: libc::__rlimit_resource_t, value: libc::rlim_t) {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a valid place for the answer.
    assert_eq!(unsafe { libc::getrlimit(resource, &raw mut limit) }, 0);
    limit.rlim_cur = value.min(limit.rlim_max);
    // SAFETY: `limit` is read.
    assert_eq!(unsafe { libc::setrlimit(resource, &raw const limit) }, 0);
}

fn prctl(option: c_int, value: c_ulong, pointer: *const libc::sock_fprog) -> io::Result<()> {
    // SAFETY: `pointer` is null or points to a filter.
    let result = unsafe { libc::prctl(option, value, pointer, 0, 0) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The process may not gain executable memory from now on, where the kernel knows how.
fn refuse_exec_gain() -> bool {
    const PR_SET_MDWE: c_int = 65;
    prctl(PR_SET_MDWE, 1, std::ptr::null()).is_ok()
}

/// Adds a filter to this thread whose last two statements are "refuse" and "allow".
fn filter(mut program: Vec<libc::sock_filter>) {
    program.push(statement(
        libc::BPF_RET,
        libc::SECCOMP_RET_ERRNO | libc::EPERM as u32,
    ));
    program.push(statement(libc::BPF_RET, libc::SECCOMP_RET_ALLOW));
    let len = program.len().try_into().unwrap();
    let program = libc::sock_fprog {
        len,
        filter: program.as_mut_ptr(),
    };
    prctl(libc::PR_SET_NO_NEW_PRIVS, 1, std::ptr::null()).unwrap();
    prctl(
        libc::PR_SET_SECCOMP,
        libc::SECCOMP_MODE_FILTER.into(),
        &raw const program,
    )
    .unwrap();
}

fn statement(code: u32, k: u32) -> libc::sock_filter {
    libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    }
}

fn load(offset: usize) -> libc::sock_filter {
    statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset as u32)
}

fn jump(test: u32, k: c_long, jt: u8, jf: u8) -> libc::sock_filter {
    let code = (libc::BPF_JMP | test | libc::BPF_K) as u16;
    libc::sock_filter {
        code,
        jt,
        jf,
        k: k as u32,
    }
}

fn refuse_memory_files() {
    let number = load(offset_of!(libc::seccomp_data, nr));
    filter(vec![
        number,
        jump(libc::BPF_JEQ, libc::SYS_memfd_create, 0, 1),
    ]);
}

/// Refuses `mmap` and `mprotect` with `PROT_EXEC`, the third argument of both.
fn refuse_executable_mappings() {
    filter(vec![
        load(offset_of!(libc::seccomp_data, nr)),
        jump(libc::BPF_JEQ, libc::SYS_mmap, 1, 0),
        jump(libc::BPF_JEQ, libc::SYS_mprotect, 0, 3),
        load(offset_of!(libc::seccomp_data, args) + 2 * 8),
        jump(libc::BPF_JSET, libc::PROT_EXEC.into(), 0, 1),
    ]);
}

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
    alone(|| {
        refuse_memory_files();
        publish_by(Strategy::SealedPages);
    });
}

#[test]
fn a_process_that_may_not_gain_executable_memory_has_memory_files() {
    alone(|| {
        if !refuse_exec_gain() {
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
        if !refuse_exec_gain() {
            return eprintln!("not asked: this kernel cannot refuse");
        }
        refuse_memory_files();
        let expected = [
            ("memory file", Some(libc::EPERM)),
            ("sealed pages", Some(libc::EACCES)),
        ];
        assert_eq!(reasons(), expected);
    });
}

#[test]
fn executable_mappings_refused_is_an_error_that_names_both_ways() {
    alone(|| {
        let before = Piece::publish(code::arena(), 1);
        refuse_executable_mappings();
        let expected = [
            ("memory file", Some(libc::EPERM)),
            ("sealed pages", Some(libc::EPERM)),
        ];
        (0..1000).for_each(|_| assert_eq!(reasons(), expected));
        assert!(
            super::child::code_descriptors().len() == 1,
            "a refused file was not closed"
        );
        before.check();
        // the chunk that is open needs no new mapping
        Piece::publish(code::arena(), 2);
    });
}
