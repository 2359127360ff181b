//! What happens on the way out of a call besides returning.
//!
//! Guarantee: an exception passes only over calls that say so and that can be unwound; a failure of
//! a closure that C called under a call comes out of that call.
#![forbid(unsafe_code)]

use crate::backend::Prepared;
use crate::callback::{Collecting, Place, collect};
use crate::convert::Around;
use crate::errno::Capture;
use crate::error::{Error, ErrorKind, Result};
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

/// What `call` returns, which calls C. If a closure that C called under it failed, that failure
/// comes out instead: the panic goes on, the error is returned. An exception aborts the process.
#[inline(always)]
pub(super) fn collecting<T>(call: impl FnOnce() -> T) -> Result<T> {
    let place = Place::uninit();
    let frame = Collecting::begin(&place);
    let result = no_unwind(call);
    if frame.end() {
        failed(&place)?;
    }
    Ok(result)
}

/// [`collecting`] around a call.
pub(super) struct Collect;

impl Around<Error> for Collect {
    #[inline(always)]
    fn around<T>(self, call: impl FnOnce() -> T) -> Result<T> {
        collecting(call)
    }
}

/// [`collecting`] around a call about which something is learnt.
pub(super) struct CollectWith<'c>(pub(super) Capture<'c>);

impl Around<Error> for CollectWith<'_> {
    #[inline(always)]
    fn around<T>(self, call: impl FnOnce() -> T) -> Result<T> {
        collecting(|| {
            self.0.before();
            let result = call();
            self.0.after();
            result
        })
    }
}

/// As [`collecting`], for a call that an exception may leave.
#[inline(always)]
pub(super) fn collecting_unwind<T>(call: impl FnOnce() -> T) -> Result<T> {
    /// Ends the call when an exception leaves it.
    struct End<'p>(Collecting, &'p Place);

    impl Drop for End<'_> {
        #[cold]
        fn drop(&mut self) {
            self.0.end_by_exception(self.1);
        }
    }

    let place = Place::uninit();
    let frame = End(Collecting::begin(&place), &place);
    let result = call();
    let waits = frame.0.end();
    std::mem::forget(frame);
    if waits {
        failed(&place)?;
    }
    Ok(result)
}

#[cold]
fn failed(place: &Place) -> Result<()> {
    match collect(place) {
        Some(failure) => Err(failure.resume()),
        None => Ok(()),
    }
}

/// Whether a call lets exceptions pass.
#[derive(Clone, Copy)]
pub(super) enum Unwind {
    /// They end the process.
    Forbidden,
    /// They pass.
    Allowed,
}

impl Unwind {
    /// Whether calls of functions of type `ty` through `engine` can do that.
    pub(super) fn check(self, engine: Prepared, ty: FnType) -> Result<()> {
        match self {
            Self::Allowed if !engine.unwinds(ty) => Err(refusal(engine, ty)),
            Self::Allowed | Self::Forbidden => Ok(()),
        }
    }
}

fn refusal(engine: Prepared, ty: FnType) -> crate::Error {
    let (conv, engine) = (ty.call_conv(), engine.engine());
    let why = "it has no unwind tables for them; use another engine, or another call if nothing \
               is raised";
    ErrorKind::Unsupported {
        what: format!("letting exceptions pass over a {conv:?} call through {engine}"),
        why: why.to_owned(),
    }
    .into()
}
