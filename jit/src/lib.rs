//! From C signatures to machine code.
#![deny(unsafe_code)]

pub mod abi;
pub mod code;
mod compile;
#[cfg(target_arch = "x86_64")]
mod entry;
#[cfg(not(target_arch = "x86_64"))]
#[path = "noentry.rs"]
mod entry;
mod error;
pub mod layout;
pub mod trampoline;
#[cfg(any(target_arch = "x86_64", feature = "x64"))]
pub mod x64;

pub use compile::{Downcall, Pick, ScalarCall, compiled, encode};
pub use error::{Error, Result};
