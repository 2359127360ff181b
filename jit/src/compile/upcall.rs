//! Upcalls: trampolines that C calls, and what their handlers are given.
#![forbid(unsafe_code)]

use super::trampoline;
use crate::abi::CallPlan;
use crate::code::Code;
use crate::entry::Convention;
use crate::trampoline::upcall;
use crate::{Error, Result};

/// An upcall trampoline: entered by the stub of a callback, it lays the arguments out in memory and
/// calls the handler.
///
/// The first word of a callback's record is the [`entry`](Self::entry) of the trampoline, the
/// second the address of the handler: a function with the convention of the plan, of which
/// `extern "C"` is only the host's own. On x86-64 this is
///
/// | plan | handler |
/// |---|---|
/// | System V x86-64 | `unsafe extern "sysv64" fn(record: *mut u8, values: *const Pair, result: *mut u8)` |
/// | Windows x64 | `unsafe extern "win64" fn(record: *mut u8, values: *const Pair, result: *mut u8)` |
///
/// On AArch64 it is `extern "C"` for every plan.
///
/// - `record` is the address that the stub passed.
/// - `values` are as many [`Pair`]s as the call has arguments, of the kinds that were compiled.
///   They and all that they point to may be read, and written, until the handler returns.
/// - To `result` the handler writes what the call returns: a scalar of at most 8 bytes extended to 64
///   bits (a float in the lowest bytes), or the bytes of anything else, and nothing beyond its size.
///   Without a result it need not be written to.
/// - The handler does not unwind.
///
/// ```
/// # #[cfg(target_arch = "x86_64")] {
/// use farcall_jit::abi::SYSV_X64;
/// use farcall_jit::layout::{Layout, Scalar, Signature};
/// use farcall_jit::Upcall;
///
/// let signature = Signature {
///     params: vec![Layout::Scalar(Scalar::I8), Layout::Scalar(Scalar::F64)],
///     result: Some(Layout::Scalar(Scalar::I32)),
///     fixed: None,
/// };
/// let plan = SYSV_X64.plan(&signature)?;
/// let one = Upcall::compile(&plan, &[1, 2])?;
/// assert_eq!(one.entry(), Upcall::compile(&plan, &[1, 2])?.entry());
/// assert_ne!(one.entry(), Upcall::compile(&plan, &[1, 3])?.entry());
/// # }
/// # Ok::<(), farcall_jit::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Upcall {
    code: Code,
}

impl Upcall {
    /// The trampoline for callbacks that are called by `plan` and whose arguments have these kinds;
    /// compiled unless an equal one exists.
    ///
    /// # Errors
    /// - [`Error::Unsupported`]: this process cannot run code of the plan's ABI, or the kinds do not
    ///   number the arguments.
    /// - [`Error::TooLarge`]: the arguments are so many that their code is too long.
    /// - [`Error::Memory`]: executable memory was refused.
    pub fn compile(plan: &CallPlan, kinds: &[u32]) -> Result<Self> {
        Convention::of(plan.abi)?;
        if kinds.len() != plan.params.len() {
            return Err(Error::Unsupported {
                what: format!("{} kinds", kinds.len()),
                why: format!("the call has {} arguments", plan.params.len()),
            });
        }
        let code = trampoline(plan.abi, upcall(plan, kinds))?;
        Ok(Self { code })
    }

    /// Its code.
    #[must_use]
    pub fn code(self) -> Code {
        self.code
    }

    /// The address that goes into the first word of a record.
    #[must_use]
    pub fn entry(self) -> *const u8 {
        self.code.entry()
    }
}

/// An argument as the handler of an [`Upcall`] gets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Pair {
    /// The kind that was compiled for this argument.
    pub kind: u32,
    /// A scalar of at most 8 bytes extended to 64 bits (above a narrow float there is 0), or the
    /// address of the bytes of anything else. They are aligned as the ABI has the caller align them: on Windows to 16
    /// at most, whatever the record's own alignment.
    pub slot: u64,
}
