//! The system's loader: one set of functions per system, chosen here.
//!
//! Guarantee: nothing here searches or guesses; a name goes to the system as it is given.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(not(any(unix, windows)), path = "none.rs")]
mod imp;

#[cfg(unix)]
mod elf;
#[cfg(any(windows, test))]
mod pe;

pub(crate) use imp::{
    LIBRARY_PATH, SEPARATORS, VERSIONED, explain, library_dirs, open, privileges_raised, this,
};

#[cfg(feature = "macros")]
pub(crate) use imp::image;
#[cfg(not(any(unix, windows)))]
pub(crate) use imp::{Handle, LoadError};
#[cfg(any(unix, windows))]
pub(crate) use libloading::{Error as LoadError, Library as Handle};

use std::sync::OnceLock;

/// Runs `action`, which takes locks, while no thread can fork this process: a child must not
/// inherit the lock of a thread that it does not have.
///
/// In builds without generated code it only runs it.
#[inline]
pub(crate) fn without_forks<R>(action: impl FnOnce() -> R) -> R {
    #[cfg(feature = "jit")]
    return farcall_jit::code::held_off(action);
    #[cfg(not(feature = "jit"))]
    action()
}

/// What `cell` holds, made by the first who asks; see [`without_forks`]. It may be made twice, of
/// which one is kept.
#[inline]
pub(crate) fn once<T, E>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
    if let Some(ready) = cell.get() {
        return Ok(ready);
    }
    let new = make()?;
    Ok(without_forks(|| cell.get_or_init(|| new)))
}

/// The system's own words in an error of the loader that concerns `name`, without the name that
/// some systems put in front.
pub(crate) fn reason(error: &LoadError, name: &str) -> String {
    let source = std::error::Error::source(error);
    let text = source.map_or_else(|| error.to_string(), ToString::to_string);
    let mut rest = text.as_str();
    while let Some(shorter) = rest.strip_prefix(name).and_then(|r| r.strip_prefix(": ")) {
        rest = shorter;
    }
    rest.to_owned()
}
