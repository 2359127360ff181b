//! Variables that a library exports.
#![allow(unsafe_code, reason = "a symbol's address becomes a reference")]

use crate::types::{ForeignResult, ForeignType, RustType};
use std::ffi::{CStr, c_char, c_void};

/// What a `static` of a declaration may be.
///
/// # Safety
/// `at` returns a valid reference to every variable of the type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a variable of a C library",
    label = "C can store values that are no valid `{Self}`",
    note = "declare a number, a raw pointer, an array, `CStr` for a text, or a type with `#[derive(ForeignType, ForeignResult)]`"
)]
pub unsafe trait ForeignVariable {
    /// What C sees.
    const TYPE: RustType;

    /// The variable at an address.
    ///
    /// # Safety
    /// There is one, and nobody writes to it.
    unsafe fn at(address: *const c_void) -> &'static Self;
}

// SAFETY: every bit pattern is valid.
unsafe impl<T: ForeignResult + 'static> ForeignVariable for T {
    const TYPE: RustType = <T as ForeignType>::TYPE;

    unsafe fn at(address: *const c_void) -> &'static T {
        // SAFETY: forwarded to the caller.
        unsafe { &*address.cast() }
    }
}

// SAFETY: a text ends in NUL.
unsafe impl ForeignVariable for CStr {
    const TYPE: RustType = <c_char as ForeignType>::TYPE;

    unsafe fn at(address: *const c_void) -> &'static CStr {
        // SAFETY: forwarded to the caller.
        unsafe { CStr::from_ptr(address.cast()) }
    }
}
