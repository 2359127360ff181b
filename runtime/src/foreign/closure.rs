//! Closures that C calls during a declared call: what crosses, and what comes out of the call.
//!
//! Guarantee: a failure of a closure comes out of the innermost declared call around it that
//! collects, after everything that C gave out during that call has been given up.
#![allow(
    unsafe_code,
    reason = "an argument is what a declaration says that it is"
)]

use super::{Absent, IntoForeign, NullableArgument};
use crate::callback::context::{Head, Site};
use crate::callback::{Callback, Collecting, collect};
use crate::declaration::FunctionDeclaration;
use crate::error::{Error, ErrorKind, Position};
use crate::library::Library;
use crate::types::ForeignType;
use std::convert::Infallible;
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

pub use crate::callback::Failure;

/// A variable of a collecting call, which tells where on the stack it is.
pub type Place = std::mem::MaybeUninit<u8>;

/// What a closure that C calls may return: a [`ForeignType`], nothing, or a `Result` of these.
#[diagnostic::on_unimplemented(
    message = "a closure cannot return `{Self}` to C",
    label = "C does not know this type",
    note = "return a number, a raw pointer, a type with `#[derive(ForeignType)]`, nothing, or a `Result` of these"
)]
pub trait ClosureResult {
    /// What C gets.
    type C;
    /// It, or why there is none.
    ///
    /// # Errors
    /// What the closure returned.
    fn into_c(self) -> Result<Self::C, Error>;
}

impl ClosureResult for () {
    type C = ();

    #[inline(always)]
    fn into_c(self) -> Result<(), Error> {
        Ok(())
    }
}

impl<T: ForeignType> ClosureResult for T {
    type C = T;

    #[inline(always)]
    fn into_c(self) -> Result<T, Error> {
        Ok(self)
    }
}

impl<T: ClosureResult, E: Into<Box<dyn std::error::Error + Send + Sync>>> ClosureResult
    for Result<T, E>
{
    type C = T::C;

    #[inline(always)]
    fn into_c(self) -> Result<T::C, Error> {
        match self {
            Ok(value) => value.into_c(),
            Err(error) => Err(ErrorKind::Callback(Arc::from(error.into())).into()),
        }
    }
}

/// An argument that C gave to a closure.
///
/// # Errors
/// It stands for nothing, where its type must be something.
#[inline(always)]
pub fn argument<T>(
    value: Result<T, Absent>,
    head: &Head,
    site: Site,
    number: usize,
    name: Option<&'static str>,
) -> Result<T, Error> {
    match value {
        Ok(value) => Ok(value),
        Err(absent) => Err(missing(
            absent,
            head,
            site,
            Position::Argument { number, name },
        )),
    }
}

#[cold]
fn missing(absent: Absent, head: &Head, site: Site, position: Position) -> Error {
    head.blame(absent.at(position), site)
}

/// A call that collects the failures of closures under it.
pub struct Calling<'p> {
    frame: Collecting,
    place: &'p Place,
}

impl<'p> Calling<'p> {
    /// Begins it.
    #[inline(always)]
    pub fn begin(place: &'p Place) -> Self {
        let frame = Collecting::begin(place);
        Self { frame, place }
    }

    /// Ends it, and says whether a failure waits.
    #[inline(always)]
    #[must_use]
    pub fn end(self) -> bool {
        let waits = self.frame.end();
        std::mem::forget(self);
        waits
    }

    /// The failure that waits for the call at `place`.
    #[cold]
    #[must_use]
    pub fn failure(place: &Place) -> Option<Failure> {
        collect(place)
    }
}

impl Drop for Calling<'_> {
    /// An exception leaves the call.
    #[cold]
    fn drop(&mut self) {
        self.frame.end_by_exception(self.place);
    }
}

/// Goes on with a panic, or returns the error of a closure.
#[cold]
#[must_use]
pub fn resumed(failure: Failure) -> Error {
    failure.resume()
}

/// The error of closures that C called on other threads, where they did not run.
#[cold]
#[must_use]
pub fn elsewhere(calls: u32, function: &FunctionDeclaration, library: &Library) -> Failure {
    let error = Error::from(ErrorKind::WrongThread { calls });
    Failure::Error(error.of_function(function.name(), Some(library)))
}

// SAFETY: C gets the address of a function of this type, which stays callable.
unsafe impl<L, F, P> IntoForeign<L> for &Callback<F, P> {
    type C = *const c_void;
    type Held = Self;
    type Refusal = Infallible;

    #[inline(always)]
    fn hold(self, _: L) -> Result<Self, Infallible> {
        Ok(self)
    }

    #[inline(always)]
    fn give(held: &mut Self) -> *const c_void {
        held.as_ptr()
    }
}

impl<L, F, P> NullableArgument<L> for &Callback<F, P> {
    #[inline(always)]
    fn null() -> *const c_void {
        ptr::null()
    }
}
