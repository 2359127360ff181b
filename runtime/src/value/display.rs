//! Values in print, as a C programmer would write them.
#![forbid(unsafe_code)]

use super::{Object, Value, ValueView};
use crate::types::TypeKind;
use std::fmt;

/// The elements of an array that are printed.
const ELEMENTS_SHOWN: u64 = 32;

impl fmt::Display for ValueView<'_> {
    /// Integers in decimal, floats so that they read back exactly, pointers as `0x…` or `null`,
    /// records as `{ name: value, … }`, nothing for `void`.
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
            Self::Pointer(value) if value.is_null() => f.write_str("null"),
            Self::Pointer(value) => write!(f, "{value:p}"),
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
        match *self.ty().kind() {
            TypeKind::Record(record) => {
                for (index, field) in (0..).zip(record.fields()) {
                    f.write_str(if index == 0 { "{ " } else { ", " })?;
                    if let Some(name) = field.name() {
                        write!(f, "{name}: ")?;
                    }
                    self.nth(index)
                        .iter()
                        .try_for_each(|object| write!(f, "{object}"))?;
                }
                f.write_str(" }")
            }
            TypeKind::Array { len, .. } => {
                f.write_str("[")?;
                for index in 0..len.min(ELEMENTS_SHOWN) {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    self.nth(index)
                        .iter()
                        .try_for_each(|object| write!(f, "{object}"))?;
                }
                f.write_str(if len > ELEMENTS_SHOWN { ", …]" } else { "]" })
            }
            _ => self
                .value()
                .iter()
                .try_for_each(|value| write!(f, "{value}")),
        }
    }
}

impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({} {self})", self.ty())
    }
}
