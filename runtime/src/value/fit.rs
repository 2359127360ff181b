//! The one rule for what may be passed where: used by every engine, and for variables and fields.
#![forbid(unsafe_code)]

use super::convert::describe;
use super::{KindId, Value, ValueView};
use crate::error::{Error, ErrorKind, Position};
use crate::types::{BitField, Extend, RecordType, Scalar, Type, same_leaves};

/// The slot for `value` where C declares `ty`: a scalar of at most 8 bytes extended to 64 bits, or the
/// address of anything else. An integer that becomes one of 128 bits is put into `room`.
///
/// Kinds must agree; an integer of any width is accepted where its value fits. Nothing else is
/// converted: no integer becomes a float or `_Bool`, no `double` is shortened.
pub(crate) fn fit(
    value: Value<'_>,
    ty: Type,
    room: &mut i128,
    position: impl FnOnce() -> Position,
) -> Result<u64, Error> {
    if KindId::of(ty) == Some(value.kind()) {
        if ty.is_non_null() && value.bits() == 0 {
            return Err(ErrorKind::Null {
                position: position(),
                expected: ty.to_string(),
            }
            .into());
        }
        return Ok(value.bits());
    }
    match (range(ty), value.as_integer()) {
        (Some(range), Some(found)) if holds(range, found) => Ok(match ty.is_direct() {
            true => Extend::of(ty).apply(found as u64),
            false => {
                *room = found;
                (&raw const *room) as u64
            }
        }),
        (Some(range), Some(found)) => {
            let (position, expected) = (position(), ty.to_string());
            Err(ErrorKind::Range {
                position,
                expected,
                range,
                found,
            }
            .into())
        }
        _ => match (ty.record(), value.as_record()) {
            (Some(expected), Some(object)) if fit_record(object.ty().record(), expected) => {
                Ok(value.bits())
            }
            _ => Err(ErrorKind::Argument {
                position: position(),
                expected: ty.to_string(),
                found: describe(value),
                hint: hint(value, ty),
            }
            .into()),
        },
    }
}

/// The slot for `value` where C declares a bit-field of type `ty`: as [`fit`], and it must fit into
/// the bits.
pub(crate) fn fit_bits(
    value: Value<'_>,
    ty: Type,
    field: BitField,
    position: impl Fn() -> Position,
) -> Result<u64, Error> {
    // No bit-field has more than 64 bits.
    let bits = fit(value, ty, &mut 0, &position)?;
    let scalar = ty.scalar();
    let (Some(range), Some(found)) = (scalar.and_then(|s| field.range(s)), value.as_integer())
    else {
        return Ok(bits);
    };
    if holds(range, found) {
        return Ok(bits);
    }
    Err(ErrorKind::Range {
        position: position(),
        expected: format!("{ty} : {field}"),
        range,
        found,
    }
    .into())
}

/// The values that are accepted for an integer type: where the compiler chooses the signedness,
/// those of both.
fn range(ty: Type) -> Option<(i128, u128)> {
    let scalar = ty.scalar()?;
    let (low, high) = scalar.range()?;
    if !ty.has_free_sign() {
        return Some((low, high));
    }
    let other = Scalar::integer(scalar.size(), !scalar.is_signed()).range()?;
    Some((low.min(other.0), high.max(other.1)))
}

fn holds((low, high): (i128, u128), value: i128) -> bool {
    low <= value && (value < 0 || value.cast_unsigned() <= high)
}

/// Whether a record of the type `found` can be passed where `expected` is declared.
fn fit_record(found: Option<RecordType>, expected: RecordType) -> bool {
    found.is_some_and(|found| {
        found.size() == expected.size()
            && found.align() == expected.align()
            && same_leaves(found, expected)
    })
}

/// What to write instead, where that can be said.
pub(crate) fn hint(value: Value<'_>, ty: Type) -> Option<String> {
    let scalar = ty.scalar()?;
    // What is printed must be the number that was given.
    let exact = |bits: u32| {
        let small = |integer: &i128| integer.unsigned_abs() < 1 << bits;
        value.as_integer().filter(small)
    };
    match (value.view(), scalar) {
        (_, Scalar::F64) if value.as_integer().is_some() => {
            Some(format!("write {:?}", exact(53)? as f64))
        }
        (_, Scalar::F32) if value.as_integer().is_some() => {
            Some(format!("write {:?}f32", exact(24)? as f32))
        }
        (ValueView::F32(float), Scalar::F64) if float.is_finite() => {
            Some(format!("write {:?}", f64::from(float)))
        }
        (ValueView::F32(_), Scalar::F64) => Some("widen it with `f64::from`".to_owned()),
        (ValueView::F64(float), Scalar::F32)
            if float.is_finite() && f64::from(float as f32) == float =>
        {
            Some(format!("write {float:?}f32"))
        }
        (ValueView::F64(_), Scalar::F32) => Some("shorten it with `as f32`".to_owned()),
        (_, integer) if value.as_integer().is_some_and(|found| integer.holds(found)) => {
            Some(format!("write {}{scalar}", value.as_integer()?))
        }
        (_, _) if ty == Type::CHAR && value.as_integer().is_some() => {
            Some("convert it with `as std::ffi::c_char`".to_owned())
        }
        (ValueView::F64(float), Scalar::LongDouble) => {
            Some(format!("write LongDouble::from({float:?})"))
        }
        (ValueView::F32(float), Scalar::F16) => Some(format!("write F16::from_f32({float:?})")),
        (ValueView::U128(wide), integer) if integer.is_integer() => {
            Some(format!("{wide} is more than it holds"))
        }
        (ValueView::F32(_) | ValueView::F64(_), _) if scalar.is_integer() => {
            Some(format!("round it and convert it to {scalar}"))
        }
        (ValueView::Bool(flag), _) if scalar.is_integer() => {
            Some(format!("write {}", u8::from(flag)))
        }
        (_, Scalar::Bool) if value.as_integer().is_some() => {
            Some(format!("write {}", value.as_integer()? != 0))
        }
        (_, Scalar::Pointer) if value.as_integer() == Some(0) => {
            Some("write std::ptr::null::<u8>()".to_owned())
        }
        _ => None,
    }
}
