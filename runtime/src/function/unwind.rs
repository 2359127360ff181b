//! Who lets exceptions pass, and what stops them.
//!
//! Guarantee: an exception passes only over calls that say so and that can be unwound.
#![forbid(unsafe_code)]

use crate::backend::Prepared;
use crate::error::{ErrorKind, Result};
use crate::types::FnType;

/// Aborts the process when it is dropped by an exception that unwinds: only
/// [`Function::call_unwind`](super::Function::call_unwind) lets exceptions pass.
struct AbortOnUnwind;

impl Drop for AbortOnUnwind {
    #[cold]
    fn drop(&mut self) {
        eprintln!("farcall: an exception left a C function; use call_unwind to let it pass");
        std::process::abort();
    }
}

/// What `call` returns; an exception that leaves it aborts the process.
#[inline(always)]
pub(super) fn no_unwind<T>(call: impl FnOnce() -> T) -> T {
    let guard = AbortOnUnwind;
    let result = call();
    std::mem::forget(guard);
    result
}

/// Whether exceptions can pass over calls of functions of type `ty` through `engine`.
pub(super) fn check(engine: Prepared, ty: FnType) -> Result<()> {
    if engine.unwinds(ty) {
        return Ok(());
    }
    let (conv, engine) = (ty.call_conv(), engine.engine());
    let why = "it has no unwind tables for them; use another engine, or another call if nothing \
               is raised";
    Err(ErrorKind::Unsupported {
        what: format!("letting exceptions pass over a {conv:?} call through {engine}"),
        why: why.to_owned(),
    }
    .into())
}
