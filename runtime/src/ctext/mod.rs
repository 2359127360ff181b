//! C declarations as text.
#![forbid(unsafe_code)]

mod error;

pub use error::SyntaxError;
