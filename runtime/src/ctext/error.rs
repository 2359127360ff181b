//! Where C text cannot be read, and why.
#![forbid(unsafe_code)]

use std::fmt;

/// A place in C text that cannot be read: its line, a caret under the guilty token, and what was
/// expected there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    pub(crate) message: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) excerpt: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}\n{}",
            self.line, self.column, self.message, self.excerpt
        )
    }
}

impl std::error::Error for SyntaxError {}
