//! The loader of Unix: `dlopen` and its family.
#![allow(
    unsafe_code,
    reason = "loading runs the library's initialisers, and the process's rights are C's to tell"
)]

pub(crate) use super::elf::explain;

use crate::library::OpenFlags;
use libloading::os::unix;
use std::ffi::OsStr;
use std::path::PathBuf;

/// What separates directories in a path.
pub(crate) const SEPARATORS: &[u8] = b"/";

/// Whether the file names of libraries end in their version, as in `libz.so.1`.
pub(crate) const VERSIONED: bool = cfg!(not(target_vendor = "apple"));

/// The variable that lists further directories with libraries.
pub(crate) const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// Where systems keep libraries, those of this architecture first.
pub(crate) fn library_dirs() -> Vec<PathBuf> {
    let architecture = match std::env::consts::ARCH {
        "x86" => "i386-linux-gnu".to_owned(),
        "arm" => "arm-linux-gnueabihf".to_owned(),
        other => format!("{other}-linux-gnu"),
    };
    let wide = if cfg!(target_pointer_width = "64") {
        "64"
    } else {
        "32"
    };
    let mut dirs = Vec::new();
    for base in ["/lib", "/usr/lib", "/usr/local/lib"] {
        dirs.push(format!("{base}/{architecture}").into());
        dirs.push(format!("{base}{wide}").into());
        dirs.push(base.into());
    }
    dirs
}

/// `dlopen(name, flags | raw)`
///
/// # Safety
/// The initialisers of the library and of what it needs run here.
pub(crate) unsafe fn open(
    name: &OsStr,
    flags: OpenFlags,
    raw: u32,
) -> Result<libloading::Library, libloading::Error> {
    let binding = if flags.contains(OpenFlags::LAZY) && !flags.contains(OpenFlags::NOW) {
        unix::RTLD_LAZY
    } else {
        unix::RTLD_NOW
    };
    let scope = if flags.contains(OpenFlags::GLOBAL) {
        unix::RTLD_GLOBAL
    } else {
        unix::RTLD_LOCAL
    };
    // SAFETY: forwarded to the caller.
    unsafe { unix::Library::open(Some(name), binding | scope | raw.cast_signed()) }.map(Into::into)
}

/// `dlopen(NULL)`: the program with every symbol that is visible in it.
pub(crate) fn this() -> Result<libloading::Library, libloading::Error> {
    let flags = unix::RTLD_NOW | unix::RTLD_LOCAL;
    // SAFETY: the program is loaded already, so that no initialiser runs.
    unsafe { unix::Library::open(None::<&OsStr>, flags) }.map(Into::into)
}

/// What tells the image of a library from every other: the loader's handle, which is the same
/// whenever one image is opened.
#[cfg(feature = "macros")]
pub(crate) fn image(library: &libloading::Library) -> usize {
    // SAFETY: the copy is taken apart and never dropped, so that nothing is closed twice.
    let copy: unix::Library = unsafe { std::ptr::read(library) }.into();
    // Apple's loader keeps flags of the opening in the low bits.
    copy.into_raw().addr() & !7
}

/// Whether the program has more rights than the user who started it, who then must not decide
/// through the environment what it loads.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn privileges_raised() -> bool {
    // SAFETY: it reads a number that the kernel gave to the process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Whether the program has more rights than the user who started it, who then must not decide
/// through the environment what it loads.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn privileges_raised() -> bool {
    // SAFETY: it reads the identity of the process, which has one.
    let users = unsafe { (libc::getuid(), libc::geteuid()) };
    // SAFETY: as above.
    let groups = unsafe { (libc::getgid(), libc::getegid()) };
    users.0 != users.1 || groups.0 != groups.1
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_test_runs_with_the_rights_of_its_user() {
        assert!(!super::privileges_raised());
    }
}
