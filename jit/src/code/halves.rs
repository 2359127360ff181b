//! Two chunks side by side: one that becomes code, one that stays data.
#![allow(unsafe_code, reason = "a mapping whose halves differ")]

use std::io;
use std::mem;
use std::ptr::{self, NonNull};

use super::CHUNK;

/// Two chunks of one reservation, unmapped when dropped.
pub(super) struct Halves(NonNull<u8>);

impl Halves {
    /// New private pages, readable and writable, all zeros.
    pub(super) fn new() -> io::Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANON;
        // SAFETY: a new mapping at an address that the system chooses.
        let start = unsafe { libc::mmap(ptr::null_mut(), 2 * CHUNK, access, kind, -1, 0) };
        match NonNull::new(start.cast()) {
            Some(first) if start != libc::MAP_FAILED => Ok(Self(first)),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// The start of the first half; the second is [`CHUNK`] bytes further.
    pub(super) fn first(&self) -> NonNull<u8> {
        self.0
    }

    /// Writes `code` to the first half and makes that read-only and executable, once.
    pub(super) fn seal_first(&mut self, code: &[u8]) -> io::Result<()> {
        let first = self.0.as_ptr();
        // SAFETY: the first half is mapped and writable, and ours alone.
        let half = unsafe { std::slice::from_raw_parts_mut(first, CHUNK) };
        half[..code.len()].copy_from_slice(code);
        let access = libc::PROT_READ | libc::PROT_EXEC;
        // SAFETY: the range is the first half, to which no reference is left.
        if unsafe { libc::mprotect(first.cast(), CHUNK, access) } == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Leaves the halves mapped for ever.
    pub(super) fn keep(self) -> NonNull<u8> {
        let first = self.0;
        mem::forget(self);
        first
    }
}

impl Drop for Halves {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no one has been told its address.
        unsafe { libc::munmap(self.0.as_ptr().cast(), 2 * CHUNK) };
    }
}
