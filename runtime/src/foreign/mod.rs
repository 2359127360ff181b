//! What crosses the boundary of declared functions, by the Rust types of their declarations.
//!
//! Guarantee: a generated method passes to C what [`IntoForeign`] gives it and takes from C what
//! [`FromForeign`] makes of it, so that a type that implements neither does not compile, and a
//! value that C must not see or Rust must not hold never crosses.
#![allow(
    unsafe_code,
    reason = "the traits are promises about pointers, and implementing them is that promise"
)]

mod absent;
pub(crate) mod closure;
pub(crate) mod grow;
pub(crate) mod handle;
pub(crate) mod length;
pub(crate) mod out;
pub(crate) mod plain;
pub(crate) mod probe;
pub(crate) mod status;
pub(crate) mod text;
pub(crate) mod variable;
pub(crate) mod variadic;

pub use absent::Absent;
#[doc(hidden)]
pub use absent::{Never, certain, present, refused, wanted};
pub use variadic::{VariadicArgument, VariadicArguments};

use crate::error::Error;
use crate::types::{ForeignResult, ForeignType};
use std::convert::Infallible;

/// A Rust type that may stand as a parameter in a `#[foreign_lib]` declaration whose library type
/// is `L`.
///
/// It is implemented for numbers, pointers and references to [`ForeignType`]s, records with
/// `#[derive(ForeignType)]`, slices, texts, the handles of the module, and `Option` of what may be
/// null. To pass a type of your own, implement it by what the type holds:
///
/// ```
/// use farcall::IntoForeign;
/// use std::convert::Infallible;
/// use std::ffi::c_int;
///
/// struct Celsius(f64);
///
/// // SAFETY: C gets a number.
/// unsafe impl<L> IntoForeign<L> for Celsius {
///     type C = c_int;
///     type Held = c_int;
///     type Refusal = Infallible;
///
///     fn hold(self, _: L) -> Result<c_int, Infallible> {
///         Ok(self.0.round() as c_int)
///     }
///
///     fn give(held: &mut c_int) -> c_int {
///         *held
///     }
/// }
/// ```
///
/// # Safety
/// C may use what `give` returned, as the declaration of any safe function lets it, until `held` is
/// dropped after the call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a declared function",
    label = "C does not know this type",
    note = "use a number, a raw pointer, a reference, a slice, `&CStr`, a handle of the module, or `#[derive(ForeignType)]` on a type of your own"
)]
pub unsafe trait IntoForeign<L>: Sized {
    /// What C gets.
    type C: ForeignType;
    /// What must live until the call has returned: a copy of a text, the value itself.
    type Held;
    /// Why a value may be refused: [`Infallible`] if never, or else [`Error`].
    type Refusal: Refusal;

    /// Makes what will be passed.
    ///
    /// # Errors
    /// If C must not see this value.
    fn hold(self, library: L) -> Result<Self::Held, Self::Refusal>;

    /// What is passed; called once, when nothing stands between it and the call.
    fn give(held: &mut Self::Held) -> Self::C;

    /// Whether it is an address of which nobody knows where it leads.
    #[doc(hidden)]
    const RAW: bool = false;

    /// The library's words about its last failure with this value, if it is a handle that can tell.
    #[doc(hidden)]
    fn message(_held: &Self::Held) -> Option<String> {
        None
    }
}

/// A parameter that may be left out: C then gets a value that stands for nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be left out",
    label = "C has no null for this type",
    note = "take the type itself instead of an `Option`"
)]
pub trait NullableArgument<L>: IntoForeign<L> {
    /// What C gets for `None`.
    fn null() -> Self::C;
}

/// Why a value may be refused as an argument.
pub trait Refusal: sealed::Refusal {
    #[doc(hidden)]
    fn into_error(self) -> Error;
}

mod sealed {
    pub trait Refusal {}
}

impl sealed::Refusal for Infallible {}
impl Refusal for Infallible {
    fn into_error(self) -> Error {
        match self {}
    }
}

impl sealed::Refusal for Error {}
impl Refusal for Error {
    fn into_error(self) -> Error {
        self
    }
}

/// A Rust type that C may return, or store through an `#[out]` parameter, in a `#[foreign_lib]`
/// declaration whose library type is `L`.
///
/// It is implemented for numbers and raw pointers, records with `#[derive(ForeignResult)]`, enums
/// with `#[derive(ForeignType)]`, texts, the handles of the module, and `Option` of what may be
/// absent.
///
/// ```
/// use farcall::{Absent, FromForeign};
/// use std::ffi::c_int;
///
/// enum Order { Less, Equal, Greater }
///
/// // SAFETY: every number has an order to zero.
/// unsafe impl<L> FromForeign<L> for Order {
///     type C = c_int;
///
///     unsafe fn from_foreign(value: c_int, _: L) -> Result<Self, Absent> {
///         Ok(match value {
///             0 => Self::Equal,
///             1.. => Self::Greater,
///             _ => Self::Less,
///         })
///     }
/// }
/// ```
///
/// # Safety
/// `from_foreign` returns a valid value for everything that the declaration of any safe function
/// lets C return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not come from C",
    label = "C can return values that are no valid `{Self}`",
    note = "return a number, a raw pointer, `&CStr`, `CString`, a handle of the module, or a type with `#[derive(ForeignType, ForeignResult)]`"
)]
pub unsafe trait FromForeign<L>: Sized {
    /// What comes from C.
    type C: ForeignResult;

    /// Makes a value of what came from C.
    ///
    /// # Safety
    /// `value` came from a function of `library` that is declared to return `Self`, and is valid
    /// for the lifetimes in it.
    ///
    /// # Errors
    /// If `value` stands for nothing.
    unsafe fn from_foreign(value: Self::C, library: L) -> Result<Self, Absent>;

    /// What lies at the address that an `#[out]` parameter passes, before C stores a value there.
    #[doc(hidden)]
    fn vacant() -> Self::C {
        // SAFETY: every bit pattern is valid.
        unsafe { std::mem::zeroed() }
    }

    /// Gives up what C stored although it failed, and returns the library's words about that if
    /// it is a handle that can tell.
    ///
    /// # Safety
    /// As [`from_foreign`](FromForeign::from_foreign).
    #[doc(hidden)]
    unsafe fn abandon(_value: Self::C, _library: L) -> Option<String> {
        None
    }
}

/// A result for which C has a value that stands for nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is never absent",
    label = "C has no null for this type",
    note = "return the type itself instead of an `Option`"
)]
pub trait NullableResult<L>: FromForeign<L> {}

// SAFETY: what is null stands for nothing, and the rest is that of `T`.
unsafe impl<L, T: NullableArgument<L>> IntoForeign<L> for Option<T> {
    type C = T::C;
    type Held = Option<T::Held>;
    type Refusal = T::Refusal;
    const RAW: bool = T::RAW;

    #[inline(always)]
    fn hold(self, library: L) -> Result<Self::Held, Self::Refusal> {
        self.map(|value| value.hold(library)).transpose()
    }

    #[inline(always)]
    fn give(held: &mut Self::Held) -> Self::C {
        held.as_mut().map_or_else(T::null, T::give)
    }

    fn message(held: &Self::Held) -> Option<String> {
        held.as_ref().and_then(T::message)
    }
}

// SAFETY: what is null becomes `None`, and the rest is that of `T`.
unsafe impl<L, T: NullableResult<L>> FromForeign<L> for Option<T> {
    type C = T::C;

    #[inline(always)]
    unsafe fn from_foreign(value: Self::C, library: L) -> Result<Self, Absent> {
        // SAFETY: forwarded to the caller.
        Ok(unsafe { T::from_foreign(value, library) }.ok())
    }

    fn vacant() -> Self::C {
        T::vacant()
    }

    unsafe fn abandon(value: Self::C, library: L) -> Option<String> {
        // SAFETY: forwarded to the caller.
        unsafe { T::abandon(value, library) }
    }
}
