//! Structs and unions.
#![forbid(unsafe_code)]

use super::intern::{self, Numbered};
use super::layout::{self, Leaf};
use super::{BitField, BitRules, RecordBuilder, Scalar, Type, TypeKind};
use crate::error::TypeError;
use std::sync::OnceLock;

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
    pub(super) fn check_bits(&self) -> Result<(), TypeError> {
        let Some(bits) = self.bits else {
            return Ok(());
        };
        let scalar = self.ty.scalar();
        let most = match scalar {
            Some(Scalar::Bool) => 1,
            Some(scalar) if scalar.is_integer() && scalar.is_direct() => 8 * scalar.size() as u32,
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
pub struct RecordType(pub(super) &'static RecordInfo);

pub(super) struct RecordInfo {
    pub(super) key: RecordKey,
    /// Its number among the records, never used again for another.
    pub(super) id: u32,
    pub(super) size: u64,
    pub(super) align: u64,
    #[cfg_attr(
        not(feature = "jit"),
        allow(dead_code, reason = "for engines that go by it")
    )]
    pub(super) natural_align: u64,
    pub(super) depth: u32,
    /// Its scalars, for records small enough to travel in registers somewhere.
    pub(super) leaves: Option<Box<[Leaf]>>,
    /// It as a type, once that was asked for.
    pub(super) ty: OnceLock<Type>,
}

/// What makes two records the same type.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct RecordKey {
    pub(super) kind: RecordKind,
    pub(super) tag: Option<&'static str>,
    pub(super) fields: Box<[Field]>,
    pub(super) pack: Option<u64>,
    pub(super) align: Option<u64>,
    /// The rules of its bit-fields; the platform's if it has none.
    pub(super) rules: BitRules,
    /// Whether its last field is an array without a length, or a record that ends in one.
    pub(super) flexible: bool,
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
        RecordBuilder::new(kind, tag)
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

    /// The alignment that its fields alone ask for, in bytes: some ABIs go by it.
    #[cfg_attr(
        not(feature = "jit"),
        allow(dead_code, reason = "for engines that go by it")
    )]
    pub(crate) fn natural_align(self) -> u64 {
        self.0.natural_align
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

    /// Whether it ends in a flexible array member, of which nothing lies inside it.
    #[must_use]
    pub fn is_flexible(self) -> bool {
        self.0.key.flexible
    }

    /// What compilers do not agree on where it is passed by value.
    pub(crate) fn disagreement(self) -> Option<&'static str> {
        if self.is_flexible() {
            return Some(
                "passing a struct with a flexible array member by value, for which gcc has registers and clang memory; pass a pointer to it",
            );
        }
        layout::has_doubtful_padding(self).then_some(
            "passing a bit-field without a name, an integer for gcc and padding for clang; give it a name, or pass a pointer",
        )
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
pub(super) static BY_ID: Numbered<RecordType> = Numbered::new();

intern::by_address!(RecordType);
