//! Who has a block: the call, a handle, or C.
//!
//! Guarantee: a block that C says it is done with, or that it never took, is freed once, whichever
//! comes first and whether the call succeeded or not.
#![allow(unsafe_code, reason = "C hands the address of a block back")]

use super::{Context, Head, Origin, Threads, release, release_under_c};
use crate::callback::thread;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::Ordering;

/// Closures that C calls during one call.
pub struct Borrowed<L, F>(Option<Context<L, F>>);

impl<L, F> Borrowed<L, F> {
    /// The block, if there is a closure.
    #[inline(always)]
    pub fn new(given: bool, instance: L, closures: F, threads: Threads, origin: Origin) -> Self {
        Self(given.then(|| Context::new(instance, closures, threads, origin)))
    }

    /// What C gets; it must not move from then on.
    #[inline(always)]
    pub fn pointer(&mut self) -> *mut c_void {
        let context = self.0.as_mut();
        context.map_or(ptr::null_mut(), |context| ptr::from_mut(context).cast())
    }

    /// How many calls on other threads ran no closure.
    #[must_use]
    #[inline(always)]
    pub fn elsewhere(&self) -> u32 {
        let context = self.0.as_ref();
        context.map_or(0, |context| context.head.elsewhere.load(Ordering::Relaxed))
    }
}

/// A block on the heap, made for a keeper that has not taken it yet.
pub struct Unkept(*mut Head);

impl Unkept {
    /// The block, if there is a closure.
    pub fn new<L: 'static, F: 'static>(
        given: bool,
        instance: L,
        closures: F,
        threads: Threads,
        origin: Origin,
    ) -> Self {
        match given {
            true => Self(Context::boxed(instance, closures, threads, origin)),
            false => Self(ptr::null_mut()),
        }
    }

    /// It, whose holder is now the caller; null if there is no closure.
    pub(in crate::callback) fn take(self) -> *mut Head {
        let head = self.0;
        std::mem::forget(self);
        head
    }
}

impl Drop for Unkept {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: nobody took it, so that this is its holder.
            unsafe { release(self.0) };
        }
    }
}

/// A block on the heap that C keeps until it says that it is done. This is the call's own hold.
pub struct Notified {
    head: *mut Head,
    taken: bool,
}

impl Notified {
    /// The block, if there is a closure.
    pub fn new<L: 'static, F: 'static>(
        given: bool,
        instance: L,
        closures: F,
        threads: Threads,
        origin: Origin,
    ) -> Self {
        let head = Unkept::new(given, instance, closures, threads, origin).take();
        // SAFETY: it is alive if it is not null.
        if let Some(head) = unsafe { head.as_ref() } {
            // One is C's.
            head.holders.fetch_add(1, Ordering::Relaxed);
        }
        Self { head, taken: false }
    }

    /// What C gets.
    #[must_use]
    pub fn pointer(&self) -> *mut c_void {
        self.head.cast()
    }

    /// What C calls when it is done.
    #[must_use]
    pub fn destroy(&self) -> Option<unsafe extern "C" fn(*mut c_void)> {
        (!self.head.is_null()).then_some(destroy as unsafe extern "C" fn(*mut c_void))
    }

    /// Notes that the call succeeded: C has the block, and will say when it is done.
    pub fn taken(&mut self) {
        self.taken = true;
    }
}

impl Drop for Notified {
    fn drop(&mut self) {
        // SAFETY: it is alive, as this is one of its holders.
        let Some(head) = (unsafe { self.head.as_ref() }) else {
            return;
        };
        // A function that failed keeps nothing, whether it has said so or not.
        if !self.taken && !head.destroyed.swap(true, Ordering::AcqRel) {
            // SAFETY: this hold is C's, which has not given it up and never will.
            unsafe { release(self.head) };
        }
        // SAFETY: this is the call's own hold.
        unsafe { release(self.head) };
    }
}

/// What C calls when it is done with a context.
unsafe extern "C" fn destroy(context: *mut c_void) {
    let head = context.cast::<Head>();
    if head.is_null() {
        return;
    }
    // SAFETY: C has not said that it is done before.
    let block = unsafe { &*head };
    if block.owner != 0 && block.owner != thread::id() {
        block.tell("was given up on another thread than its own, and is never freed");
        return;
    }
    if !block.destroyed.swap(true, Ordering::AcqRel) {
        // SAFETY: C's hold ends here.
        unsafe { release_under_c(head) };
    }
}
