//! A page of stubs and a page of records, as `trampoline::stub` describes them, made by hand.

use farcall_jit::abi::Abi;
use farcall_jit::encode;
use farcall_jit::trampoline::stub::{COUNT, HANDLER, SHIM, STRIDE};
use farcall_jit::trampoline::{Reg, stub};
use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr::null;
use std::sync::atomic::AtomicU64;

/// A record, and what a handler here finds beside the words that generated code knows.
#[repr(C, align(64))]
pub(crate) struct Record {
    pub(crate) shim: *const u8,
    pub(crate) handler: *const c_void,
    pub(crate) count: AtomicU64,
    /// Whatever the handler needs.
    pub(crate) own: *mut c_void,
}

const _: () = {
    assert!(size_of::<Record>() == STRIDE as usize);
    assert!(offset_of!(Record, shim) == SHIM as usize);
    assert!(offset_of!(Record, handler) == HANDLER as usize);
    assert!(offset_of!(Record, count) == COUNT as usize);
};

/// Equal stubs, one after the other, and behind them their records.
pub(crate) struct Table {
    start: *mut u8,
    page: usize,
}

impl Table {
    pub(crate) fn new(abi: &Abi, context: Reg, counted: bool) -> Self {
        // SAFETY: it takes a number and gives one.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let code = encode(&stub(context, counted, page as u32), abi).unwrap();
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
        // SAFETY: two new pages.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), 2 * page, protection, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        let start = start.cast::<u8>();
        for offset in (0..page).step_by(STRIDE as usize) {
            // SAFETY: a stub has at most the bytes from one to the next, inside the first page.
            unsafe { start.add(offset).copy_from(code.as_ptr(), code.len()) };
        }
        let executable = libc::PROT_READ | libc::PROT_EXEC;
        // SAFETY: the first page, which nothing refers to yet.
        let done = unsafe { libc::mprotect(start.cast(), page, executable) };
        assert_eq!(done, 0);
        let table = Self { start, page };
        for index in 0..table.len() {
            let empty = Record {
                shim: null(),
                handler: null(),
                count: AtomicU64::new(0),
                own: std::ptr::null_mut(),
            };
            // SAFETY: it lies in the second page, aligned.
            unsafe { table.record(index).write(empty) };
        }
        table
    }

    /// How many callbacks there are.
    pub(crate) fn len(&self) -> usize {
        self.page / STRIDE as usize
    }

    /// The function pointer of a callback.
    pub(crate) fn stub(&self, index: usize) -> *const c_void {
        assert!(index < self.len());
        self.start.wrapping_add(index * STRIDE as usize).cast()
    }

    pub(crate) fn record(&self, index: usize) -> *mut Record {
        let record = self.start.wrapping_add(self.page).cast::<Record>();
        record.wrapping_add(index)
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        // SAFETY: the two pages that `new` mapped.
        unsafe { libc::munmap(self.start.cast(), 2 * self.page) };
    }
}
