//! Whether two declarations of one name agree.
//!
//! Guarantee: types are alike if they are called and laid out alike; names of parameters, and
//! whether a record behind a pointer was already defined, make no difference.
#![forbid(unsafe_code)]

use super::derive::tag_of;
use crate::types::{EnumType, FnType, RecordType, Type, TypeKind};

/// Whether both are the same type where types are used.
pub(super) fn ty(a: Type, b: Type) -> bool {
    if a == b {
        return true;
    }
    match (*a.kind(), *b.kind()) {
        (
            TypeKind::Pointer {
                to: x,
                is_const: x_const,
                ..
            },
            TypeKind::Pointer {
                to: y,
                is_const: y_const,
                ..
            },
        ) => {
            x_const == y_const
                && (ty(x, y) || tag_text(x).is_some_and(|tag| Some(tag) == tag_text(y)))
        }
        (TypeKind::Array { element: x, len: m }, TypeKind::Array { element: y, len: n }) => {
            m == n && ty(x, y)
        }
        (TypeKind::Function(x), TypeKind::Function(y)) => function(x, y),
        (TypeKind::Record(_), TypeKind::Record(_)) => definition(a, b),
        (TypeKind::Enum(x), TypeKind::Enum(y)) => enumeration(x, y),
        // `unsigned int` and `uint32_t` are one type of C.
        (TypeKind::Scalar { scalar: x, .. }, TypeKind::Scalar { scalar: y, .. }) => x == y,
        _ => false,
    }
}

/// How a tagged type is called.
fn tag_text(ty: Type) -> Option<String> {
    let record = ty.record().and_then(RecordType::tag);
    (record.is_some() || tag_of(ty).is_some()).then(|| ty.to_string())
}

/// Whether both functions have the same type.
pub(super) fn function(a: FnType, b: FnType) -> bool {
    let params = || a.params().iter().zip(b.params());
    a.call_conv() == b.call_conv()
        && a.is_variadic() == b.is_variadic()
        && a.params().len() == b.params().len()
        && ty(a.result(), b.result())
        && params().all(|(a, b)| ty(a.ty(), b.ty()))
}

fn enumeration(a: EnumType, b: EnumType) -> bool {
    let forward = a.constants().is_empty() || b.constants().is_empty();
    a.tag() == b.tag() && a.storage() == b.storage() && (forward || a.constants() == b.constants())
}

/// Whether both definitions of a tag say the same.
pub(super) fn definition(a: Type, b: Type) -> bool {
    let (Some(x), Some(y)) = (a.record(), b.record()) else {
        return ty(a, b);
    };
    let mut fields = x.fields().iter().zip(y.fields());
    let shape = |record: RecordType| {
        let count = record.fields().len();
        (
            record.record_kind(),
            record.tag(),
            record.size(),
            record.align(),
            count,
        )
    };
    a == b
        || (shape(x) == shape(y)
            && fields.all(|(x, y)| {
                (x.name(), x.offset(), x.bits()) == (y.name(), y.offset(), y.bits())
                    && ty(x.ty(), y.ty())
            }))
}

/// The names of the fields of an anonymous record, and of those inside it.
pub(super) fn member_names(record: RecordType) -> Vec<&'static str> {
    let mut names = Vec::new();
    for field in record.fields() {
        match (field.name(), field.ty().record()) {
            (Some(name), _) => names.push(name),
            (None, Some(inner)) => names.extend(member_names(inner)),
            (None, None) => {}
        }
    }
    names
}
