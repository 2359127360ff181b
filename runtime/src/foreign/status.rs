//! Functions that say by their result whether they failed.
#![allow(unsafe_code, reason = "a status is a number from C")]

use crate::declaration::FunctionDeclaration;
use crate::error::{Error, ErrorKind};
use crate::foreign::length::Count;
use crate::library::Library;
use crate::types::ForeignResult;
use std::ffi::{CStr, CString};

/// A status type of a declaration whose library type is `L`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no status",
    label = "expected a struct with `#[status]`",
    note = "declare it as `#[status(ok = 0)] struct Status(c_int);` in the library's module"
)]
pub trait StatusType<L> {
    /// What C returns.
    type Code: ForeignResult + Count;

    /// Whether this says that all is well.
    fn is_ok(code: Self::Code) -> bool;

    /// The library's words for a code.
    fn text(code: Self::Code, library: L) -> Option<String>;
}

/// Whether an address is null, for `on = null`.
pub trait Pointer: Copy {
    /// Whether it is.
    fn is_null(self) -> bool;
}

impl<T> Pointer for *const T {
    #[inline(always)]
    fn is_null(self) -> bool {
        self.is_null()
    }
}

impl<T> Pointer for *mut T {
    #[inline(always)]
    fn is_null(self) -> bool {
        self.is_null()
    }
}

/// What a function returns that has words for an error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no text",
    label = "expected a function that returns `&CStr`, `CString`, an owned text, or an `Option` of one"
)]
pub trait Message {
    /// The words, if there are any.
    fn into_message(self) -> Option<String>;
}

impl Message for &CStr {
    fn into_message(self) -> Option<String> {
        let text = self.to_string_lossy().into_owned();
        (!text.is_empty()).then_some(text)
    }
}

impl Message for CString {
    fn into_message(self) -> Option<String> {
        self.as_c_str().into_message()
    }
}

impl<T: Message> Message for Option<T> {
    fn into_message(self) -> Option<String> {
        self.and_then(T::into_message)
    }
}

impl<T: Message> Message for Result<T, Error> {
    fn into_message(self) -> Option<String> {
        self.ok().and_then(T::into_message)
    }
}

/// The error of a function that says that it failed.
#[cold]
pub fn failed(
    code: impl Count,
    text: Option<String>,
    function: &FunctionDeclaration,
    library: &Library,
) -> Error {
    let kind = ErrorKind::Status {
        code: code.number(),
        text,
    };
    Error::from(kind).of_function(function.name(), Some(library))
}
