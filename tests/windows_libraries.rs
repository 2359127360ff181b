//! Do the libraries of Windows give their known answers, declared as in their manuals?
#![cfg(windows)]

#[cfg(feature = "macros")]
#[path = "windows_libraries/declared.rs"]
mod declared;
#[path = "windows_libraries/opening.rs"]
mod opening;
#[cfg(any(feature = "jit", feature = "libffi"))]
#[path = "windows_libraries/typed_at_run_time.rs"]
mod typed_at_run_time;
