//! The shortest ways into generated code: a scalar result, the host's own convention.
//!
//! Guarantee: what is called here was compiled for the type of the function that holds it.
#![allow(
    unsafe_code,
    reason = "calling a trampoline is a promise about its target and slots"
)]

use crate::backend::Prepared;
use crate::types::FnType;
use crate::value::Value;
use farcall_jit::{Pick, ScalarCall};
use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The trampolines of one function, where it can be called without asking what kind it is.
pub(super) struct Fast {
    /// The checked form; until it is compiled, one that refuses every call.
    checked: AtomicPtr<u8>,
    arity: usize,
    unchecked: Option<ScalarCall>,
    pick: Pick,
}

impl Fast {
    pub(super) fn new(prepared: Option<Prepared>, ty: FnType) -> Self {
        let jit = prepared.and_then(Prepared::jit);
        Self {
            checked: AtomicPtr::new(ScalarCall::refusing().into_raw()),
            arity: ty.params().len(),
            unchecked: jit.and_then(|jit| jit.scalar()),
            pick: jit.map_or(Pick::NOTHING, |jit| jit.pick()),
        }
    }

    /// Compiles the checked form, unless there is one.
    pub(super) fn warm(&self, prepared: Prepared, ty: FnType) {
        let refusing = ScalarCall::refusing().into_raw();
        if self.unchecked.is_none() || self.checked.load(Ordering::Relaxed) != refusing {
            return;
        }
        let checked = prepared
            .jit()
            .and_then(|jit| jit.checked(ty))
            .and_then(|call| call.scalar());
        if let Some(checked) = checked {
            self.checked.store(checked.into_raw(), Ordering::Release);
        }
    }

    /// The bits of the result, if the arguments are of exactly the declared kinds and this way is
    /// open; otherwise nothing was called.
    ///
    /// # Safety
    /// `target` is the function that this was made for, sound to call with these values.
    #[inline(always)]
    pub(super) unsafe fn call_values(
        &self,
        target: *const c_void,
        arguments: &[Value<'_>],
    ) -> Option<u64> {
        if arguments.len() != self.arity {
            return None;
        }
        // SAFETY: only scalar calls are stored.
        let checked = unsafe { ScalarCall::from_raw(self.checked.load(Ordering::Acquire)) };
        let mut mismatch = 0;
        let slots = arguments.as_ptr().cast();
        // SAFETY: a value is a pair of kind and slot, and there is one for each parameter; the rest
        // is forwarded to the caller.
        let bits = unsafe { checked.invoke(&self.pick, target, slots, &raw mut mismatch) };
        (mismatch == 0).then_some(bits)
    }

    /// Compiles the checked form for another type, for which `prepared` was made, unless there is
    /// one or [`Fast::call_prepared`] has no use for it.
    pub(super) fn warm_prepared(prepared: Prepared, ty: FnType) {
        if let Some(jit) = prepared.jit().filter(|jit| jit.scalar().is_some()) {
            let _ = jit.checked(ty);
        }
    }

    /// As [`Fast::call_values`] for another type, for which `prepared` was made.
    ///
    /// # Safety
    /// `target` is a function of type `ty`, sound to call with these values, of which there is one
    /// for each parameter.
    pub(super) unsafe fn call_prepared(
        prepared: Prepared,
        ty: FnType,
        target: *const c_void,
        arguments: &[Value<'_>],
    ) -> Option<u64> {
        let jit = prepared.jit()?;
        // A record in a register is no scalar.
        jit.scalar()?;
        let checked = jit.checked(ty)?.scalar()?;
        let mut mismatch = 0;
        let slots = arguments.as_ptr().cast();
        // SAFETY: a value is a pair of kind and slot; the rest is forwarded to the caller.
        let bits = unsafe { checked.invoke(&jit.pick(), target, slots, &raw mut mismatch) };
        (mismatch == 0).then_some(bits)
    }

    /// The bits of the result, if this way is open; otherwise nothing was called.
    ///
    /// # Safety
    /// - As [`Fast::call_values`].
    /// - `slots` has a slot for each parameter.
    #[inline(always)]
    pub(super) unsafe fn call_slots(
        &self,
        target: *const c_void,
        slots: *const u64,
    ) -> Option<u64> {
        let call = self.unchecked?;
        // SAFETY: forwarded to the caller; the unchecked form reports no mismatch.
        Some(unsafe { call.invoke(&self.pick, target, slots.cast(), std::ptr::null_mut()) })
    }
}

impl Clone for Fast {
    fn clone(&self) -> Self {
        Self {
            checked: AtomicPtr::new(self.checked.load(Ordering::Acquire)),
            ..*self
        }
    }
}
