//! What a system can refuse a process, refused from now on.
#![expect(
    clippy::missing_panics_doc,
    reason = "a panic fails the test that asks"
)]

use std::ffi::{c_int, c_long, c_ulong};
use std::io;
use std::mem::offset_of;

/// Sets the soft limit, which can be raised again.
pub fn limit(resource: libc::__rlimit_resource_t, value: libc::rlim_t) {
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
#[must_use]
pub fn exec_gain() -> bool {
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

/// Refuses memory files to this thread and those that it starts.
pub fn memory_files() {
    let number = load(offset_of!(libc::seccomp_data, nr));
    filter(vec![
        number,
        jump(libc::BPF_JEQ, libc::SYS_memfd_create, 0, 1),
    ]);
}

/// Refuses `mmap` and `mprotect` with `PROT_EXEC`, the third argument of both.
pub fn executable_mappings() {
    filter(vec![
        load(offset_of!(libc::seccomp_data, nr)),
        jump(libc::BPF_JEQ, libc::SYS_mmap, 1, 0),
        jump(libc::BPF_JEQ, libc::SYS_mprotect, 0, 3),
        load(offset_of!(libc::seccomp_data, args) + 2 * 8),
        jump(libc::BPF_JSET, libc::PROT_EXEC.into(), 0, 1),
    ]);
}

/// Refuses `mprotect` with `PROT_EXEC`, and `mmap` with it for memory that is no file: what a system
/// does that lets nothing be executed but files.
pub fn executable_memory() {
    filter(vec![
        load(offset_of!(libc::seccomp_data, nr)),
        jump(libc::BPF_JEQ, libc::SYS_mprotect, 3, 0),
        jump(libc::BPF_JEQ, libc::SYS_mmap, 0, 5),
        load(offset_of!(libc::seccomp_data, args) + 3 * 8),
        jump(libc::BPF_JSET, libc::MAP_ANONYMOUS.into(), 0, 3),
        load(offset_of!(libc::seccomp_data, args) + 2 * 8),
        jump(libc::BPF_JSET, libc::PROT_EXEC.into(), 0, 1),
    ]);
}

/// Refuses `mremap` with one of these flags, its fourth argument.
pub fn mremap(flags: c_int) {
    filter(vec![
        load(offset_of!(libc::seccomp_data, nr)),
        jump(libc::BPF_JEQ, libc::SYS_mremap, 0, 3),
        load(offset_of!(libc::seccomp_data, args) + 3 * 8),
        jump(libc::BPF_JSET, flags.into(), 0, 1),
    ]);
}
