//! The layout rules of C: where the fields of a record lie, and which scalars that makes.
//!
//! Guarantee: for every record that is accepted, size, alignment and offsets are those of gcc and
//! clang for this platform.
#![forbid(unsafe_code)]

use super::{BitField, BitRules, Field, MAX_SIZE, RecordKind, RecordType, Scalar, Type, TypeKind};
use crate::error::TypeError;

/// A scalar or vector at its offset in bytes inside a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Leaf {
    pub(crate) offset: u64,
    /// What it is, or what the lanes of a vector are.
    pub(crate) scalar: Scalar,
    /// The lanes of a vector; 0 for a scalar.
    pub(crate) lanes: u8,
}

impl Leaf {
    /// The size of what lies there, in bytes.
    #[cfg(feature = "jit")]
    pub(crate) fn size(self) -> u64 {
        self.scalar.size() as u64 * u64::from(self.lanes.max(1))
    }

    /// Whether it is a single scalar that a general-purpose or floating-point register holds.
    #[cfg(feature = "libffi")]
    pub(crate) fn is_narrow(self) -> bool {
        self.lanes == 0 && self.scalar.is_direct() && self.scalar != Scalar::F16
    }
}

/// Size and alignment in bytes.
pub(crate) struct Extent {
    pub(crate) size: u64,
    pub(crate) align: u64,
    /// The alignment that the fields alone ask for.
    pub(crate) natural_align: u64,
}

/// What lays out a record: its attributes, and how far it has come.
pub(crate) struct Placer {
    pub(crate) kind: RecordKind,
    /// An upper bound on each field's alignment; 1 is `__attribute__((packed))`, over which a
    /// field's own alignment prevails.
    pub(crate) pack: Option<u64>,
    pub(crate) rules: BitRules,
    /// Bits that are taken.
    end: u64,
    align: u64,
    /// The unit of the bit-field before, by the rules of Windows.
    unit: Option<Unit>,
}

/// A unit that bit-fields of one size share.
struct Unit {
    size: u64,
    /// Bits that are still free.
    left: u64,
}

impl Placer {
    pub(crate) fn new(kind: RecordKind, pack: Option<u64>, rules: BitRules) -> Self {
        Self {
            kind,
            pack,
            rules,
            end: 0,
            align: 1,
            unit: None,
        }
    }

    /// Places `fields` one after another, or all at zero in a union; `align` is a lower bound on the
    /// record's alignment.
    pub(crate) fn place(
        mut self,
        fields: &mut [Field],
        align: Option<u64>,
    ) -> Result<Extent, TypeError> {
        for field in fields {
            let size = field.ty.require_size("a field")?;
            match field.bits {
                None => self.plain(field, size),
                Some(bits) if self.rules == BitRules::Microsoft => {
                    self.microsoft(field, size, bits);
                }
                Some(bits) => self.gnu(field, size, bits),
            }
            if self.end > 8 * MAX_SIZE {
                return Err(TypeError::TooLarge {
                    what: "the record".to_owned(),
                });
            }
        }
        let align = self.align.max(align.unwrap_or(1));
        Ok(Extent {
            size: self.end.div_ceil(8).next_multiple_of(align),
            align,
            natural_align: self.align,
        })
    }

    /// What the field's own attribute asks for, as far as packing allows.
    fn own(&self, field: &Field) -> u64 {
        match (field.align.unwrap_or(1), self.pack) {
            (align, None | Some(1)) => align,
            (align, Some(most)) => align.min(most),
        }
    }

    /// The alignment of the field's type, as far as packing allows.
    fn natural(&self, field: &Field) -> u64 {
        field.ty.align().min(self.pack.unwrap_or(u64::MAX))
    }

    /// Where the next bit goes that follows those taken.
    fn next(&self) -> u64 {
        match self.kind {
            RecordKind::Struct => self.end,
            RecordKind::Union => 0,
        }
    }

    fn plain(&mut self, field: &mut Field, size: u64) {
        let align = self.natural(field).max(self.own(field));
        let start = self.next().div_ceil(8).next_multiple_of(align);
        field.offset = start;
        self.unit = None;
        self.end = self.end.max(8 * (start + size));
        self.align = self.align.max(align);
    }

    /// "Bit-fields are allocated from right to left", "must be contained in a storage unit
    /// appropriate for its declared type", "may share a storage unit with other struct / union
    /// members"; "unnamed bit-fields' types do not affect the alignment of a structure or union"
    /// (System V AMD64 3.1.2). On ARM they do: "the container type contributes to the alignment of
    /// the containing aggregate in the same way a plain (not bit-field) member of that type would,
    /// without exception for zero-sized or anonymous bit-fields" (AAPCS64 8.1.8).
    fn gnu(&mut self, field: &mut Field, size: u64, bits: BitField) {
        let (own, natural) = (self.own(field), self.natural(field));
        let (unit, width) = (8 * field.ty.align(), u64::from(bits.width()));
        let mut start = self.next();
        if field.align.is_some() {
            start = start.next_multiple_of(8 * own);
        }
        // Packing makes bit-fields cross units; it does not reach one that only ends a unit.
        let crosses = self.pack.is_none() && start % unit + width > 8 * size;
        if width == 0 || crosses {
            start = start.next_multiple_of(unit);
        }
        if field.name.is_some() || self.rules == BitRules::Arm {
            self.align = self.align.max(natural);
        }
        self.align = self.align.max(own);
        self.put(field, start, bits);
    }

    /// "Adjacent bit fields are packed into the same 1-, 2-, or 4-byte allocation unit if the
    /// integral types are the same size and if the next bit field fits into the current allocation
    /// unit without crossing the boundary imposed by the common alignment requirements of the bit
    /// fields" (Microsoft Learn, "x64 ABI conventions").
    fn microsoft(&mut self, field: &mut Field, size: u64, bits: BitField) {
        let width = u64::from(bits.width());
        let align = self.natural(field).max(self.own(field));
        if width == 0 {
            // It ends the unit of a bit-field before it, and is nothing elsewhere.
            if self.unit.take().is_some() && self.kind == RecordKind::Struct {
                self.end = self.end.next_multiple_of(8 * align);
                self.align = self.align.max(align);
            }
            return self.put(field, self.next(), bits);
        }
        if let Some(unit) = &mut self.unit
            && self.kind == RecordKind::Struct
            && unit.size == size
            && unit.left >= width
        {
            let start = self.end - unit.left;
            unit.left -= width;
            return self.put(field, start, bits);
        }
        let start = self.next().next_multiple_of(8 * align);
        self.end = self.end.max(start + 8 * size);
        self.align = self.align.max(align);
        self.unit = Some(Unit {
            size,
            left: 8 * size - width,
        });
        self.put(field, start, bits);
    }

    fn put(&mut self, field: &mut Field, start: u64, bits: BitField) {
        field.offset = start / 8;
        field.bits = Some(bits.at((start % 8) as u8));
        let end = start + u64::from(bits.width());
        self.end = self.end.max(end);
    }
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
                collect_field(field, base, limit, leaves)?;
            }
        }
        TypeKind::Complex { part } => {
            let size = part.size()?;
            collect(part, base, limit, leaves)?;
            collect(part, base + size, limit, leaves)?;
        }
        TypeKind::Vector { element, len } => leaves.push(Leaf {
            offset: base,
            scalar: element.scalar()?,
            lanes: len as u8,
        }),
        _ => leaves.push(Leaf {
            offset: base,
            scalar: ty.scalar()?,
            lanes: 0,
        }),
    }
    (leaves.len() <= limit).then_some(())
}

/// The scalars of a field; of a bit-field, the bytes that it touches: "bit-fields are INTEGER"
/// wherever a standard classifies them. One without a name is padding.
pub(crate) fn collect_field(
    field: &Field,
    base: u64,
    limit: usize,
    leaves: &mut Vec<Leaf>,
) -> Option<()> {
    let start = base + field.offset;
    let Some(bits) = field.bits else {
        return collect(field.ty, start, limit, leaves);
    };
    let touched = if field.is_padding() { 0 } else { bits.bytes() };
    leaves.extend((start..start + touched).map(|offset| Leaf {
        offset,
        scalar: Scalar::U8,
        lanes: 0,
    }));
    (leaves.len() <= limit).then_some(())
}

/// Whether a record that may travel in two registers has a bit-field without a name in an eightbyte
/// without integers: for gcc it makes an integer of it, for clang it is padding.
pub(crate) fn has_doubtful_padding(record: RecordType) -> bool {
    let mut padding = Vec::new();
    if record.size() > 16 || collect_padding(record, 0, &mut padding).is_none() {
        return false;
    }
    let leaves = record.leaves().unwrap_or_default();
    let integers = leaves.iter().filter(|leaf| !leaf.scalar.is_float());
    let integers: Vec<_> = integers.map(|leaf| leaf.offset / 8).collect();
    padding.iter().any(|byte| !integers.contains(&(byte / 8)))
}

/// The bytes that bit-fields without a name touch.
fn collect_padding(record: RecordType, base: u64, bytes: &mut Vec<u64>) -> Option<()> {
    for field in record.fields() {
        let start = base + field.offset;
        if let (Some(bits), true) = (field.bits, field.is_padding()) {
            bytes.extend(start..start + bits.bytes());
        }
        let (mut ty, mut count) = (field.ty, 1);
        while let TypeKind::Array { element, len } = *ty.kind() {
            (ty, count) = (element, count * len.min(16));
        }
        let Some(inner) = ty.record() else { continue };
        for index in 0..count.min(16) {
            collect_padding(inner, start + index * inner.size(), bytes)?;
        }
    }
    (bytes.len() <= 1 << 12).then_some(())
}
