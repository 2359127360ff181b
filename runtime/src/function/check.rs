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
    let (expected, variadic) = (ty.params().len(), ty.is_open());
    let limit = FnType::MAX_PARAMS;
    Err(
        if found == expected || (variadic && (expected..=limit).contains(&found)) {
            return Ok(());
        } else if variadic && found > limit {
            ErrorKind::TooLarge {
                what: "the list of arguments".to_owned(),
                size: found as u64,
                limit: limit as u64,
                unit: "arguments",
            }
        } else {
            ErrorKind::Arity {
                expected,
                variadic,
                found,
            }
        }
        .into(),
    )
}

/// What is passed for an argument of the type `found`: extra ones are promoted.
fn passed(ty: FnType, index: usize, found: RustType) -> RustType {
    if index < ty.named().len() {
        found
    } else {
        found.promoted()
    }
}

/// Whether the Rust types of a call are those of the declaration.
pub(super) fn site(ty: FnType, site: &CallSite) -> Result<()> {
    arity(ty, site.params.len())?;
    params(ty, site.params)?;
    result(ty, site.result)
}

fn params(ty: FnType, found: &[RustType]) -> Result<()> {
    for (index, found) in found.iter().enumerate() {
        let Some(param) = ty.params().get(index) else {
            extra_type(ty, index, *found)?;
            continue;
        };
        if !passed(ty, index, *found).is_compatible(param.ty()) {
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
    Ok(())
}

fn result(ty: FnType, found: RustType) -> Result<()> {
    if found.is_compatible(ty.result()) {
        return Ok(());
    }
    let (expected, found) = (ty.result().to_string(), found.to_string());
    Err(ErrorKind::Result { expected, found }.into())
}

/// As [`site`], with hints made from the values in `slots`.
pub(super) fn site_values(ty: FnType, call: &CallSite, slots: &[u64]) -> Result<()> {
    arity(ty, call.params.len())?;
    for (index, (param, found)) in ty.params().iter().zip(call.params).enumerate() {
        let fits = passed(ty, index, *found).is_compatible(param.ty());
        let (Some(kind), false) = (KindId::of_rust(*found), fits) else {
            continue;
        };
        let value = Value::raw(kind, slots[index]);
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

/// Whether a function of type `ty` is what a Rust function pointer points to.
pub(super) fn pointer(ty: FnType, site: &CallSite, conv: CallConv, variadic: bool) -> Result<()> {
    convention(ty, conv)?;
    native(ty, site)?;
    if variadic != ty.is_variadic() {
        let declared = ty.is_variadic();
        return Err(ErrorKind::Variadic { declared }.into());
    }
    let (expected, found) = (ty.named().len(), site.params.len());
    if found != expected {
        return Err(ErrorKind::Arity {
            expected,
            variadic: false,
            found,
        }
        .into());
    }
    params(ty, site.params)?;
    result(ty, site.result)
}

/// Whether rustc has types that are passed as those of `ty` are.
pub(crate) fn native(ty: FnType, site: &CallSite) -> Result<()> {
    if site.native {
        return Ok(());
    }
    Err(ErrorKind::Unsupported {
        what: format!("a Rust function pointer for `{ty}`"),
        why: "rustc passes `long double`, `_Float16` and vectors differently from C; call it with \
              `Function::call`, and make callbacks of it with `Callback::new`"
            .to_owned(),
    }
    .into())
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

/// Fits every argument to its parameter and promotes those without one, into `slots`, which has as
/// many places as there are arguments; so has `room`, for what is made longer than a slot.
pub(super) fn values(
    ty: FnType,
    arguments: &[Value<'_>],
    slots: &mut [u64],
    room: &mut [i128],
) -> Result<()> {
    arity(ty, arguments.len())?;
    let (params, named) = (ty.params(), ty.named().len());
    let places = slots.iter_mut().zip(room);
    for (index, (value, (slot, room))) in arguments.iter().zip(places).enumerate() {
        let position = || position(ty, index);
        *slot = match params.get(index) {
            Some(param) if index < named => fit(*value, param.ty(), room, position)?,
            Some(param) => fit(value.promoted(), param.ty(), room, position)?,
            None => extra_value(ty, index, *value)?,
        };
    }
    Ok(())
}

/// The slot of an extra argument, promoted.
fn extra_value(ty: FnType, index: usize, value: Value<'_>) -> Result<u64> {
    if value.kind() == KindId::VOID {
        return Err(no_value(ty, index, "no value", "leave it out"));
    }
    Ok(value.promoted().bits())
}

/// Refuses what no extra argument can be.
fn extra_type(ty: FnType, index: usize, found: RustType) -> Result<()> {
    match found {
        RustType::Scalar(_) | RustType::Record(_) | RustType::Complex(_) | RustType::Vector(..) => {
            Ok(())
        }
        RustType::Void => Err(no_value(ty, index, "()", "leave it out")),
        RustType::Array(..) => {
            let hint = "pass its address, as a slice";
            Err(no_value(ty, index, &found.to_string(), hint))
        }
    }
}

fn no_value(ty: FnType, index: usize, found: &str, hint: &str) -> crate::Error {
    ErrorKind::Argument {
        position: position(ty, index),
        expected: "a value".to_owned(),
        found: found.to_owned(),
        hint: Some(hint.to_owned()),
    }
    .into()
}
