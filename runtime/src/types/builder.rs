//! Structs and unions, built field by field.
//!
//! Guarantee: a record is made only if gcc and clang lay it out in one way, and that is its layout.
#![forbid(unsafe_code)]

use super::intern::{self, Interner};
use super::layout::{self, Leaf, Placer};
use super::record::{BY_ID, RecordInfo, RecordKey};
use super::{BitField, BitRules, Field, RecordKind, RecordType, Type, check_depth};
use crate::error::TypeError;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Builds a [`RecordType`] field by field.
#[derive(Clone, Debug)]
#[must_use = "nothing is made before `build`"]
pub struct RecordBuilder {
    kind: RecordKind,
    tag: Option<&'static str>,
    fields: Vec<Field>,
    pack: Option<u64>,
    align: Option<u64>,
    rules: BitRules,
    /// How many fields there are up to the flexible array member, with it.
    flexible: Option<usize>,
}

impl RecordBuilder {
    pub(super) fn new(kind: RecordKind, tag: Option<&str>) -> Self {
        Self {
            kind,
            tag: tag.map(intern::name),
            fields: Vec::new(),
            pack: None,
            align: None,
            rules: BitRules::HOST,
            flexible: None,
        }
    }

    /// Appends a field.
    pub fn field(self, name: &str, ty: Type) -> Self {
        self.push(Some(name), ty, None, None)
    }

    /// Appends a field with a minimum alignment in bytes, as in
    /// `int x __attribute__((aligned(16)))`.
    pub fn aligned_field(self, name: &str, ty: Type, align: u64) -> Self {
        self.push(Some(name), ty, Some(align), None)
    }

    /// Appends an anonymous struct or union.
    pub fn anonymous(self, ty: Type) -> Self {
        self.push(None, ty, None, None)
    }

    /// Appends a bit-field of `width` bits, as in `unsigned day : 5`.
    pub fn bit_field(self, name: &str, ty: Type, width: u8) -> Self {
        self.push(Some(name), ty, None, Some(width))
    }

    /// Appends bits without a name, as in `unsigned : 3`; a width of 0 ends the unit of the
    /// bit-field before.
    pub fn padding_bits(self, ty: Type, width: u8) -> Self {
        self.push(None, ty, None, Some(width))
    }

    /// Appends a flexible array member, as in `char data[]`, after all other fields: an array of
    /// no elements inside the record, with what follows the record as its content.
    ///
    /// ```
    /// use farcall::{RecordKind, RecordType, Type};
    /// let message = RecordType::builder(RecordKind::Struct, Some("message"))
    ///     .field("length", Type::INT)
    ///     .flexible("text", Type::CHAR)
    ///     .build()?;
    /// assert_eq!((message.size(), message.field("text").unwrap().offset()), (4, 4));
    /// # Ok::<(), farcall::TypeError>(())
    /// ```
    pub fn flexible(self, name: &str, element: Type) -> Self {
        self.push(Some(name), Type::empty_array(element), None, None)
            .ends_flexible()
    }

    /// Makes the last field a flexible array member.
    pub(crate) fn ends_flexible(mut self) -> Self {
        self.flexible = Some(self.fields.len());
        self
    }

    pub(crate) fn push(
        mut self,
        name: Option<&str>,
        ty: Type,
        align: Option<u64>,
        width: Option<u8>,
    ) -> Self {
        self.fields.push(Field {
            name: name.map(intern::name),
            ty,
            offset: 0,
            align,
            bits: width.map(BitField::unplaced),
        });
        self
    }

    /// Bounds every field's alignment by `bytes`, as `#pragma pack(bytes)` does.
    ///
    /// `packed(1)` is `__attribute__((packed))`: a field's own alignment prevails over it. Over
    /// `#pragma pack` it does not, so under `#pragma pack(1)` it is to be left out.
    pub fn packed(mut self, bytes: u64) -> Self {
        self.pack = Some(bytes);
        self
    }

    /// Raises the record's alignment to at least `bytes`, as `__attribute__((aligned(bytes)))`
    /// does.
    pub fn align(mut self, bytes: u64) -> Self {
        self.align = Some(bytes);
        self
    }

    /// Lays bit-fields out by these rules instead of the platform's, as
    /// `__attribute__((ms_struct))` and `__attribute__((gcc_struct))` do.
    pub fn bit_rules(mut self, rules: BitRules) -> Self {
        self.rules = rules;
        self
    }

    /// Lays the record out.
    ///
    /// # Errors
    /// - [`TypeError::Ambiguous`]: compilers differ on its bit-fields.
    /// - [`TypeError::BitField`]: a bit-field is not an integer, or its width is not one of its
    ///   type.
    /// - [`TypeError::Empty`]: it has bit-fields without a name only. One without any field has no
    ///   bytes, as in GNU C.
    /// - [`TypeError::Incomplete`]: a field has no size.
    /// - [`TypeError::Duplicate`]: two fields have one name.
    /// - [`TypeError::Alignment`]: an alignment is not a power of two of at most 2^28.
    /// - [`TypeError::TooLarge`], [`TypeError::TooDeep`]: more than 2^46 bytes, or 64 levels.
    pub fn build(mut self) -> Result<RecordType, TypeError> {
        static RECORDS: Interner<RecordInfo> = Interner::new();
        static NEXT: AtomicU32 = AtomicU32::new(0);
        self.check()?;
        let depth = 1 + self
            .fields
            .iter()
            .map(|field| field.ty.depth())
            .max()
            .unwrap_or(0);
        check_depth(depth)?;
        if self.fields.iter().all(|field| field.bits.is_none()) {
            self.rules = BitRules::HOST;
        }
        let last = self.fields.last().and_then(|field| field.ty.record());
        let flexible = self.flexible.is_some() || last.is_some_and(RecordType::is_flexible);
        let extent = self.placer().place(&mut self.fields, self.align)?;
        self.check_agreement(extent.align)?;
        let info = RecordInfo {
            key: RecordKey {
                kind: self.kind,
                tag: self.tag,
                fields: self.fields.into(),
                pack: self.pack,
                align: self.align,
                rules: self.rules,
                flexible,
            },
            id: 0,
            size: extent.size,
            align: extent.align,
            natural_align: extent.natural_align,
            depth,
            leaves: None,
            ty: OnceLock::new(),
        };
        let record = RecordType(RECORDS.intern_with(info, |info| {
            info.id = NEXT.fetch_add(1, Ordering::Relaxed);
            info.leaves = small_leaves(info);
        }));
        // A record that is described again keeps its number; this many new ones fill any memory.
        if record.id() > u32::MAX / 2 {
            return Err(TypeError::TooMany {
                what: "record types",
                count: record.id().into(),
                limit: 1 << 31,
            });
        }
        BY_ID.set(record.id(), record);
        Ok(record)
    }

    fn placer(&self) -> Placer {
        Placer::new(self.kind, self.pack, self.rules)
    }

    /// Refuses bit-fields that gcc and clang lay out differently in a record of this alignment.
    fn check_agreement(&self, align: u64) -> Result<(), TypeError> {
        let is_bits = |field: &&Field| field.bits.is_some();
        let others = self.fields.iter().filter(|field| !is_bits(field));
        let without = others
            .map(|field| field.ty.align().max(field.align.unwrap_or(1)))
            .map(|align| align.min(self.pack.unwrap_or(u64::MAX)))
            .fold(self.align.unwrap_or(1), u64::max);
        let microsoft = self.rules == BitRules::Microsoft;
        let is_own = |field: &Field| {
            let bounded = microsoft || self.pack.is_some_and(|pack| pack > 1);
            field
                .align
                .is_some_and(|own| bounded || own < field.ty.align())
        };
        let why = if self.fields.iter().filter(is_bits).any(is_own) {
            "`aligned` on a bit-field that lowers its alignment, or under packing, or by the rules of Windows; align the record"
        } else if microsoft && self.kind == RecordKind::Union && without < align {
            "whether bit-fields count for the alignment of a union; add a member of their type"
        } else {
            return Ok(());
        };
        let ty = self.to_string();
        Err(TypeError::Ambiguous { ty, why })
    }

    fn check(&self) -> Result<(), TypeError> {
        let is_padded = self.fields.iter().any(Field::is_padding);
        if is_padded && self.fields.iter().all(Field::is_padding) {
            return Err(TypeError::Empty {
                ty: self.to_string(),
            });
        }
        let mut names = std::collections::HashSet::new();
        for field in &self.fields {
            if let Some(name) = field.name
                && !names.insert(name)
            {
                return Err(TypeError::Duplicate {
                    what: "field",
                    name: name.to_owned(),
                });
            }
            if let Some(name) = field.name {
                field.ty.require_size(&format!("field `{name}`"))?;
            }
            field.check_bits()?;
        }
        if let Some(count) = self.flexible.filter(|count| *count < self.fields.len()) {
            let field = &self.fields[count - 1];
            return Err(TypeError::Incomplete {
                ty: field.ty.to_string(),
                role: format!("field `{}` before the last", field.name.unwrap_or("")),
            });
        }
        let aligns = self.fields.iter().filter_map(|field| field.align);
        match aligns
            .chain(self.pack)
            .chain(self.align)
            .find(|a| !a.is_power_of_two() || *a > 1 << 28)
        {
            Some(align) => Err(TypeError::Alignment { align }),
            None => Ok(()),
        }
    }
}

/// The scalars of a record that may travel in registers.
fn small_leaves(info: &RecordInfo) -> Option<Box<[Leaf]>> {
    if info.size > RecordType::REGISTER_LIMIT {
        return None;
    }
    let mut leaves = Vec::new();
    for field in &info.key.fields {
        // 64 bytes hold 64 offsets of at most 12 scalars; a union may name them over and over.
        layout::collect_field(field, 0, 1 << 12, &mut leaves)?;
    }
    leaves.sort_unstable();
    leaves.dedup();
    Some(leaves.into())
}

impl fmt::Display for RecordBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.keyword(), self.tag.unwrap_or("{ … }"))
    }
}
