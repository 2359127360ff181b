//! Two chunks side by side: one that becomes code, one that stays data.
#![allow(unsafe_code, reason = "pages whose halves differ")]

use std::ffi::c_void;
use std::io;
use std::mem;
use std::ptr::{self, NonNull};

use super::CHUNK;

const MEM_COMMIT: u32 = 0x1000;
const MEM_RESERVE: u32 = 0x2000;
const MEM_RELEASE: u32 = 0x8000;
const PAGE_READWRITE: u32 = 0x04;
const PAGE_EXECUTE_READ: u32 = 0x20;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn VirtualAlloc(start: *mut c_void, len: usize, kind: u32, access: u32) -> *mut c_void;
    fn VirtualProtect(start: *mut c_void, len: usize, access: u32, old: *mut u32) -> i32;
    fn VirtualFree(start: *mut c_void, len: usize, kind: u32) -> i32;
}

/// Two chunks of one reservation, freed when dropped.
pub(super) struct Halves(NonNull<u8>);

impl Halves {
    /// New pages, readable and writable, all zeros.
    pub(super) fn new() -> io::Result<Self> {
        let kind = MEM_COMMIT | MEM_RESERVE;
        // SAFETY: new pages at an address that the system chooses.
        let start = unsafe { VirtualAlloc(ptr::null_mut(), 2 * CHUNK, kind, PAGE_READWRITE) };
        NonNull::new(start.cast())
            .map(Self)
            .ok_or_else(io::Error::last_os_error)
    }

    /// The start of the first half; the second is [`CHUNK`] bytes further.
    pub(super) fn first(&self) -> NonNull<u8> {
        self.0
    }

    /// Writes `code` to the first half and makes that read-only and executable, once.
    pub(super) fn seal_first(&mut self, code: &[u8]) -> io::Result<()> {
        let first = self.0.as_ptr();
        // SAFETY: the first half is committed and writable, and ours alone.
        let half = unsafe { std::slice::from_raw_parts_mut(first, CHUNK) };
        half[..code.len()].copy_from_slice(code);
        let mut old = 0;
        // SAFETY: the range is the first half, to which no reference is left.
        let done = unsafe { VirtualProtect(first.cast(), CHUNK, PAGE_EXECUTE_READ, &raw mut old) };
        if done == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
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
        // SAFETY: the pages are ours, and no one has been told their address.
        unsafe { VirtualFree(self.0.as_ptr().cast(), 0, MEM_RELEASE) };
    }
}
