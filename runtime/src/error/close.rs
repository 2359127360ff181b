//! Why a library was not closed.
#![forbid(unsafe_code)]

use super::{Error, ErrorKind};
use crate::library::Library;
use std::fmt;

/// A library cannot be closed or given away while something made from it is alive.
#[derive(Debug)]
#[non_exhaustive]
pub struct StillInUse {
    /// The library, as it was.
    pub library: Library,
    /// How many clones, symbols, functions, variables and callbacks of it were alive.
    pub users: usize,
}

/// Why a library was not closed.
#[derive(Debug)]
#[non_exhaustive]
pub enum CloseError {
    /// Something made from it is alive.
    StillInUse(StillInUse),
    /// The system refused; whether the library is still loaded is not known.
    System {
        /// The library's name.
        library: String,
        /// The system's own reason.
        reason: String,
    },
}

impl From<StillInUse> for CloseError {
    fn from(error: StillInUse) -> Self {
        Self::StillInUse(error)
    }
}

impl From<StillInUse> for Error {
    fn from(error: StillInUse) -> Self {
        let users = error.users;
        Self::from(ErrorKind::StillInUse { users }).in_library(error.library.name())
    }
}

impl From<CloseError> for Error {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::StillInUse(error) => error.into(),
            CloseError::System { library, reason } => {
                Self::from(ErrorKind::Close { reason }).in_library(&library)
            }
        }
    }
}

impl fmt::Display for StillInUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let users = self.users;
        let kind = ErrorKind::StillInUse { users };
        write!(f, "{kind} (in {})", self.library.name())
    }
}

impl fmt::Display for CloseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StillInUse(error) => write!(f, "{error}"),
            Self::System { library, reason } => {
                let reason = reason.clone();
                write!(f, "{} (in {library})", ErrorKind::Close { reason })
            }
        }
    }
}

impl std::error::Error for StillInUse {}

impl std::error::Error for CloseError {}
