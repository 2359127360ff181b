//! Downcalls: trampolines that call C functions.
#![allow(
    unsafe_code,
    reason = "calling a trampoline is a promise about its target and slots"
)]

use super::trampoline;
use crate::abi::{Abi, CallPlan, Loc, Returning};
use crate::code::Code;
use crate::entry::Convention;
use crate::layout::Layout;
use crate::trampoline::{Form, Results, downcall};
use crate::{Error, Result};
use std::ffi::c_void;
use std::ptr::NonNull;

/// A downcall trampoline: takes a target and slots, and calls the target with the values in them.
///
/// ```
/// # #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))] {
/// use farcall_jit::abi::Abi;
/// use farcall_jit::layout::{Layout, Scalar, Signature};
/// use farcall_jit::trampoline::Form;
/// use farcall_jit::Downcall;
///
/// extern "C" fn add(a: i32, b: i32) -> i32 {
///     a + b
/// }
/// let int = Layout::Scalar(Scalar::I32);
/// let signature = Signature {
///     params: vec![int.clone(), int.clone()],
///     result: Some(int),
///     fixed: None,
/// };
/// let plan = Abi::host()?.plan(&signature)?;
/// let call = Downcall::compile(&plan, Form::Unchecked)?;
/// let slots = [40u64, 2];
/// // SAFETY: `add` has this signature, and there is a slot for each argument.
/// let sum = unsafe {
///     call.invoke(add as *const _, slots.as_ptr().cast(), std::ptr::null_mut(), std::ptr::null_mut())
/// };
/// assert_eq!(sum as i32, 42);
/// # }
/// # Ok::<(), farcall_jit::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Downcall {
    code: Code,
    results: Results,
    /// Whether the result is in memory.
    memory: bool,
    convention: Convention,
}

impl Downcall {
    /// The trampoline for calls that follow `plan`; compiled unless an equal one exists.
    ///
    /// # Errors
    /// - [`Error::Unsupported`]: this process cannot run code of the plan's ABI, or the guards do
    ///   not number the arguments.
    /// - [`Error::Memory`]: executable memory was refused.
    pub fn compile(plan: &CallPlan, form: Form<'_>) -> Result<Self> {
        let convention = Convention::of(plan.abi)?;
        if let Form::Checked(guards) = form
            && guards.len() != plan.params.len()
        {
            return Err(Error::Unsupported {
                what: format!("{} guards", guards.len()),
                why: format!("the call has {} arguments", plan.params.len()),
            });
        }
        let code = trampoline(plan.abi, downcall(plan, form))?;
        Ok(Self {
            code,
            results: Results::of(plan),
            memory: matches!(plan.result, Returning::Memory { .. }),
            convention,
        })
    }

    /// Its code.
    #[must_use]
    pub fn code(self) -> Code {
        self.code
    }

    /// It as a scalar call, if it has the host's convention and no result in two registers or in
    /// memory.
    #[must_use]
    pub fn scalar(self) -> Option<ScalarCall> {
        let host =
            Abi::host().ok().and_then(|abi| Convention::of(abi).ok()) == Some(self.convention);
        let simple = matches!(self.results, Results::None | Results::One(_));
        if !host || !simple || self.memory {
            return None;
        }
        NonNull::new(self.code.entry().cast_mut()).map(ScalarCall)
    }

    /// Calls `target`. Returns the register of a result that has one register, its upper bits
    /// undefined; a result in memory, or in registers otherwise, is written to `result`.
    ///
    /// In the checked form, a pair of the wrong kind writes 1 to `mismatch`; then nothing is called
    /// and what is returned means nothing.
    ///
    /// # Safety
    /// - `target` is a function of the signature that was compiled, sound to call with the values
    ///   in the slots.
    /// - `slots` points to a slot for each argument, in the form that was compiled; a slot holds a
    ///   scalar of at most 8 bytes, extended to 64 bits, or the address of the bytes of anything
    ///   else ([`Layout::is_direct`]).
    /// - If the result is one that a slot has by address, `result` points to writable memory of its size rounded up to a
    ///   multiple of 8, aligned for it and to 8; if it comes in memory, exactly its size suffices.
    /// - In the checked form `mismatch` points to a writable byte.
    #[inline(always)]
    pub unsafe fn invoke(
        self,
        target: *const c_void,
        slots: *const u8,
        result: *mut u64,
        mismatch: *mut u8,
    ) -> u64 {
        let entry = self.code.entry();
        // SAFETY: forwarded to the caller; the code was compiled for this convention and results.
        unsafe {
            self.convention
                .invoke(entry, self.results, target, slots, result, mismatch)
        }
    }
}

/// The one register that a scalar result is taken from, and how its value is completed to 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pick {
    /// The bits of the value in the general-purpose register; 0 if it is not there.
    pub gpr: u64,
    /// The bits of the value in the floating-point register; 0 if it is not there.
    pub fpr: u64,
    /// The sign bit of a signed integer of fewer than 64 bits, otherwise 0.
    pub sign: u64,
}

impl Pick {
    /// For a call whose result, if there is one, is not a scalar in one register.
    pub const NOTHING: Self = Self {
        gpr: 0,
        fpr: 0,
        sign: 0,
    };

    /// How the result of calls by `plan` is picked.
    #[must_use]
    pub fn of(plan: &CallPlan) -> Self {
        let Returning::Moves { layout, moves } = &plan.result else {
            return Self::NOTHING;
        };
        let (Layout::Scalar(scalar), [one], 1..=8) = (layout, &moves[..], layout.size()) else {
            return Self::NOTHING;
        };
        let bits = scalar.size() * 8;
        let mask = u64::MAX >> (64 - bits);
        let sign = if scalar.is_signed() && bits < 64 {
            1 << (bits - 1)
        } else {
            0
        };
        let (gpr, fpr) = match one.loc {
            Loc::Fpr(_) => (0, mask),
            Loc::Gpr(_) | Loc::X87(_) | Loc::Stack(_) => (mask, 0),
        };
        Self { gpr, fpr, sign }
    }

    #[inline(always)]
    const fn apply(&self, gpr: u64, fpr: u64) -> u64 {
        (((gpr & self.gpr) | (fpr & self.fpr)) ^ self.sign).wrapping_sub(self.sign)
    }
}

/// A [`Downcall`] in the host's own convention whose result is a scalar or nothing: the form that a
/// call path calls without a single branch on what kind of call it is.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct ScalarCall(NonNull<u8>);

impl ScalarCall {
    /// One that calls nothing and reports a mismatch.
    #[must_use]
    pub fn refusing() -> Self {
        // SAFETY: a function's address is not null.
        Self(unsafe { NonNull::new_unchecked(scalar::refuse as *mut u8) })
    }

    /// It as an address, to be stored.
    #[must_use]
    pub fn into_raw(self) -> *mut u8 {
        self.0.as_ptr()
    }

    /// The one whose address this is.
    ///
    /// # Safety
    /// `address` came from [`ScalarCall::into_raw`].
    #[must_use]
    #[inline(always)]
    pub unsafe fn from_raw(address: *mut u8) -> Self {
        // SAFETY: forwarded to the caller.
        Self(unsafe { NonNull::new_unchecked(address) })
    }

    /// Calls `target` and picks its result, as [`Downcall::invoke`] does for a scalar.
    ///
    /// # Safety
    /// - As [`Downcall::invoke`].
    /// - `pick` is that of the signature's result.
    #[inline(always)]
    pub unsafe fn invoke(
        self,
        pick: &Pick,
        target: *const c_void,
        slots: *const u8,
        mismatch: *mut u8,
    ) -> u64 {
        // SAFETY: forwarded to the caller.
        unsafe { scalar::invoke(self.0.as_ptr(), pick, target, slots, mismatch) }
    }
}

/// Scalar calls where one C type comes back in both result registers: "the first INTEGER eightbyte
/// in rax, the first SSE eightbyte in xmm0" (System V 3.2.3).
#[cfg(all(target_arch = "x86_64", not(windows)))]
mod scalar {
    use super::{Pick, c_void};

    #[repr(C)]
    pub(super) struct Both(u64, f64);

    type Entry = unsafe extern "C-unwind" fn(*const c_void, *const u8, *mut u64, *mut u8) -> Both;

    /// The trampoline of a call that is not compiled yet.
    pub(super) unsafe extern "C-unwind" fn refuse(
        _: *const c_void,
        _: *const u8,
        _: *mut u64,
        mismatch: *mut u8,
    ) -> Both {
        // SAFETY: the caller of a checked call provides the byte.
        unsafe { mismatch.write(1) };
        Both(0, 0.0)
    }

    #[inline(always)]
    pub(super) unsafe fn invoke(
        entry: *const u8,
        pick: &Pick,
        target: *const c_void,
        slots: *const u8,
        mismatch: *mut u8,
    ) -> u64 {
        // SAFETY: an entry returns in these two registers, one of which is meaningless.
        let entry: Entry = unsafe { std::mem::transmute(entry) };
        // SAFETY: forwarded to the caller.
        let both = unsafe { entry(target, slots, std::ptr::null_mut(), mismatch) };
        pick.apply(both.0, both.1.to_bits())
    }
}

/// Scalar calls where no C type comes back in both result registers.
#[cfg(not(all(target_arch = "x86_64", not(windows))))]
mod scalar {
    use super::{Pick, c_void};

    type Entry<R> = unsafe extern "C-unwind" fn(*const c_void, *const u8, *mut u64, *mut u8) -> R;

    /// The trampoline of a call that is not compiled yet; what it returns is not looked at, and so
    /// serves for a float as well.
    pub(super) unsafe extern "C-unwind" fn refuse(
        _: *const c_void,
        _: *const u8,
        _: *mut u64,
        mismatch: *mut u8,
    ) -> u64 {
        // SAFETY: the caller of a checked call provides the byte.
        unsafe { mismatch.write(1) };
        0
    }

    #[inline(always)]
    pub(super) unsafe fn invoke(
        entry: *const u8,
        pick: &Pick,
        target: *const c_void,
        slots: *const u8,
        mismatch: *mut u8,
    ) -> u64 {
        let unused = std::ptr::null_mut();
        if pick.fpr != 0 {
            // SAFETY: the result is in the floating-point register.
            let entry: Entry<f64> = unsafe { std::mem::transmute(entry) };
            // SAFETY: forwarded to the caller.
            return pick.apply(
                0,
                unsafe { entry(target, slots, unused, mismatch) }.to_bits(),
            );
        }
        // SAFETY: the result is in the general-purpose register, or there is none.
        let entry: Entry<u64> = unsafe { std::mem::transmute(entry) };
        // SAFETY: forwarded to the caller.
        pick.apply(unsafe { entry(target, slots, unused, mismatch) }, 0)
    }
}
