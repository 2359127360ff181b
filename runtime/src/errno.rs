//! The C library's error number around a call.
//!
//! Guarantee: between clearing, the call and reading lies nothing that could change it.
#![allow(
    unsafe_code,
    reason = "errno is a thread-local variable of the C library"
)]

use std::fmt;
use std::io;

/// The value of C's `errno` after a call; 0 if the call did not set it.
///
/// ```
/// assert_eq!(farcall::Errno(0).to_string(), "errno 0");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Errno(pub i32);

impl Errno {
    /// The value of this thread's `errno` now.
    #[must_use]
    #[inline]
    pub fn last() -> Self {
        // SAFETY: the C library's address of this thread's errno.
        Self(unsafe { *location() })
    }

    /// Sets this thread's `errno`.
    #[inline]
    pub fn set(self) {
        // SAFETY: as above.
        unsafe { *location() = self.0 };
    }
}

#[cfg(any(target_os = "linux", target_os = "emscripten", target_os = "hurd"))]
use libc::__errno_location as location;

#[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
use libc::__errno as location;

#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly"
))]
use libc::__error as location;

#[cfg(windows)]
unsafe extern "C" {
    #[link_name = "_errno"]
    fn location() -> *mut i32;
}

#[cfg(unix)]
impl From<Errno> for io::Error {
    fn from(errno: Errno) -> Self {
        Self::from_raw_os_error(errno.0)
    }
}

impl fmt::Display for Errno {
    /// `errno 9: Bad file descriptor`, with the system's text where that is to be had.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 || cfg!(windows) {
            return write!(f, "errno {}", self.0);
        }
        let text = io::Error::from_raw_os_error(self.0).to_string();
        let text = text.split(" (os error").next().unwrap_or(&text);
        write!(f, "errno {}: {text}", self.0)
    }
}
