//! From a plan to code that can be called.
//!
//! Guarantee: one trampoline is compiled for each list of operations of an ABI, whatever the
//! number of signatures and functions that lower to it, and lives as long as the program. The call
//! path takes no lock: who calls holds the trampoline itself.

mod downcall;
mod upcall;

pub use downcall::{Downcall, Pick, ScalarCall};
pub use upcall::{Pair, Upcall};

use crate::Result;
use crate::abi::{Abi, Arch};
use crate::code::{self, Code};
use crate::trampoline::Op;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{LazyLock, Mutex, PoisonError};

// Tables lay out what the operations of a stub reach; neither module knows the other.
const _: () = assert!(code::stubs::STRIDE == crate::trampoline::stub::STRIDE as usize);

/// Every trampoline, by the name of its ABI and its operations.
type Trampolines = HashMap<(&'static str, Box<[Op]>), Code>;

static TRAMPOLINES: LazyLock<Mutex<Trampolines>> = LazyLock::new(Mutex::default);

fn trampoline(abi: &'static Abi, ops: Vec<Op>) -> Result<Code> {
    let key = (abi.name, ops.into_boxed_slice());
    // A child must not inherit the lock of a thread that it does not have.
    code::held_off(|| {
        let mut known = TRAMPOLINES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = known.get(&key) {
            return Ok(*code);
        }
        let (bytes, frame) = encode_framed(&key.1, abi)?;
        let code = code::arena().publish_framed(&bytes, frame)?;
        known.insert(key, code);
        Ok(code)
    })
}

/// The code for operations that were lowered for `abi`, by the encoder of its architecture.
///
/// # Errors
/// [`Error::Unsupported`](crate::Error::Unsupported) if that encoder is not built here.
pub fn encode(ops: &[Op], abi: &Abi) -> Result<Vec<u8>> {
    match abi.arch {
        #[cfg(any(target_arch = "x86_64", feature = "x64"))]
        Arch::X64 => crate::x64::encode(ops, abi),
        Arch::A64 => crate::a64::encode(ops),
        #[cfg(not(any(target_arch = "x86_64", feature = "x64")))]
        Arch::X64 => Err(crate::Error::Unsupported {
            what: format!("encoding {} operations for {}", ops.len(), abi.name),
            why: "the encoder is not part of this build".to_owned(),
        }),
    }
}

/// As [`encode`], and which of the bytes have a frame, where unwinders need to know it.
fn encode_framed(ops: &[Op], abi: &Abi) -> Result<(Vec<u8>, Option<Range<usize>>)> {
    match abi.arch {
        #[cfg(any(target_arch = "x86_64", feature = "x64"))]
        crate::abi::Arch::X64 => crate::x64::encode_framed(ops, abi),
        _ => Ok((encode(ops, abi)?, None)),
    }
}

/// How many trampolines there are, and how many bytes of code they have.
#[must_use]
pub fn compiled() -> (usize, usize) {
    code::held_off(|| {
        let known = TRAMPOLINES.lock().unwrap_or_else(PoisonError::into_inner);
        (known.len(), known.values().map(|code| code.len()).sum())
    })
}
