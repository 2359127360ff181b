//! The layout rules of C: where the fields of a record lie, and which scalars that makes.
//!
//! Guarantee: for every record that is accepted, size, alignment and offsets are those of gcc and
//! clang for this platform.
#![forbid(unsafe_code)]

use super::{Field, MAX_SIZE, RecordKind, Scalar, Type, TypeKind};
use crate::error::TypeError;

/// A scalar at its offset in bytes inside a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Leaf {
    pub(crate) offset: u64,
    pub(crate) scalar: Scalar,
}

/// Size and alignment in bytes.
pub(crate) struct Extent {
    pub(crate) size: u64,
    pub(crate) align: u64,
}

/// Places `fields` one after another, or all at zero in a union.
///
/// `pack` is an upper bound on each field's alignment, `align` a lower bound on the record's. A
/// field's own `align` raises both its place and the record's alignment, as far as `pack` allows;
/// a `pack` of 1 is `__attribute__((packed))`, over which it prevails.
pub(crate) fn place(
    kind: RecordKind,
    fields: &mut [Field],
    pack: Option<u64>,
    align: Option<u64>,
) -> Result<Extent, TypeError> {
    let mut extent = Extent { size: 0, align: 1 };
    for field in fields {
        let most = pack.unwrap_or(u64::MAX);
        let own = match field.align.unwrap_or(1) {
            align if pack == Some(1) => align,
            align => align.min(most),
        };
        let field_align = field.ty.align().min(most).max(own);
        let start = match kind {
            RecordKind::Struct => extent.size.next_multiple_of(field_align),
            RecordKind::Union => 0,
        };
        field.offset = start;
        let end = start + field.ty.require_size("a field")?;
        extent.size = extent.size.max(end);
        extent.align = extent.align.max(field_align);
        if extent.size > MAX_SIZE {
            return Err(TypeError::TooLarge {
                what: "the record".to_owned(),
            });
        }
    }
    extent.align = extent.align.max(align.unwrap_or(1));
    extent.size = extent.size.next_multiple_of(extent.align);
    Ok(extent)
}

/// The scalars of `ty` with their offsets, sorted and without repetition; `None` if there are more
/// than `limit` on the way.
pub(crate) fn flatten(ty: Type, limit: usize) -> Option<Vec<Leaf>> {
    let mut leaves = Vec::new();
    collect(ty, 0, limit, &mut leaves)?;
    leaves.sort_unstable();
    leaves.dedup();
    Some(leaves)
}

fn collect(ty: Type, base: u64, limit: usize, leaves: &mut Vec<Leaf>) -> Option<()> {
    match *ty.kind() {
        TypeKind::Array { element, len } => {
            let stride = element.size()?;
            if stride == 0 {
                return Some(());
            }
            if len > limit as u64 {
                return None;
            }
            for index in 0..len {
                collect(element, base + index * stride, limit, leaves)?;
            }
        }
        TypeKind::Record(record) => {
            // Unions in unions may name the few scalars of a small record over and over.
            if let Some(small) = record.leaves() {
                leaves.extend(small.iter().map(|leaf| Leaf {
                    offset: base + leaf.offset,
                    ..*leaf
                }));
                return (leaves.len() <= limit).then_some(());
            }
            for field in record.fields() {
                collect(field.ty, base + field.offset, limit, leaves)?;
            }
        }
        _ => leaves.push(Leaf {
            offset: base,
            scalar: ty.scalar()?,
        }),
    }
    (leaves.len() <= limit).then_some(())
}
