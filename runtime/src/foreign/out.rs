//! What C stores at an address that it is given.
#![allow(unsafe_code, reason = "C writes through the address")]

use super::{Absent, FromForeign};

/// What an `#[out]` parameter may point to.
///
/// # Safety
/// `pointer` leads to memory that C may fill with a `C`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored by C",
    label = "C can store values that are no valid `{Self}`",
    note = "let C store a number, a raw pointer, `&CStr`, a handle of the module, or a type with `#[derive(ForeignType, ForeignResult)]`"
)]
pub unsafe trait Out<L>: Sized {
    /// Where C stores.
    type Place;
    /// What C stores.
    type C;

    /// A place in which nothing is stored yet.
    fn place() -> Self::Place;

    /// Its address.
    fn pointer(place: &mut Self::Place) -> *mut Self::C;

    /// What is stored there.
    ///
    /// # Safety
    /// C returned from the call, and all is well.
    ///
    /// # Errors
    /// If nothing is stored there.
    unsafe fn take(place: Self::Place, library: L) -> Result<Self, Absent>;

    /// Gives up what is stored there, and returns the library's words about it.
    ///
    /// # Safety
    /// C returned from the call.
    unsafe fn abandon(place: Self::Place, library: L) -> Option<String>;
}

// SAFETY: the place is a value of the type.
unsafe impl<L, T: FromForeign<L>> Out<L> for T {
    type Place = T::C;
    type C = T::C;

    #[inline(always)]
    fn place() -> T::C {
        T::vacant()
    }

    #[inline(always)]
    fn pointer(place: &mut T::C) -> *mut T::C {
        place
    }

    #[inline(always)]
    unsafe fn take(place: T::C, library: L) -> Result<T, Absent> {
        // SAFETY: forwarded to the caller.
        unsafe { T::from_foreign(place, library) }
    }

    unsafe fn abandon(place: T::C, library: L) -> Option<String> {
        // SAFETY: forwarded to the caller.
        unsafe { T::abandon(place, library) }
    }
}
