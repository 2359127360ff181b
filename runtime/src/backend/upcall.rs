//! The engines that let C call closures: where stubs come from, and what stands behind them.
//!
//! Guarantee: a stub hands its record to code that fits the function type; both engines give the
//! same values to a closure and take the same result from it.

use super::Engine;
use crate::callback::{SlotSource, Use};
use crate::error::{Error, ErrorKind, Result};
use crate::types::FnType;
use std::ffi::c_void;
use std::ptr::NonNull;

/// What one engine needs for the callbacks of one function type.
pub(crate) enum Source {
    #[cfg(feature = "jit")]
    Jit(super::jit_upcall::Stubs),
    #[cfg(feature = "libffi")]
    Libffi(super::libffi_upcall::Closures),
}

impl Source {
    pub(crate) fn new(ty: FnType, of: Use, engine: Engine) -> Result<Self> {
        match engine {
            #[cfg(feature = "jit")]
            Engine::Jit => super::jit_upcall::Stubs::new(ty, of).map(Self::Jit),
            #[cfg(feature = "libffi")]
            Engine::Libffi => super::libffi_upcall::Closures::new(ty, of).map(Self::Libffi),
            #[cfg(not(all(feature = "jit", feature = "libffi")))]
            missing => {
                let _ = (ty, of);
                Err(missing.missing())
            }
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            #[cfg(feature = "jit")]
            Self::Jit(_) => Engine::Jit,
            #[cfg(feature = "libffi")]
            Self::Libffi(_) => Engine::Libffi,
        }
    }

    /// What its stubs jump to; `None` if they jump to the shim of a typed closure, with the address
    /// of the record as one more argument.
    pub(crate) fn trampoline(&self) -> Option<*const ()> {
        match self {
            #[cfg(feature = "jit")]
            Self::Jit(stubs) => stubs.trampoline(),
            #[cfg(feature = "libffi")]
            // They jump to libffi.
            Self::Libffi(_) => Some(std::ptr::null()),
        }
    }

    /// The stub of a record, which [`complete`](Self::complete) has seen.
    #[inline]
    pub(crate) fn code(&self, record: NonNull<u8>) -> *const c_void {
        match self {
            #[cfg(feature = "jit")]
            Self::Jit(_) => super::jit_upcall::Stubs::code(record),
            #[cfg(feature = "libffi")]
            Self::Libffi(closures) => closures.code(record),
        }
    }

    /// Makes sure that a record of its tables has a stub.
    #[inline]
    pub(crate) fn complete(&self, record: NonNull<u8>) -> Result<()> {
        match self {
            #[cfg(feature = "jit")]
            // All stubs of a table are made at once.
            Self::Jit(_) => Ok(()),
            #[cfg(feature = "libffi")]
            Self::Libffi(closures) => closures.complete(record),
        }
    }
}

// SAFETY: each engine's tables are what is asked for.
unsafe impl SlotSource for Source {
    type Error = Error;

    fn grow(&self) -> Result<NonNull<u8>> {
        match self {
            #[cfg(feature = "jit")]
            Self::Jit(stubs) => stubs.grow(),
            #[cfg(feature = "libffi")]
            Self::Libffi(closures) => closures.grow(),
        }
    }

    unsafe fn retire(&self, table: NonNull<u8>) -> bool {
        match self {
            #[cfg(feature = "jit")]
            // SAFETY: forwarded to the caller.
            Self::Jit(stubs) => unsafe { stubs.retire(table) },
            #[cfg(feature = "libffi")]
            Self::Libffi(_) => false,
        }
    }

    unsafe fn revive(&self, table: NonNull<u8>) -> bool {
        match self {
            #[cfg(feature = "jit")]
            // SAFETY: forwarded to the caller.
            Self::Jit(stubs) => unsafe { stubs.revive(table) },
            #[cfg(feature = "libffi")]
            Self::Libffi(_) => false,
        }
    }

    fn full(&self) -> Error {
        ErrorKind::TooLarge {
            what: "the number of callbacks of one type".to_owned(),
            size: 1 << 32,
            limit: u32::MAX.into(),
            unit: "callbacks",
        }
        .into()
    }
}

impl Engine {
    /// What `with` gives for the engine that is asked for; if none is, generated code, and libffi
    /// where that is not to be had.
    pub(crate) fn choose<T>(asked: Option<Self>, with: impl Fn(Self) -> Result<T>) -> Result<T> {
        if let Some(engine) = asked {
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

    /// That this program was built without it.
    pub(crate) fn missing(self) -> crate::Error {
        ErrorKind::Unsupported {
            what: format!("a callback through {self}"),
            why: format!("this program was built without farcall's feature `{self}`"),
        }
        .into()
    }
}
