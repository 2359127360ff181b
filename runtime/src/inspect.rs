//! What generated code is made from, stage by stage, for tools that show it.
//!
//! Unstable: it follows the code generator, which may change in every release. The stages are
//! values that print, of the crate that is re-exported as [`jit`]:
//!
//! ```
//! # #[cfg(target_arch = "x86_64")] {
//! use farcall::FnType;
//! use farcall::inspect::{self, jit};
//!
//! let pow = FnType::parse("double pow(double x, double y)")?;
//! let plan = inspect::abi(pow)?.plan(&inspect::signature(pow)?)?;
//! let ops = jit::trampoline::downcall(&plan, jit::trampoline::Form::Unchecked);
//! let code = jit::encode(&ops, plan.abi)?;
//! assert!(!code.is_empty());
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

use crate::backend;
use crate::error::Result;
use crate::types::FnType;
use farcall_jit::abi::Abi;
use farcall_jit::layout::Signature;
use farcall_jit::trampoline::Guard;

pub use farcall_jit as jit;

/// The layouts of the parameters and of the result.
///
/// # Errors
/// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if one of them is larger than what can be
/// passed by value.
pub fn signature(ty: FnType) -> Result<Signature> {
    backend::jit::signature(ty)
}

/// The convention that calls of this type follow here.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if this platform's is not known.
pub fn abi(ty: FnType) -> Result<&'static Abi> {
    backend::jit::abi(ty.call_conv())
}

/// What the checked form of a call demands of each argument.
#[must_use]
pub fn guards(ty: FnType) -> Vec<Guard> {
    backend::jit::guards(ty).unwrap_or_default()
}
