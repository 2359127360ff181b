//! A system that loads no libraries: each is refused by an error that says so.
#![allow(unsafe_code, reason = "the face of a loader")]

use crate::library::OpenFlags;
use std::convert::Infallible;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// A library that cannot be loaded.
pub(crate) struct Handle(Infallible);

impl Handle {
    /// # Safety
    /// There is none.
    pub(crate) unsafe fn get<T>(&self, _name: &str) -> Result<&T, LoadError> {
        match self.0 {}
    }

    pub(crate) fn close(self) -> Result<(), LoadError> {
        match self.0 {}
    }
}

/// Why nothing is loaded.
#[derive(Debug)]
pub(crate) struct LoadError;

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} loads no libraries at run time", std::env::consts::OS)
    }
}

impl std::error::Error for LoadError {}

/// What separates directories in a path.
pub(crate) const SEPARATORS: &[u8] = b"/";

/// Whether the file names of libraries end in their version.
pub(crate) const VERSIONED: bool = false;

/// The variable that lists further directories with libraries; there is none.
pub(crate) const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// Where systems keep libraries.
pub(crate) fn library_dirs() -> Vec<PathBuf> {
    Vec::new()
}

/// Why a file that exists cannot be loaded.
pub(crate) fn explain(_path: &Path) -> Option<String> {
    None
}

/// Refuses.
///
/// # Safety
/// Nothing is loaded.
pub(crate) unsafe fn open(_: &OsStr, _: OpenFlags, _: u32) -> Result<Handle, LoadError> {
    Err(LoadError)
}

/// Refuses.
pub(crate) fn this() -> Result<Handle, LoadError> {
    Err(LoadError)
}

/// What tells the image of a library from every other.
#[cfg(feature = "macros")]
pub(crate) fn image(library: &Handle) -> usize {
    match library.0 {}
}

/// Whether the program has more rights than the user who started it.
pub(crate) fn privileges_raised() -> bool {
    false
}
