//! The loader of Windows: `LoadLibraryExW` and its family.
#![allow(unsafe_code, reason = "loading runs the library's initialisers")]

use crate::library::OpenFlags;
use libloading::os::windows;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What separates directories in a path.
pub(crate) const SEPARATORS: &[u8] = b"/\\";

/// Whether the file names of libraries end in their version.
pub(crate) const VERSIONED: bool = false;

/// The variable that lists further directories with libraries; the system reads it itself.
pub(crate) const LIBRARY_PATH: &str = "PATH";

/// Where systems keep libraries; the system knows.
pub(crate) fn library_dirs() -> Vec<PathBuf> {
    Vec::new()
}

/// Why a file that exists cannot be loaded; the system's own reasons are clear.
pub(crate) fn explain(_path: &Path) -> Option<String> {
    None
}

/// `LoadLibraryExW(name, NULL, raw)`; libraries that an absolute path needs are looked for beside
/// it unless `raw` says otherwise.
///
/// # Safety
/// The initialisers of the library and of what it needs run here.
pub(crate) unsafe fn open(
    name: &OsStr,
    _flags: OpenFlags,
    raw: u32,
) -> Result<libloading::Library, libloading::Error> {
    let flags = match raw {
        0 if Path::new(name).is_absolute() => windows::LOAD_WITH_ALTERED_SEARCH_PATH,
        raw => raw,
    };
    // SAFETY: forwarded to the caller.
    unsafe { windows::Library::load_with_flags(name, flags) }.map(Into::into)
}

/// `GetModuleHandleExW(NULL)`: the program's own file.
pub(crate) fn this() -> Result<libloading::Library, libloading::Error> {
    windows::Library::this().map(Into::into)
}

/// What tells the image of a library from every other: its base address.
#[cfg(feature = "macros")]
pub(crate) fn image(library: &libloading::Library) -> usize {
    // SAFETY: the copy is taken apart and never dropped, so that nothing is closed twice.
    let copy: windows::Library = unsafe { std::ptr::read(library) }.into();
    copy.into_raw().cast_unsigned()
}

/// Whether the program has more rights than the user who started it; not by way of its file here.
pub(crate) fn privileges_raised() -> bool {
    false
}

#[cfg(feature = "macros")]
mod last_error {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        safe fn GetLastError() -> u32;
        safe fn SetLastError(code: u32);
    }

    /// `GetLastError()`
    #[inline]
    pub fn last_error() -> u32 {
        GetLastError()
    }

    /// `SetLastError(0)`
    #[inline]
    pub fn clear_last_error() {
        SetLastError(0);
    }
}

#[cfg(feature = "macros")]
pub use last_error::{clear_last_error, last_error};
