//! The loader of Windows: `LoadLibraryExW` and its family.
#![allow(unsafe_code, reason = "loading runs the library's initialisers")]

use super::pe;
use crate::library::OpenFlags;
use libloading::os::windows;
use std::ffi::{OsStr, c_void};
use std::path::{Path, PathBuf};
use std::ptr;

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

/// Why a file that exists cannot be loaded, where the system's own reason leaves it open.
pub(crate) fn explain(path: &Path) -> Option<String> {
    let beside = |name: &str| path.parent().is_some_and(|dir| dir.join(name).is_file());
    pe::explain(path, |name| beside(name) || is_found(name))
}

/// Whether the system finds a library under this name, or has it already.
fn is_found(name: &str) -> bool {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetModuleHandleW(name: *const u16) -> *mut c_void;
        fn SearchPathW(
            path: *const u16,
            name: *const u16,
            extension: *const u16,
            len: u32,
            buffer: *mut u16,
            file: *mut *mut u16,
        ) -> u32;
    }
    let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
    // SAFETY: the name ends in a zero.
    let loaded = unsafe { !GetModuleHandleW(name.as_ptr()).is_null() };
    let (none, no_buffer, no_part) = (ptr::null(), ptr::null_mut(), ptr::null_mut());
    // SAFETY: as above; without a buffer the length of the path is told.
    loaded || unsafe { SearchPathW(none, name.as_ptr(), none, 0, no_buffer, no_part) } > 0
}

/// `LoadLibraryExW(name, NULL, raw)`. What has a separator is a path; the libraries that it needs
/// are looked for beside it, unless `raw` says otherwise.
///
/// # Safety
/// The initialisers of the library and of what it needs run here.
pub(crate) unsafe fn open(
    name: &OsStr,
    _flags: OpenFlags,
    raw: u32,
) -> Result<libloading::Library, libloading::Error> {
    let is_path = name
        .as_encoded_bytes()
        .iter()
        .any(|byte| SEPARATORS.contains(byte));
    // Only absolute paths with the system's own separator may be searched beside.
    let (name, flags) = match std::path::absolute(name) {
        Ok(path) if is_path && raw == 0 => (
            path.into_os_string(),
            windows::LOAD_WITH_ALTERED_SEARCH_PATH,
        ),
        Ok(path) if is_path => (path.into_os_string(), raw),
        _ => (name.to_owned(), raw),
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
