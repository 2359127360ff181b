//! Structs and unions.
#![forbid(unsafe_code)]

use super::intern::{self, Interner, Numbered};
use super::layout::{self, Leaf, Placer};
use super::{BitField, BitRules, Scalar, Type, TypeKind, check_depth};
use crate::error::TypeError;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Whether the fields of a record follow one another or share their place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RecordKind {
    /// `struct`
    Struct,
    /// `union`
    Union,
}

impl RecordKind {
    /// `struct` or `union`.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Struct => "struct",
            Self::Union => "union",
        }
    }
}

/// A field of a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Field {
    pub(crate) name: Option<&'static str>,
    pub(crate) ty: Type,
    pub(crate) offset: u64,
    pub(crate) align: Option<u64>,
    pub(crate) bits: Option<BitField>,
}

impl Field {
    /// Its name; `None` for an anonymous struct or union inside another, and for a bit-field that
    /// is padding.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.name
    }

    /// Its type.
    #[must_use]
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// Its offset in bytes from the start of the record; of a bit-field, that of the byte with its
    /// first bit.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The bits that it takes, if it is a bit-field.
    #[must_use]
    pub fn bits(&self) -> Option<BitField> {
        self.bits
    }

    /// Whether it is a bit-field without a name, which holds no value.
    #[must_use]
    pub fn is_padding(&self) -> bool {
        self.bits.is_some() && self.name.is_none()
    }
}

impl Field {
    /// Whether its type can have as many bits as it asks for: those of an integer, an enumeration
    /// or `_Bool` (C11 section 6.7.2.1, paragraphs 4 and 5).
    fn check_bits(&self) -> Result<(), TypeError> {
        let Some(bits) = self.bits else {
            return Ok(());
        };
        let scalar = self.ty.scalar();
        let most = match scalar {
            Some(Scalar::Bool) => 1,
            Some(scalar) if scalar.is_integer() => 8 * scalar.size() as u32,
            _ => 0,
        };
        let least = u32::from(self.name.is_some());
        if (least..=most).contains(&bits.width()) && most > 0 {
            return Ok(());
        }
        Err(TypeError::BitField {
            name: self.name.unwrap_or("").to_owned(),
            ty: self.ty.to_string(),
            width: bits.width(),
            most,
        })
    }
}

/// A complete C `struct` or `union` with its layout.
///
/// ```
/// use farcall::{RecordKind, RecordType, Type};
/// let entry = RecordType::builder(RecordKind::Struct, Some("entry"))
///     .field("tag", Type::CHAR)
///     .field("value", Type::DOUBLE)
///     .build()?;
/// assert_eq!((entry.size(), entry.align()), (16, align_of::<f64>() as u64));
/// assert_eq!(entry.field("value").unwrap().offset(), 8);
/// # Ok::<(), farcall::TypeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct RecordType(&'static RecordInfo);

struct RecordInfo {
    key: RecordKey,
    /// Its number among the records, never used again for another.
    id: u32,
    size: u64,
    align: u64,
    depth: u32,
    /// Its scalars, for records small enough to travel in registers somewhere.
    leaves: Option<Box<[Leaf]>>,
    /// It as a type, once that was asked for.
    ty: OnceLock<Type>,
}

/// What makes two records the same type.
#[derive(PartialEq, Eq, Hash)]
struct RecordKey {
    kind: RecordKind,
    tag: Option<&'static str>,
    fields: Box<[Field]>,
    pack: Option<u64>,
    align: Option<u64>,
    /// The rules of its bit-fields; the platform's if it has none.
    rules: BitRules,
}

impl PartialEq for RecordInfo {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for RecordInfo {}

impl std::hash::Hash for RecordInfo {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl RecordType {
    /// The largest record in bytes that any supported ABI passes in registers.
    pub(crate) const REGISTER_LIMIT: u64 = 64;

    /// Starts a record.
    pub fn builder(kind: RecordKind, tag: Option<&str>) -> RecordBuilder {
        RecordBuilder {
            kind,
            tag: tag.map(intern::name),
            fields: Vec::new(),
            pack: None,
            align: None,
            rules: BitRules::HOST,
        }
    }

    /// `struct` or `union`.
    #[must_use]
    pub fn record_kind(self) -> RecordKind {
        self.0.key.kind
    }

    /// The tag after `struct` or `union`.
    #[must_use]
    pub fn tag(self) -> Option<&'static str> {
        self.0.key.tag
    }

    /// The fields in the order of their declaration.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        &self.0.key.fields
    }

    /// The fields that hold a value: all but the bit-fields without a name.
    pub fn members(self) -> impl Iterator<Item = &'static Field> {
        self.fields().iter().filter(|field| !field.is_padding())
    }

    /// The field with this name; `None` if there is none.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == Some(name))
    }

    /// Its size in bytes, a multiple of its alignment.
    #[must_use]
    #[inline]
    pub fn size(self) -> u64 {
        self.0.size
    }

    /// Its alignment in bytes, a power of two.
    #[must_use]
    pub fn align(self) -> u64 {
        self.0.align
    }

    /// The upper bound on the fields' alignment that `packed` set.
    #[must_use]
    pub fn pack(self) -> Option<u64> {
        self.0.key.pack
    }

    /// The lower bound on its alignment that `aligned` set.
    pub(crate) fn least_align(self) -> Option<u64> {
        self.0.key.align
    }

    /// The rules by which its bit-fields are laid out.
    #[must_use]
    pub fn bit_rules(self) -> BitRules {
        self.0.key.rules
    }

    /// It as a type.
    #[must_use]
    pub fn as_type(self) -> Type {
        match self.0.ty.get() {
            Some(ty) => *ty,
            None => *self
                .0
                .ty
                .get_or_init(|| Type::intern(TypeKind::Record(self))),
        }
    }

    #[inline]
    pub(crate) fn id(self) -> u32 {
        self.0.id
    }

    /// The record with this number.
    pub(crate) fn by_id(id: u32) -> Option<Self> {
        BY_ID.get(id)
    }

    pub(crate) fn depth(self) -> u32 {
        self.0.depth
    }

    /// Its scalars in the order of their offsets, if it has at most 64 bytes.
    pub(crate) fn leaves(self) -> Option<&'static [Leaf]> {
        self.0.leaves.as_deref()
    }
}

/// Every record by its number.
static BY_ID: Numbered<RecordType> = Numbered::new();

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
}

impl RecordBuilder {
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
    /// - [`TypeError::Empty`]: it has no field.
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
        let extent = self.placer().place(&mut self.fields, self.align)?;
        self.check_agreement(extent.align)?;
        if extent.size == 0 {
            return Err(TypeError::Empty {
                ty: self.to_string(),
            });
        }
        let info = RecordInfo {
            key: RecordKey {
                kind: self.kind,
                tag: self.tag,
                fields: self.fields.into(),
                pack: self.pack,
                align: self.align,
                rules: self.rules,
            },
            id: 0,
            size: extent.size,
            align: extent.align,
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
        if self.fields.iter().all(Field::is_padding) {
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

intern::by_address!(RecordType);
