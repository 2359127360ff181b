//! What went wrong, said so that the reader knows what to do.
//!
//! Guarantee: every error that concerns a library, a symbol or an argument names it, says what was
//! expected and what was found, and costs one pointer in a `Result`.
#![forbid(unsafe_code)]

mod close;
mod display;
mod kind;
mod type_error;

pub use close::{CloseError, StillInUse};
pub use kind::{Attempt, ErrorKind, MissingSymbol, Position};
pub use type_error::TypeError;

use crate::library::Library;
use std::fmt;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of this crate: what happened, and in which function of which library.
///
/// ```
/// let error = farcall::FnType::parse("double pow(dubble x)").unwrap_err();
/// assert!(error.to_string().contains("double"));
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    /// The function, variable or symbol concerned.
    symbol: Option<Box<str>>,
    /// The library that it is in.
    library: Option<Box<str>>,
}

impl Error {
    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The function or variable that it happened with.
    #[must_use]
    pub fn symbol(&self) -> Option<&str> {
        self.0.symbol.as_deref()
    }

    /// The library that it happened in, under the name by which it was opened.
    #[must_use]
    pub fn library(&self) -> Option<&str> {
        self.0.library.as_deref()
    }

    /// What a function of a library returned to say that it failed, if this is what happened.
    #[must_use]
    pub fn status(&self) -> Option<i64> {
        match self.kind() {
            ErrorKind::Status { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Why a symbol was not found.
    #[cfg(feature = "macros")]
    pub(crate) fn symbol_reason(&self) -> String {
        match self.kind() {
            ErrorKind::Symbol { reason } => reason.clone(),
            other => other.to_string(),
        }
    }

    /// The same error, said of the value that stands `here`.
    #[cfg(feature = "macros")]
    pub(crate) fn at(mut self, here: Position) -> Self {
        match &mut self.0.kind {
            ErrorKind::Argument { position, .. }
            | ErrorKind::Range { position, .. }
            | ErrorKind::Null { position, .. }
            | ErrorKind::Unknown { position, .. } => *position = here,
            ErrorKind::TooLarge { what, .. } => *what = here.to_string(),
            _ => {}
        }
        self
    }

    /// The same error with what was tried before.
    #[cfg(feature = "macros")]
    pub(crate) fn with_attempts(mut self, tried: Vec<Attempt>) -> Self {
        if let ErrorKind::Symbols { attempts, .. } = &mut self.0.kind {
            *attempts = tried;
        }
        self
    }

    /// The same error, said of a function and the library that it comes from.
    #[must_use]
    pub(crate) fn of_function(self, name: &str, library: Option<&Library>) -> Self {
        match library {
            Some(library) => self.of(name).in_library(library.name()),
            None => self.of(name),
        }
    }

    /// The same error, said of `symbol`.
    #[must_use]
    pub(crate) fn of(mut self, symbol: &str) -> Self {
        self.0.symbol = Some(symbol.into());
        self
    }

    /// The same error, said of something in `library`.
    #[must_use]
    pub(crate) fn in_library(mut self, library: &str) -> Self {
        self.0.library = Some(library.into());
        self
    }
}

impl<K: Into<ErrorKind>> From<K> for Error {
    fn from(kind: K) -> Self {
        Self(Box::new(Inner {
            kind: kind.into(),
            symbol: None,
            library: None,
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(symbol) = &self.0.symbol {
            write!(f, "{symbol}: ")?;
        }
        write!(f, "{}", self.0.kind)?;
        if let Some(library) = &self.0.library {
            write!(f, " (in {library})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.kind.source()
    }
}
