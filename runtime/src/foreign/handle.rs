//! Handles: Rust structs around the C value that is passed.
//!
//! Guarantee: an owned handle is given to its destructor once, and the record of a boxed one is
//! freed after that.
#![allow(unsafe_code, reason = "handles own what C gave out")]

use crate::types::ForeignResult;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// The library type of a declaration.
pub trait ForeignLibrary: Copy + 'static {
    /// Its name.
    const NAME: &'static str;

    /// What tells this instance from every other.
    fn identity(self) -> *const c_void;
}

/// What a handle is in C.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no value that stands for no handle",
    label = "expected a raw pointer",
    note = "say which value stands for no handle: `#[handle(.., invalid = -1)]`"
)]
pub trait HandleValue: ForeignResult + Copy + PartialEq {
    /// What C returns in place of a handle.
    const INVALID: Self;
}

impl<T> HandleValue for *mut T {
    const INVALID: Self = std::ptr::null_mut();
}

impl<T> HandleValue for *const T {
    const INVALID: Self = std::ptr::null();
}

/// A handle of a declaration.
///
/// # Safety
/// Dropping `Self` runs its destructor, if it has one, and `release` frees what it has besides.
pub unsafe trait Handle: Sized {
    /// The C value.
    type C;

    /// The C value.
    fn value(&self) -> Self::C;

    /// Frees what it has besides the C value.
    ///
    /// # Safety
    /// The handle is not used again.
    unsafe fn release(&mut self) {}
}

/// A handle that is given away, or dropped if the call does not take place.
pub struct Owned<H: Handle> {
    handle: ManuallyDrop<H>,
    given: bool,
}

impl<H: Handle> Owned<H> {
    /// The handle, not given away yet.
    #[inline(always)]
    pub fn new(handle: H) -> Self {
        Self {
            handle: ManuallyDrop::new(handle),
            given: false,
        }
    }

    /// The C value, whose owner is now C.
    #[inline(always)]
    pub fn give(&mut self) -> H::C {
        self.given = true;
        self.handle.value()
    }
}

impl<H: Handle> Drop for Owned<H> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.given {
            // SAFETY: this is the end of it, and C is done with it.
            unsafe { self.handle.release() };
        } else {
            // SAFETY: this is the end of it.
            unsafe { ManuallyDrop::drop(&mut self.handle) };
        }
    }
}

/// A record at an address that C may keep as long as the handle lives.
#[repr(transparent)]
pub struct Record<T>(NonNull<T>);

impl<T: ForeignResult> Record<T> {
    /// A record of zeros.
    #[must_use]
    pub fn zeroed() -> Self {
        // SAFETY: every bit pattern is valid.
        let record: T = unsafe { std::mem::zeroed() };
        Self(NonNull::from(Box::leak(Box::new(record))))
    }
}

impl<T> Record<T> {
    /// Its address.
    #[must_use]
    #[inline(always)]
    pub fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }

    /// Frees it.
    ///
    /// # Safety
    /// Nobody uses it any more.
    pub unsafe fn free(&mut self) {
        // SAFETY: it was made from a box; the rest is forwarded to the caller.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl<T> Deref for Record<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: it lives as long as the handle, and C does not write outside calls that borrow
        // the handle mutably.
        unsafe { self.0.as_ref() }
    }
}

impl<T> DerefMut for Record<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { self.0.as_mut() }
    }
}

/// Refuses a handle of another instance of the library.
#[inline(always)]
#[track_caller]
pub fn same_instance<H: ForeignLibrary, L: ForeignLibrary>(
    handle: H,
    library: L,
    ty: &'static str,
) {
    if handle.identity() != library.identity() {
        other_instance(H::NAME, ty)
    }
}

#[cold]
#[track_caller]
fn other_instance(library: &str, ty: &str) -> ! {
    panic!("this `{ty}` belongs to another loaded instance of `{library}`")
}
