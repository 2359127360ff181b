//! Makes every processor execute what has been written, by the rules of each architecture.
//!
//! The range is the one that is executed, whichever way the bytes came there: instruction caches
//! may be looked up by virtual address.
#![allow(
    unsafe_code,
    reason = "cache maintenance is done by instructions and system calls"
)]

use std::io;

/// Makes `code` visible to instruction fetches on all processors, before its address is told.
pub(super) fn synchronize(code: &'static [u8]) -> io::Result<()> {
    host::synchronize(code)
}

/// Instruction fetches are coherent with stores on x86: a store removes the line from every
/// instruction cache, by physical address, so the alias through which it was written is of no
/// account (Intel SDM volume 3, 12.6; AMD APM volume 2, 7.6.1). A processor can hold decoded
/// bytes of the old content only if it was about to execute them, and no one jumps to a piece
/// before its address is published, after the store.
#[cfg(all(any(target_arch = "x86_64", target_arch = "x86"), not(windows)))]
mod host {
    use std::io;

    #[expect(clippy::unnecessary_wraps, reason = "other architectures can fail")]
    pub(super) fn synchronize(_code: &'static [u8]) -> io::Result<()> {
        Ok(())
    }
}

/// The sequence of the Arm ARM, B2.4.4 "Synchronization and coherency issues between data and
/// instruction accesses": clean the data cache to the point of unification, wait, invalidate the
/// instruction cache to the same point, wait, and synchronise the context of each processor.
#[cfg(all(target_arch = "aarch64", not(windows), not(target_vendor = "apple")))]
mod host {
    use std::arch::asm;
    use std::io;

    use super::other_processors;

    #[expect(clippy::unnecessary_wraps, reason = "other architectures can fail")]
    pub(super) fn synchronize(code: &'static [u8]) -> io::Result<()> {
        let lines = cache_lines();
        let range = code.as_ptr_range();
        let (start, end) = (range.start as usize, range.end as usize);
        for line in (start & !(lines.data - 1)..end).step_by(lines.data) {
            // SAFETY: the line holds a byte of `code`, so it is mapped and readable.
            unsafe { asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags)) };
        }
        // SAFETY: a barrier.
        unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
        for line in (start & !(lines.instruction - 1)..end).step_by(lines.instruction) {
            // SAFETY: the line holds a byte of `code`, so it is mapped and readable.
            unsafe { asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags)) };
        }
        // SAFETY: two barriers.
        unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
        other_processors::synchronize();
        Ok(())
    }

    /// The smallest line sizes of all processors, in bytes, powers of two.
    struct CacheLines {
        data: usize,
        instruction: usize,
    }

    /// Reads `CTR_EL0`: DminLine in bits 19:16, IminLine in bits 3:0, each log2 of words of 4.
    fn cache_lines() -> CacheLines {
        let ctr: usize;
        // SAFETY: the register may be read by programs, on systems that trap it too.
        unsafe {
            asm!("mrs {}, ctr_el0", out(reg) ctr, options(nomem, nostack, preserves_flags));
        }
        CacheLines {
            data: 4 << (ctr >> 16 & 0xf),
            instruction: 4 << (ctr & 0xf),
        }
    }
}

/// `sys_icache_invalidate`: cleaning and invalidating both, on all processors.
#[cfg(all(target_arch = "aarch64", target_vendor = "apple"))]
mod host {
    use std::ffi::c_void;
    use std::io;

    unsafe extern "C" {
        fn sys_icache_invalidate(start: *mut c_void, len: usize);
    }

    #[expect(clippy::unnecessary_wraps, reason = "other architectures can fail")]
    pub(super) fn synchronize(code: &'static [u8]) -> io::Result<()> {
        // SAFETY: the range is mapped and readable; its bytes are not changed.
        unsafe { sys_icache_invalidate(code.as_ptr().cast_mut().cast(), code.len()) };
        Ok(())
    }
}

/// `FlushInstructionCache`, which the system asks for on every architecture.
#[cfg(windows)]
mod host {
    use std::ffi::c_void;
    use std::io;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetCurrentProcess() -> *mut c_void;
        fn FlushInstructionCache(process: *mut c_void, start: *const c_void, len: usize) -> i32;
    }

    pub(super) fn synchronize(code: &'static [u8]) -> io::Result<()> {
        // SAFETY: it returns a constant.
        let process = unsafe { GetCurrentProcess() };
        // SAFETY: the range is mapped and readable in this process; its bytes are not changed.
        let done = unsafe { FlushInstructionCache(process, code.as_ptr().cast(), code.len()) };
        if done == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }
}

#[cfg(not(any(
    windows,
    target_arch = "x86_64",
    target_arch = "x86",
    target_arch = "aarch64"
)))]
mod host {
    use std::io;

    /// Refuses: code that a cache may hide must not be published.
    pub(super) fn synchronize(_code: &'static [u8]) -> io::Result<()> {
        let why = "the instruction cache of this architecture cannot be kept";
        Err(io::Error::new(io::ErrorKind::Unsupported, why))
    }
}

/// `membarrier`: a context synchronisation on every processor that runs a thread of this process.
///
/// A thread that takes an address from another one has no reason to execute `isb` of its own.
#[cfg(all(
    target_arch = "aarch64",
    any(target_os = "linux", target_os = "android")
))]
mod other_processors {
    use std::ffi::{c_int, c_long};
    use std::io;

    const PRIVATE_EXPEDITED_SYNC_CORE: c_int = 1 << 5;
    const REGISTER_PRIVATE_EXPEDITED_SYNC_CORE: c_int = 1 << 6;

    /// Registers the process when the kernel says that it is not, which it does once.
    ///
    /// A kernel without it leaves the barriers of the architecture, which suffice for addresses
    /// where nothing has been executed before.
    pub(super) fn synchronize() {
        if membarrier(PRIVATE_EXPEDITED_SYNC_CORE) == 0 {
            return;
        }
        let unregistered = io::Error::last_os_error().raw_os_error() == Some(libc::EPERM);
        if unregistered && membarrier(REGISTER_PRIVATE_EXPEDITED_SYNC_CORE) == 0 {
            membarrier(PRIVATE_EXPEDITED_SYNC_CORE);
        }
    }

    fn membarrier(command: c_int) -> c_long {
        // SAFETY: the call takes integers and touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) }
    }
}

#[cfg(all(
    target_arch = "aarch64",
    not(any(
        windows,
        target_vendor = "apple",
        target_os = "linux",
        target_os = "android"
    ))
))]
mod other_processors {
    /// The barriers of the architecture are what there is.
    pub(super) fn synchronize() {}
}
