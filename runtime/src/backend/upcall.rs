//! The engines that let C call closures: where stubs come from, and what stands behind them.
//!
//! Guarantee: a stub hands its record to code that fits the function type; both engines give the
//! same values to a closure and take the same result from it.

use super::Engine;
use crate::callback::{SlotSource, Use};
use crate::error::{Error, ErrorKind, Result};
use crate::types::FnType;
use std::ffi::c_void;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;

/// What one engine has for the callbacks of one function type.
pub(crate) trait Stubs: Send + Sync + UnwindSafe + RefUnwindSafe {
    fn engine(&self) -> Engine;

    /// What its stubs jump to; `None` if they jump to the shim of a typed closure, with the address
    /// of the record as one more argument.
    fn trampoline(&self) -> Option<*const ()>;

    /// A new table of records.
    fn grow(&self) -> Result<NonNull<u8>>;

    /// The stub of a record of its tables, made unless there is one.
    fn stub(&self, record: NonNull<u8>) -> Result<*const c_void>;

    /// See [`SlotSource::retire`].
    ///
    /// # Safety
    /// The table is one of these, and all of its callbacks were dropped.
    unsafe fn retire(&self, table: NonNull<u8>) -> bool;

    /// See [`SlotSource::revive`].
    ///
    /// # Safety
    /// The table is one of these, and retired.
    unsafe fn revive(&self, table: NonNull<u8>) -> bool;
}

/// The stubs of one engine, whichever it is.
pub(crate) struct Source(Box<dyn Stubs>);

impl Source {
    pub(crate) fn new(ty: FnType, of: Use, engine: Engine) -> Result<Self> {
        match engine {
            #[cfg(feature = "jit")]
            Engine::Jit => Ok(Self(Box::new(super::jit_upcall::Generated::new(ty, of)?))),
            #[cfg(feature = "libffi")]
            Engine::Libffi => Ok(Self(Box::new(super::libffi_upcall::Closures::new(ty, of)?))),
            #[cfg(not(all(feature = "jit", feature = "libffi")))]
            missing => {
                let _ = (ty, of);
                Err(missing.missing("a callback"))
            }
        }
    }
}

impl std::ops::Deref for Source {
    type Target = dyn Stubs;

    fn deref(&self) -> &(dyn Stubs + 'static) {
        &*self.0
    }
}

// SAFETY: the tables of each engine are what is asked for.
unsafe impl SlotSource for Source {
    type Error = Error;

    fn grow(&self) -> Result<NonNull<u8>> {
        self.0.grow()
    }

    unsafe fn retire(&self, table: NonNull<u8>) -> bool {
        // SAFETY: forwarded to the caller.
        unsafe { self.0.retire(table) }
    }

    unsafe fn revive(&self, table: NonNull<u8>) -> bool {
        // SAFETY: forwarded to the caller.
        unsafe { self.0.revive(table) }
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
