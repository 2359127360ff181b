//! The error numbers of the C library and of Windows around a call.
//!
//! Guarantee: between clearing, the call and reading lies nothing that could change them.
#![allow(
    unsafe_code,
    reason = "errno is a thread-local variable of the C library"
)]

#[cfg(windows)]
pub use last_error::LastError;

use std::fmt;
#[cfg(unix)]
use std::io;

/// The value of C's `errno` after a call; 0 if the call did not set it.
///
/// # Platform-specific behaviour
/// On Windows several C libraries can be loaded at once, each with an `errno` of its own. This is the
/// one of the library that the program is linked to: `ucrtbase.dll`, or `msvcrt.dll` for targets that
/// end in `-gnu`. A library that uses another one leaves its `errno` there, where only its own
/// functions find it.
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

#[cfg(all(
    unix,
    any(target_os = "linux", target_os = "emscripten", target_os = "hurd")
))]
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

/// A thread's own number where the C library keeps none that is known.
#[cfg(not(any(unix, windows)))]
fn location() -> *mut i32 {
    std::thread_local! {
        static ERRNO: std::cell::Cell<i32> = const { std::cell::Cell::new(0) };
    }
    ERRNO.with(std::cell::Cell::as_ptr)
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
        match text(self.0) {
            Some(text) if self.0 != 0 => write!(f, "errno {}: {text}", self.0),
            _ => write!(f, "errno {}", self.0),
        }
    }
}

/// The system's words for an error number.
#[cfg(unix)]
fn text(number: i32) -> Option<String> {
    let text = io::Error::from_raw_os_error(number).to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    Some(text.to_owned())
}

/// The C library's words for an error number, which are none of Windows.
#[cfg(windows)]
fn text(number: i32) -> Option<String> {
    use std::ffi::{CStr, c_char};
    unsafe extern "C" {
        fn strerror(number: i32) -> *const c_char;
    }
    // SAFETY: it takes any number, and writes to a place of this thread.
    let text = unsafe { strerror(number) };
    // SAFETY: null, or a text that stays until this thread asks again.
    let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) });
    text.map(|text| text.to_string_lossy().into_owned())
}

#[cfg(not(any(unix, windows)))]
fn text(_number: i32) -> Option<String> {
    None
}

/// What is to be learnt about a call, besides its result.
pub(crate) enum Capture<'c> {
    /// Nothing.
    Nothing,
    /// What it leaves in `errno`.
    Errno(&'c mut Errno),
    /// What it leaves for `GetLastError`.
    #[cfg(windows)]
    LastError(&'c mut LastError),
}

impl Capture<'_> {
    /// Clears what will be read; the call comes next.
    #[inline(always)]
    pub(crate) fn before(&self) {
        match self {
            Self::Nothing => {}
            Self::Errno(_) => Errno(0).set(),
            #[cfg(windows)]
            Self::LastError(_) => LastError(0).set(),
        }
    }

    /// Reads what the call, which came last, has left.
    #[inline(always)]
    pub(crate) fn after(self) {
        match self {
            Self::Nothing => {}
            Self::Errno(errno) => *errno = Errno::last(),
            #[cfg(windows)]
            Self::LastError(error) => *error = LastError::last(),
        }
    }
}

#[cfg(windows)]
mod last_error {
    use std::fmt;
    use std::io;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        safe fn GetLastError() -> u32;
        safe fn SetLastError(code: u32);
    }

    /// The value of `GetLastError` after a call; 0 if the call did not set it. On Windows only.
    ///
    /// ```
    /// let error = farcall::LastError(2);
    /// assert!(error.to_string().starts_with("error 2: "));
    /// assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::NotFound);
    /// ```
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct LastError(pub u32);

    impl LastError {
        /// What `GetLastError` says on this thread now.
        #[must_use]
        #[inline]
        pub fn last() -> Self {
            Self(GetLastError())
        }

        /// Sets what `GetLastError` says on this thread.
        #[inline]
        pub fn set(self) {
            SetLastError(self.0);
        }
    }

    impl From<LastError> for io::Error {
        fn from(error: LastError) -> Self {
            Self::from_raw_os_error(error.0.cast_signed())
        }
    }

    impl fmt::Display for LastError {
        /// `error 2: The system cannot find the file specified.`, in the user's language.
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            if self.0 == 0 {
                return f.write_str("error 0");
            }
            let text = io::Error::from(*self).to_string();
            let text = text.split(" (os error").next().unwrap_or(&text);
            write!(f, "error {}: {text}", self.0)
        }
    }
}
