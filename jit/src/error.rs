//! What can go wrong between a signature and callable code.
#![forbid(unsafe_code)]

use crate::abi::Abi;
use std::fmt;
use std::io;

/// Why a signature could not be lowered, or its code could not be made executable.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The ABI, or the encoder built here, has no rule for what was asked.
    Unsupported {
        /// What was asked for, as a noun phrase.
        what: String,
        /// Why it is not to be had.
        why: String,
    },
    /// A value, a list of arguments or a frame is larger than the bound that is set for it.
    TooLarge {
        /// What is too large, as a noun phrase.
        what: String,
        /// Its size in `unit`.
        size: u64,
        /// The largest size that is accepted, in `unit`.
        limit: u64,
        /// `"bytes"`, `"parameters"`, …
        unit: &'static str,
    },
    /// Executable memory was refused.
    Memory {
        /// Each way that was tried, and the system's own reason for refusing it.
        tried: Vec<(&'static str, io::Error)>,
    },
}

impl Error {
    /// Code for `abi` cannot run in this program.
    pub(crate) fn foreign(abi: &Abi) -> Self {
        Self::Unsupported {
            what: format!("running code for {}", abi.name),
            why: format!("this program runs on {}", std::env::consts::ARCH),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { what, why } => write!(f, "{what} is not supported: {why}"),
            Self::TooLarge {
                what,
                size,
                limit,
                unit,
            } => {
                write!(f, "{what} is too large: {size} {unit}, at most {limit}")
            }
            Self::Memory { tried } => {
                f.write_str("executable memory was refused")?;
                for (way, reason) in tried {
                    write!(f, "; {way}: {reason}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Memory { tried } => tried.last().map(|(_, reason)| reason as _),
            _ => None,
        }
    }
}

/// The result of lowering or compiling.
pub type Result<T, E = Error> = std::result::Result<T, E>;
