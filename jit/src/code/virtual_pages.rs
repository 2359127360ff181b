//! New pages of Windows, of which a part becomes code, once.
#![allow(unsafe_code, reason = "pages whose access changes")]

use std::ffi::c_void;
use std::io;
use std::mem;
use std::ptr::{self, NonNull};

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

/// Pages of one reservation, freed when dropped.
pub(super) struct Pages {
    start: NonNull<u8>,
    len: usize,
}

impl Pages {
    /// `len` bytes in new pages, readable and writable, all zeros.
    pub(super) fn new(len: usize) -> io::Result<Self> {
        let kind = MEM_COMMIT | MEM_RESERVE;
        // SAFETY: new pages at an address that the system chooses.
        let start = unsafe { VirtualAlloc(ptr::null_mut(), len, kind, PAGE_READWRITE) };
        match NonNull::new(start.cast()) {
            Some(start) => Ok(Self { start, len }),
            None => Err(io::Error::last_os_error()),
        }
    }

    /// The first address.
    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Writes `code` to the start, and makes the pages of the first `len` bytes read-only and
    /// executable, once.
    pub(super) fn seal(&mut self, code: &[u8], len: usize) -> io::Result<()> {
        let start = self.start.as_ptr();
        // SAFETY: the pages are committed and writable, and ours alone.
        let bytes = unsafe { std::slice::from_raw_parts_mut(start, self.len) };
        bytes[..code.len()].copy_from_slice(code);
        let len = len.min(self.len);
        let mut old = 0;
        // SAFETY: the range is in the pages, to which no reference is left.
        let done = unsafe { VirtualProtect(start.cast(), len, PAGE_EXECUTE_READ, &raw mut old) };
        if done == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }

    /// Leaves the pages as they are for ever.
    pub(super) fn keep(self) -> NonNull<u8> {
        let start = self.start;
        mem::forget(self);
        start
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the pages are ours, and no one has been told their address.
        unsafe { VirtualFree(self.start.as_ptr().cast(), 0, MEM_RELEASE) };
    }
}
