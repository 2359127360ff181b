//! From C signatures to machine code.
#![deny(unsafe_code)]

pub mod code;
mod error;

pub use error::{Error, Result};
