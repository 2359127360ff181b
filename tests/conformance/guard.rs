//! Calls a trampoline with marks in every register that it must preserve.
#![allow(unsafe_code, reason = "trampolines are called by hand")]

use crate::ctype::CType;
use crate::lower;
use crate::preserved::names;
use farcall::CallConv;
use farcall_jit::Downcall;
use farcall_jit::layout::{self, Signature};
use farcall_jit::trampoline::{Form, Results};
use std::ffi::c_void;

#[cfg(target_arch = "aarch64")]
#[path = "guard/a64.rs"]
mod machine;
#[cfg(target_arch = "x86_64")]
#[path = "guard/x64.rs"]
mod machine;

/// Calls the entry as the trampoline `entry(target, slots, result, 0)` with marks in every register
/// that it must preserve, writes the two general-purpose and then the two floating-point registers
/// of results to `registers`, and returns a bit for each preserved register that changed. The stack
/// is aligned at the call.
type Guard = unsafe extern "C" fn(
    entry: *const u8,
    target: *const c_void,
    slots: *const u64,
    result: *mut u8,
    registers: *mut [u64; 4],
) -> u32;

/// A trampoline for a signature of a case, compiled without the library in between.
pub(crate) struct Bare {
    call: Downcall,
    guard: Guard,
    /// The registers of the result, as indices of what the guard writes.
    results: Vec<usize>,
}

impl Bare {
    pub(crate) fn new(
        params: &[CType],
        result: Option<&CType>,
        named: Option<usize>,
        conv: CallConv,
    ) -> farcall_jit::Result<Self> {
        let (abi, guard) = machine::of(conv);
        let signature = Signature {
            params: params.iter().map(lower::layout).collect(),
            result: result.map(lower::layout),
            fixed: named,
        };
        let plan = abi.plan(&signature)?;
        let (mut gprs, mut fprs) = ([0, 1].into_iter(), [2, 3].into_iter());
        let mut next = |bank| match bank {
            layout::Bank::Gpr => gprs.next().unwrap_or(0),
            layout::Bank::Fpr | layout::Bank::X87 => fprs.next().unwrap_or(2),
        };
        let results = match Results::of(&plan) {
            Results::None | Results::Stored => Vec::new(),
            Results::One(bank) => vec![next(bank)],
            Results::Two(one, two) => vec![next(one), next(two)],
        };
        let call = Downcall::compile(&plan, Form::Unchecked)?;
        Ok(Self {
            call,
            guard,
            results,
        })
    }

    /// Calls `target`; returns the names of the registers that were not preserved, and the result
    /// if it came in registers.
    ///
    /// # Safety
    /// As [`Downcall::invoke`].
    pub(crate) unsafe fn call(
        &self,
        target: *const c_void,
        slots: &[u64],
        result: *mut u8,
    ) -> (Vec<&'static str>, Vec<u8>) {
        let mut registers = [0; 4];
        let entry = self.call.code().entry();
        // SAFETY: forwarded to the caller.
        let lost =
            unsafe { (self.guard)(entry, target, slots.as_ptr(), result, &raw mut registers) };
        let words = self
            .results
            .iter()
            .flat_map(|index| registers[*index].to_le_bytes());
        (names(lost), words.collect())
    }
}

/// Runs `call` with marks in the registers that a C function must preserve; returns the names of
/// those that changed.
pub(crate) fn preserved(mut call: impl FnMut()) -> Vec<&'static str> {
    unsafe extern "C" fn run(call: *mut &mut dyn FnMut(), _: u64, _: u64, _: u64) {
        // SAFETY: the address that is given to the guard below.
        unsafe { (*call)() };
    }
    let mut call: &mut dyn FnMut() = &mut call;
    let (context, mut registers) = ((&raw mut call).cast(), [0; 4]);
    let (entry, none) = (run as *const u8, std::ptr::null());
    // SAFETY: the guard passes the context on as the first argument, and the others are unused.
    let lost = unsafe {
        machine::HOST(
            entry,
            context,
            none,
            std::ptr::null_mut(),
            &raw mut registers,
        )
    };
    names(lost)
}
