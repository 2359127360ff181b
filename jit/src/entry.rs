//! Compiled code is called in the convention that it was compiled for.
//!
//! Guarantee: a [`Convention`] exists only for code that this process can run; code is called with
//! a Rust type for its result that comes back in the registers of the plan.
#![allow(unsafe_code, reason = "calling code is a promise about what it is")]

use crate::abi::Abi;
use crate::layout::Bank;
use crate::trampoline::Results;
use crate::{Error, Result};
use std::ffi::c_void;

/// The convention in which a trampoline is itself called: that of its plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Convention {
    #[cfg(target_arch = "x86_64")]
    SysV,
    #[cfg(target_arch = "x86_64")]
    Win64,
    /// All of the architecture: they differ in nothing that addresses and results in registers see.
    #[cfg(target_arch = "aarch64")]
    Arm64,
}

impl Convention {
    /// The convention of code for `abi`, if this process can run it.
    pub(crate) fn of(abi: &Abi) -> Result<Self> {
        if abi.is_native() {
            Ok(Self::native(abi))
        } else {
            Err(Error::foreign(abi))
        }
    }

    #[cfg(target_arch = "x86_64")]
    const fn native(abi: &Abi) -> Self {
        if abi.positional {
            Self::Win64
        } else {
            Self::SysV
        }
    }

    #[cfg(target_arch = "aarch64")]
    const fn native(_: &Abi) -> Self {
        Self::Arm64
    }

    /// See [`crate::Downcall::invoke`].
    ///
    /// # Safety
    /// - `entry` is a trampoline of this convention that returns in the registers `results`.
    /// - As [`crate::Downcall::invoke`].
    #[inline(always)]
    pub(crate) unsafe fn invoke(
        self,
        entry: *const u8,
        results: Results,
        target: *const c_void,
        slots: *const u8,
        result: *mut u64,
        mismatch: *mut u8,
    ) -> u64 {
        match self {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: forwarded to the caller.
            Self::SysV => unsafe { sysv::invoke(entry, results, target, slots, result, mismatch) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: forwarded to the caller.
            Self::Win64 => unsafe {
                win64::invoke(entry, results, target, slots, result, mismatch)
            },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: forwarded to the caller.
            Self::Arm64 => unsafe {
                arm64::invoke(entry, results, target, slots, result, mismatch)
            },
        }
    }
}

/// Calls an entry whose convention is `$abi` by the registers that its result comes in.
macro_rules! entries {
    ($module:ident, $abi:literal) => {
        mod $module {
            use super::{Bank, Results, c_void};

            type Entry<R> = unsafe extern $abi fn(*const c_void, *const u8, *mut u64, *mut u8) -> R;

            #[repr(C)]
            struct Pair<A, B>(A, B);

            #[inline(always)]
            pub(super) unsafe fn invoke(
                entry: *const u8,
                results: Results,
                target: *const c_void,
                slots: *const u8,
                result: *mut u64,
                mismatch: *mut u8,
            ) -> u64 {
                macro_rules! call {
                    ($result:ty) => {{
                        // SAFETY: the entry is code that returns in the registers of this type.
                        let entry: Entry<$result> = unsafe { std::mem::transmute(entry) };
                        // SAFETY: forwarded to the caller.
                        unsafe { entry(target, slots, result, mismatch) }
                    }};
                }
                macro_rules! pair {
                    ($a:ty, $b:ty) => {{
                        let pair = call!(Pair<$a, $b>);
                        // SAFETY: the caller provides 16 aligned bytes for two registers.
                        unsafe { result.cast::<Pair<$a, $b>>().write(pair) };
                        0
                    }};
                }
                match results {
                    Results::One(Bank::Gpr) => call!(u64),
                    Results::One(Bank::Fpr) => call!(f64).to_bits(),
                    // None of these is of the x87.
                    Results::None
                    | Results::Stored
                    | Results::One(Bank::X87)
                    | Results::Two(Bank::X87, _)
                    | Results::Two(_, Bank::X87) => {
                        call!(());
                        0
                    }
                    Results::Two(Bank::Gpr, Bank::Gpr) => pair!(u64, u64),
                    Results::Two(Bank::Gpr, Bank::Fpr) => pair!(u64, f64),
                    Results::Two(Bank::Fpr, Bank::Gpr) => pair!(f64, u64),
                    Results::Two(Bank::Fpr, Bank::Fpr) => pair!(f64, f64),
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
entries!(sysv, "sysv64-unwind");
#[cfg(target_arch = "x86_64")]
entries!(win64, "win64-unwind");
#[cfg(target_arch = "aarch64")]
entries!(arm64, "C-unwind");
