//! How many elements an argument has, as C's integers say it.
#![forbid(unsafe_code)]

use crate::declaration::FunctionDeclaration;
use crate::error::{Error, ErrorKind};
use crate::foreign::refused;
use crate::library::Library;
use std::ffi::{CStr, OsStr};
use std::path::Path;

/// An argument whose length C takes in a parameter of its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no length",
    label = "this is no slice or text",
    note = "`#[len_of]` names a slice, a text, or an `Option` of one"
)]
pub trait Length {
    /// Elements of a slice, bytes of a text without its NUL.
    fn length(&self) -> usize;
}

macro_rules! lengths {
    ($([$($generics:tt)*] $ty:ty, $value:ident, $length:expr;)*) => {$(
        impl<$($generics)*> Length for $ty {
            #[inline(always)]
            fn length(&self) -> usize {
                let $value = self;
                $length
            }
        }
    )*};
}

lengths! {
    [T] &[T], slice, slice.len();
    [T] &mut [T], slice, slice.len();
    [T, const N: usize] &[T; N], _array, N;
    [T, const N: usize] &mut [T; N], _array, N;
    [] &str, text, text.len();
    [] &CStr, text, text.count_bytes();
    [] &OsStr, text, text.len();
    [] &Path, text, text.as_os_str().len();
    [T: Length] Option<T>, value, value.as_ref().map_or(0, T::length);
}

/// An integer in which C takes or returns a number of elements.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number of elements",
    label = "expected an integer",
    note = "C takes a length in an integer, or behind a pointer to one where it writes how much it used"
)]
pub trait Count: Copy {
    /// The largest number.
    const MAX: u64;
    /// The number, if it fits.
    fn from_length(length: usize) -> Option<Self>;
    /// The number; 0 if it is negative.
    fn to_length(self) -> usize;
    /// Whether it is negative.
    fn is_negative(self) -> bool;
    /// The number.
    fn number(self) -> i64;
}

macro_rules! counts {
    ($($ty:ty)*) => {$(
        impl Count for $ty {
            const MAX: u64 = <$ty>::MAX as u64;

            #[inline(always)]
            fn from_length(length: usize) -> Option<Self> {
                length.try_into().ok()
            }

            #[inline(always)]
            fn to_length(self) -> usize {
                self.try_into().unwrap_or(0)
            }

            #[inline(always)]
            #[allow(unused_comparisons, reason = "some of the types have a sign")]
            fn is_negative(self) -> bool {
                self < 0
            }

            #[inline(always)]
            #[allow(clippy::unnecessary_cast, reason = "not for all of the types")]
            #[allow(clippy::cast_possible_wrap, reason = "it is for people to read")]
            fn number(self) -> i64 {
                self as i64
            }
        }
    )*};
}

counts!(i8 u8 i16 u16 i32 u32 i64 u64 isize usize);

/// The length that slices share.
///
/// # Errors
/// [`ErrorKind::Lengths`] if they do not.
#[inline(always)]
pub fn shared<const N: usize>(
    lengths: [usize; N],
    function: &FunctionDeclaration,
    library: &Library,
) -> Result<usize, Error> {
    if lengths.iter().all(|length| *length == lengths[0]) {
        return Ok(lengths[0]);
    }
    Err(differ(&lengths, function, library))
}

#[cold]
fn differ(lengths: &[usize], function: &FunctionDeclaration, library: &Library) -> Error {
    let lengths = lengths.to_vec();
    Error::from(ErrorKind::Lengths { lengths }).of_function(function.name(), Some(library))
}

/// A length as C takes it.
///
/// # Errors
/// [`ErrorKind::TooLarge`] if C's integer does not hold it.
#[inline(always)]
pub fn counted<N: Count>(
    length: usize,
    function: &FunctionDeclaration,
    param: usize,
    library: &Library,
) -> Result<N, Error> {
    match N::from_length(length) {
        Some(count) => Ok(count),
        None => Err(too_long(length, N::MAX, function, param, library)),
    }
}

#[cold]
fn too_long(
    length: usize,
    limit: u64,
    function: &FunctionDeclaration,
    param: usize,
    library: &Library,
) -> Error {
    let kind = ErrorKind::TooLarge {
        what: String::new(),
        size: length as u64,
        limit,
        unit: "elements",
    };
    refused(Error::from(kind), function, param, library)
}

/// What a function that cannot fail does with arguments that C cannot take.
#[inline(always)]
#[track_caller]
pub fn surely<T>(result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => complain(&error),
    }
}

#[cold]
#[track_caller]
fn complain(error: &Error) -> ! {
    panic!("{error}")
}
