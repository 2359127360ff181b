//! Values in print, as a C programmer would write them.
#![forbid(unsafe_code)]

use super::{Object, Value, ValueView};
use crate::types::TypeKind;
use std::fmt;

/// The elements of an array that are printed.
const ELEMENTS_SHOWN: u64 = 32;

/// The fields and elements that are printed of one value: unions in unions have more than any
/// screen holds.
const PARTS_SHOWN: u32 = 10_000;

impl fmt::Display for ValueView<'_> {
    /// Integers in decimal, floats so that they read back exactly, complex numbers as `1.0+2.0i`,
    /// vectors as `[1, 2]`, pointers as `0x…` or `null`, records as `{ name: value, … }`, nothing for `void`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => Ok(()),
            Self::Bool(value) => write!(f, "{value}"),
            Self::I8(value) => write!(f, "{value}"),
            Self::U8(value) => write!(f, "{value}"),
            Self::I16(value) => write!(f, "{value}"),
            Self::U16(value) => write!(f, "{value}"),
            Self::I32(value) => write!(f, "{value}"),
            Self::U32(value) => write!(f, "{value}"),
            Self::I64(value) => write!(f, "{value}"),
            Self::U64(value) => write!(f, "{value}"),
            Self::F32(value) => write!(f, "{value:?}"),
            Self::F64(value) => write!(f, "{value:?}"),
            Self::F16(value) => write!(f, "{value:?}"),
            Self::I128(value) => write!(f, "{value}"),
            Self::U128(value) => write!(f, "{value}"),
            Self::LongDouble(value) => write!(f, "{value}"),
            Self::ComplexF16(value) => write!(f, "{value}"),
            Self::ComplexF32(value) => write!(f, "{value}"),
            Self::ComplexF64(value) => write!(f, "{value}"),
            Self::ComplexLongDouble(value) => write!(f, "{value}"),
            Self::Vector(value) => write!(f, "{value}"),
            Self::Pointer(value) if value.is_null() => f.write_str("null"),
            Self::Pointer(value) => write!(f, "{:p}", *value),
            Self::Record(object) => write!(f, "{object}"),
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

impl fmt::Display for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(*self, f, &mut PARTS_SHOWN.clone())
    }
}

/// Prints an object; `left` is how many parts may still be printed.
fn print(object: Object<'_>, f: &mut fmt::Formatter<'_>, left: &mut u32) -> fmt::Result {
    match *object.ty().kind() {
        TypeKind::Record(record) => {
            f.write_str("{ ")?;
            for (index, field) in record.members().enumerate() {
                let label = field.name().map(|name| format!("{name}: "));
                let inner = Some(object.field(field));
                if !part(inner, index == 0, &label.unwrap_or_default(), f, left)? {
                    break;
                }
            }
            f.write_str(" }")
        }
        TypeKind::Array { len, .. } => {
            f.write_str("[")?;
            for index in 0..len.min(ELEMENTS_SHOWN) {
                if !part(object.nth(index), index == 0, "", f, left)? {
                    return f.write_str("]");
                }
            }
            f.write_str(if len > ELEMENTS_SHOWN { ", …]" } else { "]" })
        }
        _ => object
            .value()
            .iter()
            .try_for_each(|value| write!(f, "{value}")),
    }
}

/// Prints a field or an element after `label`; false if that was the last that may be printed.
fn part(
    inner: Option<Object<'_>>,
    is_first: bool,
    label: &str,
    f: &mut fmt::Formatter<'_>,
    left: &mut u32,
) -> Result<bool, fmt::Error> {
    f.write_str(if is_first { "" } else { ", " })?;
    if *left == 0 {
        f.write_str("…")?;
        return Ok(false);
    }
    *left -= 1;
    f.write_str(label)?;
    inner.map_or(Ok(()), |inner| print(inner, f, left))?;
    Ok(true)
}

impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({} {self})", self.ty())
    }
}
