//! C types as the code generator sees them.
#![forbid(unsafe_code)]

use crate::ctype::CType;
use farcall::{Scalar, Type, TypeKind};
use farcall_jit::layout::{self, Layout, Leaf};
use std::ops::Range;

/// What a number, pointer or vector consists of for the machine: bytes that carry a value, and the
/// scalar.
pub(crate) fn atoms(ty: Type) -> Vec<(Range<usize>, layout::Scalar)> {
    let size = ty.size().expect("a size") as usize;
    match (*ty.kind(), ty.scalar()) {
        (_, Some(scalar)) if lower(scalar) == layout::Scalar::F80 => {
            vec![(0..10, layout::Scalar::F80)]
        }
        (_, Some(scalar)) => vec![(0..size, lower(scalar))],
        (TypeKind::Complex { part }, _) => {
            let part = atoms(part);
            let second = part[0].0.start + size / 2..part[0].0.end + size / 2;
            vec![part[0].clone(), (second, part[0].1)]
        }
        (TypeKind::Vector { .. }, _) if size == 8 => vec![(0..8, layout::Scalar::V64)],
        (TypeKind::Vector { .. }, _) => vec![(0..16, layout::Scalar::V128)],
        _ => panic!("`{ty}` is no single value"),
    }
}

fn lower(scalar: Scalar) -> layout::Scalar {
    match scalar {
        Scalar::Bool | Scalar::U8 => layout::Scalar::U8,
        Scalar::I8 => layout::Scalar::I8,
        Scalar::I16 => layout::Scalar::I16,
        Scalar::U16 => layout::Scalar::U16,
        Scalar::I32 => layout::Scalar::I32,
        Scalar::U32 => layout::Scalar::U32,
        Scalar::I64 => layout::Scalar::I64,
        Scalar::U64 | Scalar::Pointer => layout::Scalar::U64,
        Scalar::F16 => layout::Scalar::F16,
        Scalar::F32 => layout::Scalar::F32,
        Scalar::F64 => layout::Scalar::F64,
        Scalar::I128 => layout::Scalar::I128,
        Scalar::U128 => layout::Scalar::U128,
        Scalar::LongDouble if Scalar::LongDouble.size() == 8 => layout::Scalar::F64,
        Scalar::LongDouble if cfg!(target_arch = "x86_64") => layout::Scalar::F80,
        Scalar::LongDouble => layout::Scalar::F128,
    }
}

/// What the machine sees of a parameter or result.
pub(crate) fn layout(ty: &CType) -> Layout {
    let leaf = |offset: usize, (range, scalar): &(Range<usize>, layout::Scalar)| Leaf {
        offset: (offset + range.start) as u32,
        scalar: *scalar,
    };
    let record = |leaves: Vec<Leaf>| {
        let (size, align) = (ty.size() as u64, ty.ty().align());
        let record = layout::Record::new(size, align, leaves).expect("a record");
        Layout::Record(match ty {
            CType::Record(whole) => record.with_natural_align(whole.natural_align),
            _ => record,
        })
    };
    match ty {
        CType::Record(whole) => {
            let leaves = whole.leaves.iter();
            let leaves = leaves.flat_map(|one| {
                let atoms = atoms(one.ty);
                atoms
                    .iter()
                    .map(|atom| leaf(one.offset, atom))
                    .collect::<Vec<_>>()
            });
            record(leaves.collect())
        }
        _ => match &atoms(ty.ty())[..] {
            [(_, scalar)] => Layout::Scalar(*scalar),
            [(_, layout::Scalar::F80), _] => Layout::Scalar(layout::Scalar::C80),
            parts => record(parts.iter().map(|part| leaf(0, part)).collect()),
        },
    }
}
