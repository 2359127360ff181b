//! Closures over values whose types are known at run time only.
//!
//! Guarantee: what a closure returns reaches C only as a value of the declared result type.
#![allow(
    unsafe_code,
    reason = "a closure is reached through the head of its block"
)]

use super::block::{Block, Head};
use super::failure::{Outcome, catching};
use super::family::Family;
use crate::error::{ErrorKind, Position, Result};
use crate::types::Type;
use crate::value::{OwnedValue, Value, fit};
use std::sync::Arc;

/// What a closure over values may return: `()`, whatever a [`Value`] can be made from, an
/// [`OwnedValue`], or a `Result` of these.
#[diagnostic::on_unimplemented(
    message = "a callback cannot return `{Self}` to C",
    label = "expected `()`, a number, `bool`, pointer or `Value`, an `OwnedValue`, or a `Result` of these",
    note = "return a record as an `OwnedValue`"
)]
pub trait Returns {
    /// Lends it as a value.
    #[doc(hidden)]
    fn lend<T>(self, take: impl FnOnce(Value<'_>) -> Result<T>) -> Result<T>;
}

impl Returns for () {
    fn lend<T>(self, take: impl FnOnce(Value<'_>) -> Result<T>) -> Result<T> {
        take(Value::VOID)
    }
}

impl<V: Into<Value<'static>>> Returns for V {
    #[inline]
    fn lend<T>(self, take: impl FnOnce(Value<'_>) -> Result<T>) -> Result<T> {
        take(self.into())
    }
}

impl Returns for OwnedValue {
    fn lend<T>(self, take: impl FnOnce(Value<'_>) -> Result<T>) -> Result<T> {
        take(self.as_value())
    }
}

impl<R: Returns, E: Into<Box<dyn std::error::Error + Send + Sync>>> Returns for Result<R, E> {
    #[inline]
    fn lend<T>(self, take: impl FnOnce(Value<'_>) -> Result<T>) -> Result<T> {
        match self {
            Ok(value) => value.lend(take),
            Err(error) => Err(ErrorKind::Callback(Arc::from(error.into())).into()),
        }
    }
}

/// See [`Call`](super::block::Call).
pub(super) unsafe fn call<Fun, R: Returns>(
    head: *mut Head,
    values: *const Value<'static>,
    result: *mut u8,
) -> Outcome
where
    Fun: Fn(&[Value<'_>]) -> R,
{
    // SAFETY: the caller is inside, and the block holds this closure.
    let closure = unsafe { &(*head.cast::<Block<Fun>>()).closure };
    // SAFETY: forwarded to the caller.
    unsafe { run(closure, head, values, result) }
}

/// See [`Call`](super::block::Call).
pub(super) unsafe fn call_once<Fun, R: Returns>(
    head: *mut Head,
    values: *const Value<'static>,
    result: *mut u8,
) -> Outcome
where
    Fun: FnMut(&[Value<'_>]) -> R,
{
    // SAFETY: the caller is inside, alone, and the block holds this closure.
    let closure = unsafe { &mut (*head.cast::<Block<Fun>>()).closure };
    // SAFETY: forwarded to the caller.
    unsafe { run(closure, head, values, result) }
}

#[inline(always)]
unsafe fn run<R: Returns>(
    closure: impl FnOnce(&[Value<'_>]) -> R,
    head: *const Head,
    values: *const Value<'static>,
    result: *mut u8,
) -> Outcome {
    // SAFETY: the caller is inside, so the block is alive.
    let family = unsafe { (*head).family };
    // SAFETY: forwarded to the caller.
    let values = unsafe { arguments(family, values) };
    catching(|| {
        closure(values).lend(|value| {
            // SAFETY: forwarded to the caller.
            unsafe { give(family, value, result) }
        })
    })
}

/// The arguments of a call of a callback of this family.
///
/// # Safety
/// `values` points to one for each parameter, valid for `'a`.
#[inline(always)]
pub(super) unsafe fn arguments<'a>(
    family: &Family,
    values: *const Value<'static>,
) -> &'a [Value<'a>] {
    // SAFETY: forwarded to the caller.
    unsafe { std::slice::from_raw_parts(values, family.arity) }
}

/// Checks the result of a closure and writes it as [`Call`](super::block::Call) does.
#[inline(always)]
unsafe fn give(family: &Family, value: Value<'_>, result: *mut u8) -> Result<()> {
    if family.result == Some(value.kind()) {
        // SAFETY: the caller gives room for a word.
        unsafe { result.cast::<u64>().write_unaligned(value.bits()) };
        return Ok(());
    }
    // SAFETY: forwarded to the caller.
    unsafe { fit_result(family.ty.result(), value, result) }
}

#[inline(never)]
unsafe fn fit_result(ty: Type, value: Value<'_>, result: *mut u8) -> Result<()> {
    let room = &mut 0;
    let bits = fit(value, ty, room, || Position::Returned)?;
    match ty.size() {
        None => {}
        // SAFETY: the caller gives room for a word.
        Some(_) if ty.is_direct() => unsafe { result.cast::<u64>().write_unaligned(bits) },
        Some(size) => {
            let from = bits as *const u8;
            // SAFETY: the value borrows that many bytes, and the caller gives room for them.
            unsafe { std::ptr::copy_nonoverlapping(from, result, size as usize) };
        }
    }
    Ok(())
}
