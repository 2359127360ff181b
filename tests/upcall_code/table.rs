//! A page of stubs and a page of records, as `trampoline::stub` describes them, made by hand.

use farcall_jit::abi::Abi;
use farcall_jit::encode;
use farcall_jit::trampoline::stub::{COUNT, HANDLER, SHIM, STRIDE};
use farcall_jit::trampoline::{Reg, stub};
use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr::null;
use std::sync::atomic::AtomicU64;
use support::pages::{Access, Pages};

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
    pages: Pages,
    page: usize,
}

impl Table {
    pub(crate) fn new(abi: &Abi, context: Reg, counted: bool) -> Self {
        let page = Pages::size();
        let code = encode(&stub(context, counted, page as u32), abi).unwrap();
        let pages = Pages::new(2 * page);
        for offset in (0..page).step_by(STRIDE as usize) {
            let place = pages.start().wrapping_add(offset);
            // SAFETY: a stub has at most the bytes from one to the next, inside the first page.
            unsafe { place.copy_from(code.as_ptr(), code.len()) };
        }
        pages.protect(0, page, Access::Execute);
        let table = Self { pages, page };
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
        self.pages
            .start()
            .wrapping_add(index * STRIDE as usize)
            .cast()
    }

    pub(crate) fn record(&self, index: usize) -> *mut Record {
        let record = self.pages.start().wrapping_add(self.page).cast::<Record>();
        record.wrapping_add(index)
    }
}
