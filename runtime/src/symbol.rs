//! An address in a library.
//!
//! Guarantee: a [`Symbol`] keeps its library from being closed, and its address is not null.
#![allow(
    unsafe_code,
    reason = "symbols are looked up as untyped addresses, which threads may share"
)]

use crate::error::{ErrorKind, Result};
use crate::library::Library;
use crate::{os, search};
use std::ffi::{OsStr, c_void};
use std::fmt;
use std::ptr::NonNull;

/// A function or variable that a library exports: an address, its name, and the library, which
/// cannot be closed while the symbol is alive.
///
/// It has no type and cannot be called; see [`Library::symbol`].
#[derive(Clone)]
pub struct Symbol {
    library: Library,
    address: NonNull<c_void>,
    name: Box<str>,
}

// SAFETY: an address is a number; whoever reads or calls through it answers for that.
unsafe impl Send for Symbol {}
// SAFETY: as above.
unsafe impl Sync for Symbol {}

impl Symbol {
    pub(crate) fn find(library: &Library, name: &str) -> Result<Self> {
        let blame = |error: crate::Error| error.of(name).in_library(library.name());
        let missing = |reason| blame(ErrorKind::Symbol { reason }.into());
        search::check(OsStr::new(name), "a symbol name").map_err(blame)?;
        // SAFETY: the address is taken as an untyped pointer, which every symbol is.
        let symbol = unsafe { library.handle().get::<*mut c_void>(name) };
        let symbol = symbol.map_err(|error| missing(os::reason(&error, library.name())))?;
        let null = || missing("the library defines it with the value null".to_owned());
        let address = NonNull::new(*symbol).ok_or_else(null)?;
        let (library, name) = (library.clone(), name.into());
        Ok(Self {
            library,
            address,
            name,
        })
    }

    /// Its address; never null.
    #[must_use]
    pub fn address(&self) -> *const c_void {
        self.address.as_ptr()
    }

    /// The name that it was looked up by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its library, its address and its name.
    pub(crate) fn into_parts(self) -> (Library, *const c_void, Box<str>) {
        (self.library, self.address.as_ptr(), self.name)
    }

    /// `error` with the names of the symbol and of its library.
    #[cold]
    pub(crate) fn blame(&self, error: crate::Error) -> crate::Error {
        error.of(&self.name).in_library(self.library.name())
    }

    /// The library that it was looked up in.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.library
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            address,
            name,
            library,
        } = self;
        write!(f, "Symbol({name:?} at {address:p} in {:?})", library.name())
    }
}
