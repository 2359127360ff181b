//! C values as text, by their declared types.

use crate::text::quote;
use farcall::{Object, OwnedValue, RecordKind, RecordType, Type, TypeKind, Value, ValueView};
use std::fmt::Write;

/// The result of a call and a line end; nothing for `void`.
pub(crate) fn result(result: &OwnedValue, ty: Type) -> String {
    let mut text = String::new();
    if !ty.is_void() {
        value(&mut text, result.as_value(), ty, true);
        text.push('\n');
    }
    text
}

/// `follow` says whether a `char *` can be trusted to point to text.
fn value(text: &mut String, value: Value<'_>, ty: Type, follow: bool) {
    if let (Some(object), Some(record)) = (value.as_record(), ty.record()) {
        return fields(text, object, record, follow);
    }
    if let (TypeKind::Enum(enumeration), Some(number)) = (ty.kind(), integer(value))
        && let Some(name) = enumeration.name_of(number)
    {
        *text += name;
        return;
    }
    if ty.is_c_string() && follow {
        // SAFETY: by its declaration it is null or points to text.
        if let Some(string) = unsafe { value.as_c_str() } {
            *text += &quote(string.to_bytes());
            return;
        }
    }
    let _ = match value.view() {
        ValueView::F32(number) if number.is_nan() => write!(text, "nan"),
        ValueView::F64(number) if number.is_nan() => write!(text, "nan"),
        other => write!(text, "{other}"),
    };
}

fn integer(value: Value<'_>) -> Option<i128> {
    let unsigned = value.as_u64().map(i128::from);
    unsigned.or_else(|| value.as_i64().map(i128::from))
}

fn fields(text: &mut String, object: Object<'_>, record: RecordType, follow: bool) {
    // Nobody says which member of a union holds a value: its pointers may be anything.
    let follow = follow && record.record_kind() == RecordKind::Struct;
    for (index, field) in (0..).zip(record.fields()) {
        *text += if index == 0 { "{ " } else { ", " };
        if let Some(name) = field.name() {
            *text += name;
            *text += ": ";
        }
        if let Some(inner) = object.nth(index) {
            self::object(text, inner, follow);
        }
    }
    *text += " }";
}

fn object(text: &mut String, object: Object<'_>, follow: bool) {
    match *object.ty().kind() {
        TypeKind::Array { element, .. } if element == Type::CHAR => {
            let bytes = object.bytes();
            let end = bytes.iter().rposition(|byte| *byte != 0);
            *text += &quote(&bytes[..end.map_or(0, |last| last + 1)]);
        }
        TypeKind::Array { len, .. } => {
            text.push('[');
            for index in 0..len {
                *text += if index == 0 { "" } else { ", " };
                if let Some(inner) = object.nth(index) {
                    self::object(text, inner, follow);
                }
            }
            text.push(']');
        }
        _ => {
            if let Some(inner) = object.value() {
                value(text, inner, object.ty(), follow);
            }
        }
    }
}
