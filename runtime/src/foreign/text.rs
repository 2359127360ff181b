//! Texts: C strings as they are, Rust texts copied with a NUL.
#![allow(
    unsafe_code,
    reason = "a C string is a pointer to bytes that end in NUL"
)]

use super::plain::{Null, borrowed};
use super::{Absent, FromForeign, IntoForeign, NullableArgument, NullableResult};
use crate::error::{Error, ErrorKind};
use std::convert::Infallible;
use std::ffi::{CStr, CString, OsStr, c_char};
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr;

/// The bytes of a text, with its NUL, that are kept without the heap.
const SHORT: usize = 128;

/// A copy of a text that ends in NUL.
pub struct Text(Bytes);

enum Bytes {
    Short([MaybeUninit<u8>; SHORT]),
    Long(Box<[u8]>),
}

impl Text {
    #[inline]
    fn new(text: &[u8]) -> Result<Self, Error> {
        if text.contains(&0) {
            return Err(nul(text));
        }
        if text.len() >= SHORT {
            return Ok(Self(Bytes::Long(long(text))));
        }
        let mut short = [MaybeUninit::uninit(); SHORT];
        for (to, from) in short.iter_mut().zip(text) {
            to.write(*from);
        }
        short[text.len()].write(0);
        Ok(Self(Bytes::Short(short)))
    }

    #[inline]
    fn as_ptr(&self) -> *const c_char {
        match &self.0 {
            Bytes::Short(bytes) => bytes.as_ptr().cast(),
            Bytes::Long(bytes) => bytes.as_ptr().cast(),
        }
    }
}

#[cold]
fn nul(text: &[u8]) -> Error {
    let text = String::from_utf8_lossy(text).into_owned();
    let what = "a text";
    ErrorKind::Nul { what, text }.into()
}

fn long(text: &[u8]) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.extend_from_slice(text);
    bytes.push(0);
    bytes.into()
}

/// The bytes that C gets of a text of the system.
#[cfg(unix)]
fn system_bytes(text: &OsStr) -> Result<&[u8], Error> {
    Ok(text.as_encoded_bytes())
}

/// The bytes that C gets of a text of the system: UTF-8.
#[cfg(not(unix))]
fn system_bytes(text: &OsStr) -> Result<&[u8], Error> {
    let bytes = text.to_str().map(str::as_bytes);
    bytes.ok_or_else(|| {
        let kind = ErrorKind::Conversion {
            expected: "a text of Unicode characters".to_owned(),
            found: text.to_string_lossy().into_owned(),
        };
        kind.into()
    })
}

borrowed! {
    [] &CStr => *const c_char, |held| held.as_ptr();
}

macro_rules! copied {
    ($($ty:ty, $text:ident, $bytes:expr;)*) => {$(
        // SAFETY: C gets a pointer to a copy that is held until the call has returned.
        unsafe impl<L> IntoForeign<L> for $ty {
            type C = *const c_char;
            type Held = Text;
            type Refusal = Error;

            #[inline]
            fn hold(self, _: L) -> Result<Text, Error> {
                let $text = self;
                Text::new($bytes)
            }

            #[inline]
            fn give(held: &mut Text) -> *const c_char {
                held.as_ptr()
            }
        }

        impl<L> NullableArgument<L> for $ty {
            #[inline(always)]
            fn null() -> *const c_char {
                ptr::null()
            }
        }
    )*};
}

copied! {
    &str, text, text.as_bytes();
    &OsStr, text, system_bytes(text)?;
    &Path, text, system_bytes(text.as_os_str())?;
}

// SAFETY: null is nothing; the caller promises that every other address holds a C string for as
// long as the lifetime says.
unsafe impl<'a, L> FromForeign<L> for &'a CStr {
    type C = *const c_char;

    #[inline]
    unsafe fn from_foreign(value: *const c_char, _: L) -> Result<&'a CStr, Absent> {
        if value.is_null() {
            return Err(Absent::Null { ty: "&CStr" });
        }
        // SAFETY: not null; the rest is forwarded to the caller.
        Ok(unsafe { CStr::from_ptr(value) })
    }
}

impl<L> NullableResult<L> for &CStr {}

// SAFETY: as above; it is copied at once.
unsafe impl<L> FromForeign<L> for CString {
    type C = *const c_char;

    #[inline]
    unsafe fn from_foreign(value: *const c_char, library: L) -> Result<Self, Absent> {
        // SAFETY: forwarded to the caller.
        unsafe { <&CStr>::from_foreign(value, library) }.map(CStr::to_owned)
    }
}

impl<L> NullableResult<L> for CString {}
