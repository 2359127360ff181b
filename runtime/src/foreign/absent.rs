//! What to do with values that stand for nothing, and with values that C must not see.
#![forbid(unsafe_code)]

use super::Refusal;
use crate::declaration::FunctionDeclaration;
use crate::error::{Error, ErrorKind, Position};
use crate::library::Library;
use std::convert::Infallible;

/// Why what came from C is no value of the declared type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Absent {
    /// It is null, or the number that an integer handle has instead.
    Null {
        /// The declared type.
        ty: &'static str,
    },
    /// It is a number that stands for nothing.
    Unknown {
        /// The declared type.
        ty: &'static str,
        /// The number.
        found: i128,
    },
}

impl Absent {
    pub(super) fn at(self, position: Position) -> ErrorKind {
        match self {
            Self::Null { ty } => ErrorKind::Null {
                position,
                expected: format!("`{ty}`"),
            },
            Self::Unknown { ty, found } => ErrorKind::Unknown {
                position,
                ty,
                found,
            },
        }
    }
}

/// A refusal that never happens.
#[diagnostic::on_unimplemented(
    message = "this argument can be refused, but the function has no way to say so",
    label = "for example, a text may contain a NUL byte",
    note = "add `#[fallible]` to the function, so that its method returns `farcall::Result`; or take `&CStr`, which needs no check"
)]
pub trait Never: Refusal {
    /// There is none.
    fn never(self) -> Infallible;
}

impl Never for Infallible {
    fn never(self) -> Infallible {
        self
    }
}

/// What is passed for a parameter that cannot be refused.
#[inline(always)]
pub fn certain<T, R: Never>(held: Result<T, R>) -> T {
    held.unwrap_or_else(|never| match never.never() {})
}

/// The error of an argument that was refused.
#[cold]
pub fn refused(
    refusal: impl Refusal,
    function: &FunctionDeclaration,
    param: usize,
    library: &Library,
) -> Error {
    let here = position(function, Some(param));
    let error = refusal.into_error().at(here);
    error.of_function(function.name(), Some(library))
}

/// The value, or a panic that names the function.
#[inline(always)]
#[track_caller]
pub fn present<T>(
    value: Result<T, Absent>,
    function: &FunctionDeclaration,
    param: Option<usize>,
    library: &Library,
) -> T {
    match value {
        Ok(value) => value,
        Err(absent) => nothing(absent, function, param, library),
    }
}

#[cold]
#[track_caller]
fn nothing(
    absent: Absent,
    function: &FunctionDeclaration,
    param: Option<usize>,
    library: &Library,
) -> ! {
    panic!("{}", error(absent, function, param, library))
}

/// The value, or the error that names the function.
///
/// # Errors
/// [`ErrorKind::Null`], [`ErrorKind::Unknown`].
#[inline(always)]
pub fn wanted<T>(
    value: Result<T, Absent>,
    function: &FunctionDeclaration,
    param: Option<usize>,
    library: &Library,
) -> Result<T, Error> {
    match value {
        Ok(value) => Ok(value),
        Err(absent) => Err(error(absent, function, param, library)),
    }
}

#[cold]
fn error(
    absent: Absent,
    function: &FunctionDeclaration,
    param: Option<usize>,
    library: &Library,
) -> Error {
    let kind = absent.at(position(function, param));
    Error::from(kind).of_function(function.name(), Some(library))
}

fn position(function: &FunctionDeclaration, param: Option<usize>) -> Position {
    match param {
        None => Position::Result,
        Some(index) => Position::Argument {
            number: index + 1,
            name: function.params.get(index).map(|param| param.name),
        },
    }
}
