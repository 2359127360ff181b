//! Closures over values whose types are known at run time only.
//!
//! Guarantee: what a closure returns reaches C only as a value of the declared result type.
#![allow(
    unsafe_code,
    reason = "a closure is reached through the head of its block"
)]

use super::block::{Block, Head};
use crate::error::{ErrorKind, Position, Result};
use crate::types::FnType;
use crate::value::{KindId, OwnedValue, Value, fit};

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
            Err(error) => Err(ErrorKind::Callback(error.into()).into()),
        }
    }
}

/// See [`Call`](super::block::Call).
pub(super) unsafe fn call<Fun, R: Returns>(
    head: *mut Head,
    values: *const Value<'static>,
    result: *mut u8,
) -> Result<()>
where
    Fun: Fn(&[Value<'_>]) -> R,
{
    // SAFETY: the caller is inside, and the block holds this closure.
    let block = unsafe { &*head.cast::<Block<Fun>>() };
    // SAFETY: as above.
    let ty = unsafe { (*head).ty() };
    // SAFETY: forwarded to the caller.
    let values = unsafe { arguments(ty, values) };
    (block.closure)(values).lend(|value| {
        // SAFETY: forwarded to the caller.
        unsafe { give(ty, value, result) }
    })
}

/// See [`Call`](super::block::Call).
pub(super) unsafe fn call_once<Fun, R: Returns>(
    head: *mut Head,
    values: *const Value<'static>,
    result: *mut u8,
) -> Result<()>
where
    Fun: FnMut(&[Value<'_>]) -> R,
{
    // SAFETY: as above.
    let ty = unsafe { (*head).ty() };
    // SAFETY: the caller is inside, alone, and the block holds this closure.
    let closure = unsafe { &mut (*head.cast::<Block<Fun>>()).closure };
    // SAFETY: forwarded to the caller.
    let values = unsafe { arguments(ty, values) };
    closure(values).lend(|value| {
        // SAFETY: forwarded to the caller.
        unsafe { give(ty, value, result) }
    })
}

/// The arguments of a call of type `ty`.
///
/// # Safety
/// `values` points to one for each parameter, valid for `'a`.
#[inline(always)]
pub(super) unsafe fn arguments<'a>(ty: FnType, values: *const Value<'static>) -> &'a [Value<'a>] {
    // SAFETY: forwarded to the caller.
    unsafe { std::slice::from_raw_parts(values, ty.params().len()) }
}

/// Checks the result of a closure and writes it as [`Call`](super::block::Call) does.
#[inline(always)]
unsafe fn give(ty: FnType, value: Value<'_>, result: *mut u8) -> Result<()> {
    let (kind, ty) = (value.kind(), ty.result());
    if !ty.is_non_null()
        && kind
            .scalar()
            .is_some_and(|scalar| ty.scalar() == Some(scalar))
    {
        // SAFETY: the caller gives room for a word.
        unsafe { result.cast::<u64>().write_unaligned(value.bits()) };
        return Ok(());
    }
    if kind == KindId::VOID && ty.is_void() {
        return Ok(());
    }
    // SAFETY: forwarded to the caller.
    unsafe { fit_result(ty, value, result) }
}

#[inline(never)]
unsafe fn fit_result(ty: crate::Type, value: Value<'_>, result: *mut u8) -> Result<()> {
    let bits = fit(value, ty, || Position::Result)?;
    match ty.record() {
        Some(record) => {
            let (from, size) = (bits as *const u8, record.size() as usize);
            // SAFETY: the value borrows that many bytes, and the caller gives room for them.
            unsafe { std::ptr::copy_nonoverlapping(from, result, size) };
        }
        // SAFETY: the caller gives room for a word.
        None => unsafe { result.cast::<u64>().write_unaligned(bits) },
    }
    Ok(())
}
