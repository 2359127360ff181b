//! The closures that a handle keeps for C.
//!
//! Guarantee: a closure is freed when its handle ends, or when the same function was told another
//! one in its place, but not before every call that was under way when it was told has returned.
#![allow(unsafe_code, reason = "a list is shared with those who add to it")]

use super::context::{Head, Unkept, release};
use crate::declaration::FunctionDeclaration;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The closures of one handle; a pointer, so that a handle owns nothing by its fields.
#[derive(Default)]
pub struct Kept(AtomicPtr<Mutex<List>>);

/// Where to keep closures, while the handle is alive.
#[derive(Clone, Copy)]
pub struct Keeper(*const Mutex<List>);

#[derive(Default)]
struct List {
    next: u64,
    entries: Vec<Entry>,
}

struct Entry {
    head: *mut Head,
    /// The function that took it.
    function: *const FunctionDeclaration,
    /// Its place in the order of all.
    number: u64,
    /// Whether the call that told C of it has returned.
    settled: bool,
}

impl Kept {
    /// None yet.
    #[must_use]
    #[inline(always)]
    pub const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Where to keep closures for this handle.
    pub fn keeper(&self) -> Keeper {
        let list = self.0.load(Ordering::Acquire);
        if !list.is_null() {
            return Keeper(list);
        }
        let new = Box::into_raw(Box::default());
        let none = ptr::null_mut();
        match self
            .0
            .compare_exchange(none, new, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => Keeper(new),
            Err(list) => {
                // SAFETY: nobody has seen it.
                drop(unsafe { Box::from_raw(new) });
                Keeper(list)
            }
        }
    }

    /// Frees all, when the handle has ended.
    ///
    /// # Safety
    /// C does not call them any more, nobody adds to them, and their closures may be dropped here.
    #[inline]
    pub unsafe fn free(&mut self) {
        let list = std::mem::take(self.0.get_mut());
        if !list.is_null() {
            // SAFETY: from a box, and this is the end of it.
            drop(unsafe { Box::from_raw(list) });
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // SAFETY: the entry was the hold.
        unsafe { release(self.head) };
    }
}

/// A closure that was told to C, until the call has returned.
pub struct Told {
    keeper: Keeper,
    function: &'static FunctionDeclaration,
    number: u64,
    context: *mut c_void,
}

impl Keeper {
    fn list(&self) -> MutexGuard<'_, List> {
        // SAFETY: the handle is alive.
        let list = unsafe { &*self.0 };
        list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the closures of `block`, if there are any, which C is told of next.
    pub fn keep(self, block: Unkept, function: &'static FunctionDeclaration) -> Told {
        let head = block.take();
        let mut list = self.list();
        let number = list.next;
        list.next += 1;
        if !head.is_null() {
            list.entries.push(Entry {
                head,
                function,
                number,
                settled: false,
            });
        }
        drop(list);
        Told {
            keeper: self,
            function,
            number,
            context: head.cast(),
        }
    }
}

impl Told {
    /// What C gets.
    #[must_use]
    pub fn pointer(&self) -> *mut c_void {
        self.context
    }

    /// Frees what the same function was told before, as the call has succeeded and C has the new
    /// one in its place.
    pub fn replaces(&self) {
        let mut list = self.keeper.list();
        let (mut old, mut rest) = (Vec::new(), Vec::new());
        for entry in list.entries.drain(..) {
            // Of two that are told at once, nobody knows which one C has.
            let is_old = ptr::eq(entry.function, self.function)
                && entry.settled
                && entry.number < self.number;
            let to = if is_old { &mut old } else { &mut rest };
            to.push(entry);
        }
        list.entries = rest;
        // What a closure owns may come back here when it is dropped.
        drop(list);
        drop(old);
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let mut list = self.keeper.list();
        let entries = list.entries.iter_mut();
        for entry in entries.filter(|entry| entry.number == self.number) {
            entry.settled = true;
        }
    }
}
