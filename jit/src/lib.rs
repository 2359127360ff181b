//! From C signatures to machine code.
#![deny(unsafe_code)]

mod error;

pub use error::{Error, Result};
