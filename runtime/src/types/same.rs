//! Which types are one to the machine.
//!
//! Guarantee: records that are the same here are passed alike by every ABI.
#![forbid(unsafe_code)]

use super::layout::{self, Leaf};
use super::{RecordType, Scalar, Type, TypeKind};

/// The most scalars that are compared one by one; longer records must be built from equal types.
const MAX_LEAVES: usize = 1 << 14;

/// Whether the two are integers that arrive alike whatever their signedness: narrower ones are
/// extended by who passes them, according to it.
pub(super) fn same_int(a: Scalar, b: Scalar) -> bool {
    same_width(a, b) && a.size() >= size_of::<std::ffi::c_int>()
}

fn same_width(a: Scalar, b: Scalar) -> bool {
    a.is_integer() && b.is_integer() && a.size() == b.size()
}

/// Whether two records of one size have the same scalars at the same offsets; for the bit-fields of
/// one, integers of the other that hold them.
pub(crate) fn same_leaves(a: RecordType, b: RecordType) -> bool {
    let flat = |record: RecordType| layout::flatten(record.as_type(), MAX_LEAVES);
    let (Some(x), Some(y)) = (flat(a), flat(b)) else {
        return a == b;
    };
    match (has_bits(a), has_bits(b)) {
        (false, false) => same_scalars(&x, &y),
        (true, false) => holds_bits(&y, &x),
        (false, true) => holds_bits(&x, &y),
        (true, true) => x == y,
    }
}

fn same_scalars(a: &[Leaf], b: &[Leaf]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_leaf(a, b))
}

fn same_leaf(a: &Leaf, b: &Leaf) -> bool {
    a.offset == b.offset
        && a.lanes == b.lanes
        && (a.scalar == b.scalar || same_width(a.scalar, b.scalar))
}

/// Whether the scalars of a record without bit-fields are those of one with them: each is the same,
/// or an integer with a byte of a bit-field inside it, and so are all.
fn holds_bits(plain: &[Leaf], bits: &[Leaf]) -> bool {
    let inside = |byte: &Leaf, whole: &Leaf| {
        let range = whole.offset..whole.offset + whole.scalar.size() as u64;
        byte.scalar == Scalar::U8 && whole.scalar.is_integer() && range.contains(&byte.offset)
    };
    let agree = |whole: &Leaf, one: &Leaf| same_leaf(whole, one) || inside(one, whole);
    plain
        .iter()
        .all(|whole| bits.iter().any(|one| agree(whole, one)))
        && bits
            .iter()
            .all(|one| plain.iter().any(|whole| agree(whole, one)))
}

/// Whether a record has a bit-field, or a record in it has.
fn has_bits(record: RecordType) -> bool {
    let inner = |mut ty: Type| {
        while let TypeKind::Array { element, .. } = ty.kind() {
            ty = *element;
        }
        ty.record()
    };
    let fields = record.fields().iter();
    fields
        .into_iter()
        .any(|field| field.bits().is_some() || inner(field.ty()).is_some_and(has_bits))
}
