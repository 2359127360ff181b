//! Which engine carries out what.
//!
//! Guarantee: an engine that is asked for, by the program or by `FARCALL_ENGINE`, is taken or its
//! refusal returned; otherwise generated code is, and libffi only where that is refused.
#![forbid(unsafe_code)]

use crate::error::{ErrorKind, Result};
use crate::os;
use std::fmt;
use std::sync::OnceLock;

/// What carries out a run-time-typed call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Engine {
    /// Code generated for the shape of the call.
    Jit,
    /// libffi, which works out the places of the arguments in each call.
    Libffi,
}

impl Engine {
    /// Whether this program was built without any engine.
    pub(crate) const fn none_is_built() -> bool {
        cfg!(not(any(feature = "jit", feature = "libffi")))
    }

    /// The engine that `FARCALL_ENGINE` asks for with `jit` or `libffi`; read once, ignored with
    /// raised privileges.
    fn forced() -> Result<Option<Self>> {
        static ASKED: OnceLock<Option<String>> = OnceLock::new();
        let read = || {
            let asked = std::env::var_os("FARCALL_ENGINE")?;
            let asked = asked.to_string_lossy().into_owned();
            (!os::privileges_raised()).then_some(asked)
        };
        let asked = match ASKED.get() {
            Some(asked) => asked,
            None => os::without_forks(|| ASKED.get_or_init(read)),
        };
        match asked.as_deref() {
            None | Some("") => Ok(None),
            Some("jit") => Ok(Some(Self::Jit)),
            Some("libffi") => Ok(Some(Self::Libffi)),
            Some(other) => Err(ErrorKind::Unsupported {
                what: format!("FARCALL_ENGINE={other}"),
                why: "write jit or libffi, or leave it unset".to_owned(),
            }
            .into()),
        }
    }
}

impl Engine {
    /// The engine that must be taken: the one that is asked for, else the one that
    /// `FARCALL_ENGINE` forces.
    pub(crate) fn asked(asked: Option<Self>) -> Result<Option<Self>> {
        asked.map_or_else(Self::forced, |engine| Ok(Some(engine)))
    }

    /// What `with` gives for the engine that must be taken; if there is none, for generated code,
    /// and for libffi where that is not to be had.
    pub(crate) fn choose<T>(asked: Option<Self>, with: impl Fn(Self) -> Result<T>) -> Result<T> {
        if let Some(engine) = Self::asked(asked)? {
            return with(engine);
        }
        with(Self::Jit).or_else(|error| match error.kind() {
            ErrorKind::Memory { .. } | ErrorKind::Unsupported { .. } => {
                with(Self::Libffi).map_err(|second| {
                    if cfg!(feature = "libffi") {
                        second
                    } else {
                        error
                    }
                })
            }
            _ => Err(error),
        })
    }

    /// That `what` cannot be had through it, because this program was built without it.
    #[cfg(not(all(feature = "jit", feature = "libffi")))]
    pub(crate) fn missing(self, what: &str) -> crate::Error {
        ErrorKind::Unsupported {
            what: format!("{what} through {self}"),
            why: format!("this program was built without farcall's feature `{self}`"),
        }
        .into()
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Jit => "jit",
            Self::Libffi => "libffi",
        })
    }
}
