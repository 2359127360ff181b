//! Calls with values whose types are known at run time only.
//!
//! Guarantee: as in [`call`](super::call); a call whose kinds are those of one before takes the
//! shortest way into generated code.
#![allow(
    unsafe_code,
    reason = "a call is a promise about the function's declaration"
)]

use super::unwind::{Unwind, collecting, collecting_unwind};
use super::{Function, check};
use crate::Errno;
#[cfg(windows)]
use crate::LastError;
#[cfg(doc)]
use crate::backend::Prepared;
use crate::errno::Capture;
#[cfg(doc)]
use crate::error::ErrorKind;
use crate::error::Result;
#[cfg(doc)]
use crate::library::Library;
#[cfg(doc)]
use crate::types::CallConv;
use crate::types::FnType;
use crate::value::{OwnedValue, Value};

impl Function {
    /// Calls it with values whose kinds are compared with the declaration in each call. Integers
    /// are accepted in any width where they fit; nothing else is converted.
    ///
    /// A variadic function takes extra values, up to [`FnType::MAX_PARAMS`] in all, which are passed
    /// as what they are by the rules of [`Function::call`]. A host that knows their types before
    /// the call gives them to [`Function::with_extra`], and has them checked.
    ///
    /// # Safety
    /// As [`Function::call`].
    ///
    /// # Errors
    /// Nothing was called if it returns one.
    /// - [`ErrorKind::Arity`]: another number of arguments.
    /// - [`ErrorKind::Argument`]: a value of the wrong kind.
    /// - [`ErrorKind::Range`]: an integer that the declared type does not hold.
    /// - [`ErrorKind::Null`]: null where the declaration forbids it.
    /// - [`ErrorKind::Unsupported`]: this program was built without an engine, or its engine cannot
    ///   pass an extra argument.
    /// - [`ErrorKind::TooLarge`], [`ErrorKind::Memory`]: as [`Library::function`] for the extra
    ///   arguments of a call.
    #[inline]
    pub unsafe fn call_values(&self, arguments: &[Value<'_>]) -> Result<OwnedValue> {
        collecting(|| {
            // SAFETY: forwarded to the caller.
            if let Some(result) = unsafe { self.call_fast(arguments) } {
                return Ok(result);
            }
            // SAFETY: forwarded to the caller.
            unsafe { self.call_slowly(arguments, Capture::Nothing, Unwind::Forbidden) }
        })?
    }

    /// Calls it as [`Function::call_values`] does and returns what it left in `errno`, which is 0
    /// before the call.
    ///
    /// # Safety
    /// As [`Function::call`].
    ///
    /// # Errors
    /// As [`Function::call_values`].
    pub unsafe fn call_values_errno(&self, arguments: &[Value<'_>]) -> Result<(OwnedValue, Errno)> {
        let mut errno = Errno(0);
        // SAFETY: forwarded to the caller.
        let result = collecting(|| unsafe {
            self.call_slowly(arguments, Capture::Errno(&mut errno), Unwind::Forbidden)
        })??;
        Ok((result, errno))
    }

    /// Calls it as [`Function::call_values`] does and returns what it left for `GetLastError`, which
    /// is 0 before the call. On Windows only.
    ///
    /// # Safety
    /// As [`Function::call`].
    ///
    /// # Errors
    /// As [`Function::call_values`].
    #[cfg(windows)]
    pub unsafe fn call_values_last_error(
        &self,
        arguments: &[Value<'_>],
    ) -> Result<(OwnedValue, LastError)> {
        let mut error = LastError(0);
        // SAFETY: forwarded to the caller.
        let result = collecting(|| unsafe {
            let capture = Capture::LastError(&mut error);
            self.call_slowly(arguments, capture, Unwind::Forbidden)
        })??;
        Ok((result, error))
    }

    /// Calls it as [`Function::call_values`] does, and lets a C++ exception or a panic that it
    /// raises pass; with the other calls that aborts the process. `longjmp` may pass over the
    /// call too, if its result is no record and no Rust frame outside has something to drop.
    ///
    /// # Safety
    /// As [`Function::call`].
    ///
    /// # Errors
    /// As [`Function::call_values`], and [`ErrorKind::Unsupported`] if the engine's calls of this
    /// convention cannot be unwound, which is so with libffi and [`CallConv::Win64`] on Unix.
    #[inline]
    pub unsafe fn call_unwind(&self, arguments: &[Value<'_>]) -> Result<OwnedValue> {
        collecting_unwind(|| {
            // SAFETY: forwarded to the caller.
            if let Some(result) = unsafe { self.call_fast(arguments) } {
                return Ok(result);
            }
            // SAFETY: forwarded to the caller.
            unsafe { self.call_slowly(arguments, Capture::Nothing, Unwind::Allowed) }
        })?
    }

    #[inline(always)]
    unsafe fn call_fast(&self, arguments: &[Value<'_>]) -> Option<OwnedValue> {
        // SAFETY: forwarded to the caller.
        match unsafe { self.fast.call_values(self.target, arguments) } {
            Some(bits) => Some(OwnedValue::scalar(self.result, bits)),
            // SAFETY: as above.
            None => unsafe { self.call_extra(arguments) },
        }
    }

    /// A call in full: every argument is fitted to its parameter, then the engine is called.
    #[cold]
    unsafe fn call_slowly(
        &self,
        arguments: &[Value<'_>],
        capture: Capture<'_>,
        unwind: Unwind,
    ) -> Result<OwnedValue> {
        if arguments.len() <= 16 {
            // SAFETY: forwarded to the caller.
            return unsafe { self.call_fitted::<16>(arguments, capture, unwind) };
        }
        // SAFETY: forwarded to the caller.
        unsafe { self.call_fitted::<{ FnType::MAX_PARAMS }>(arguments, capture, unwind) }
    }

    /// As [`Function::call_slowly`], for at most `N` arguments.
    unsafe fn call_fitted<const N: usize>(
        &self,
        arguments: &[Value<'_>],
        capture: Capture<'_>,
        unwind: Unwind,
    ) -> Result<OwnedValue> {
        let blame = |error| self.blame(error);
        let mut engine = self.require_engine()?;
        unwind.check(engine, self.ty).map_err(blame)?;
        let (mut slots, mut room) = ([0; N], [0; N]);
        check::values(self.ty, arguments, &mut slots, &mut room).map_err(blame)?;
        match arguments.get(self.ty.params().len()..) {
            None | Some([]) => self.fast.warm(engine, self.ty),
            Some(extra) => {
                engine = self.engine_for_values(extra).map_err(blame)?;
                unwind.check(engine, self.ty).map_err(blame)?;
            }
        }
        let mut result = OwnedValue::zero(self.result);
        let place = result.memory();
        capture.before();
        // SAFETY: there is a fitted slot for each parameter, and memory for a record; the rest is
        // forwarded to the caller.
        let bits = unsafe { engine.call(self.target, slots.as_ptr(), place) };
        capture.after();
        if place.is_null() {
            result = OwnedValue::scalar(self.result, self.extend.apply(bits));
        }
        Ok(result)
    }

    /// Calls it with filled slots, if its result is a scalar and generated code is its engine.
    ///
    /// # Safety
    /// As [`Prepared::call`].
    #[inline(always)]
    pub(crate) unsafe fn call_scalar(&self, slots: *const u64) -> Result<Option<u64>> {
        // SAFETY: forwarded to the caller.
        collecting(|| unsafe { self.fast.call_slots(self.target, slots) })
    }

    /// Calls it with filled slots; a result that is not direct is written to `result`.
    ///
    /// # Safety
    /// As [`Prepared::call`].
    pub(crate) unsafe fn call_slots(&self, slots: *const u64, result: *mut u64) -> Result<u64> {
        let engine = self.require_engine()?;
        // SAFETY: forwarded to the caller.
        let bits = collecting(|| unsafe { engine.call(self.target, slots, result) })?;
        Ok(self.extend.apply(bits))
    }
}
