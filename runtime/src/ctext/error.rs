//! Where C text cannot be read, and why.
#![forbid(unsafe_code)]

use crate::error::TypeError;
use std::fmt;

/// A place in C text that cannot be read: its line, a caret under the guilty token, and what was
/// expected there.
///
/// ```
/// let error = farcall::FnType::parse("double pow(dubble x)").unwrap_err();
/// assert_eq!(error.to_string(), "\
/// 1:12: unknown type `dubble`; did you mean `double`?
///   double pow(dubble x)
///              ^~~~~~");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    pub(crate) message: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) excerpt: String,
    pub(crate) cause: Option<TypeError>,
}

impl SyntaxError {
    /// What is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The line, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The character in the line, counted from 1; a tab is one character.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong with the type, where the text can be read but its type cannot exist.
    #[must_use]
    pub fn cause(&self) -> Option<&TypeError> {
        self.cause.as_ref()
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)?;
        match self.excerpt.as_str() {
            "" => Ok(()),
            excerpt => write!(f, "\n{excerpt}"),
        }
    }
}

impl std::error::Error for SyntaxError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}
