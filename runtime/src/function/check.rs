//! What is checked before anything is called.
#![forbid(unsafe_code)]

use crate::convert::CallSite;
use crate::error::{ErrorKind, Position, Result};
use crate::types::{CallConv, FnType, RustType};
use crate::value::{KindId, Value, fit, hint};

fn position(ty: FnType, index: usize) -> Position {
    let name = ty.params().get(index).and_then(|param| param.name());
    Position::Argument {
        number: index + 1,
        name,
    }
}

fn arity(ty: FnType, found: usize) -> Result<()> {
    let (expected, variadic) = (ty.params().len(), ty.is_variadic());
    if found == expected {
        return Ok(());
    }
    Err(ErrorKind::Arity {
        expected,
        variadic,
        found,
    }
    .into())
}

/// Whether the Rust types of a call are those of the declaration.
pub(super) fn site(ty: FnType, site: &CallSite) -> Result<()> {
    arity(ty, site.params.len())?;
    for (index, (param, found)) in ty.params().iter().zip(site.params).enumerate() {
        if !found.is_compatible(param.ty()) {
            let expected = match param.ty().scalar() {
                Some(scalar) => format!("{} ({scalar} in Rust)", param.ty()),
                None => param.ty().to_string(),
            };
            let (position, found) = (position(ty, index), found.to_string());
            return Err(ErrorKind::Argument {
                position,
                expected,
                found,
                hint: None,
            }
            .into());
        }
    }
    if site.result.is_compatible(ty.result()) {
        return Ok(());
    }
    let (expected, found) = (ty.result().to_string(), site.result.to_string());
    Err(ErrorKind::Result { expected, found }.into())
}

/// As [`site`], with hints made from the values in `slots`.
pub(super) fn site_values(ty: FnType, call: &CallSite, slots: &[u64]) -> Result<()> {
    arity(ty, call.params.len())?;
    for (index, (param, found)) in ty.params().iter().zip(call.params).enumerate() {
        let (RustType::Scalar(scalar), false) = (*found, found.is_compatible(param.ty())) else {
            continue;
        };
        let value = Value::raw(KindId::of_scalar(scalar), slots[index]);
        return Err(ErrorKind::Argument {
            position: position(ty, index),
            expected: param.ty().to_string(),
            found: found.to_string(),
            hint: hint(value, param.ty()),
        }
        .into());
    }
    site(ty, call)
}

/// Whether the declaration's convention is `found`.
pub(super) fn convention(ty: FnType, found: CallConv) -> Result<()> {
    let expected = ty.call_conv();
    if expected.resolve() == found.resolve() {
        return Ok(());
    }
    let (expected, found) = (format!("{expected:?}"), format!("{found:?}"));
    Err(ErrorKind::Convention { expected, found }.into())
}

/// Whether pointers are null where the declaration forbids it.
pub(super) fn nulls(ty: FnType, slots: &[u64]) -> Result<()> {
    let mut null = ty.params().iter().zip(slots).enumerate();
    match null.find(|(_, (param, slot))| param.ty().is_non_null() && **slot == 0) {
        None => Ok(()),
        Some((index, (param, _))) => {
            let (position, expected) = (position(ty, index), param.ty().to_string());
            Err(ErrorKind::Null { position, expected }.into())
        }
    }
}

/// Fits every argument to its parameter, into `slots`, which has as many places as there are
/// arguments.
pub(super) fn values(ty: FnType, arguments: &[Value<'_>], slots: &mut [u64]) -> Result<()> {
    arity(ty, arguments.len())?;
    let pairs = ty.params().iter().zip(arguments);
    for (index, ((param, value), slot)) in pairs.zip(slots).enumerate() {
        *slot = fit(*value, param.ty(), || position(ty, index))?;
    }
    Ok(())
}
