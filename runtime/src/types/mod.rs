//! C types as values.
//!
//! Guarantee: a [`Type`], [`RecordType`], [`EnumType`] or [`FnType`] that exists is complete and
//! consistent: its layout is the C compiler's, its nesting is bounded, and a function type has
//! only parameters that can be passed. They are interned for the life of the program, so that they
//! copy like a pointer and two of them are equal exactly if they were built from equal parts.

mod bits;
mod builder;
mod builtin;
mod composed;
mod display;
mod enumeration;
mod foreign;
mod function;
pub(crate) mod intern;
mod layout;
mod record;
mod same;
mod scalar;
mod variants;

pub use bits::{BitField, BitRules};
pub use builder::RecordBuilder;
pub use enumeration::EnumType;
pub use foreign::{ForeignRecord, ForeignResult, ForeignType, RustField, RustType};
pub use function::{CallConv, FnType, FnTypeBuilder, Param};
pub(crate) use layout::Leaf;
pub use record::{Field, RecordKind, RecordType};
pub(crate) use same::same_leaves;
pub(crate) use scalar::Extend;
pub use scalar::Scalar;

use crate::error::TypeError;
use intern::Interner;
use std::fmt;

/// How deep types may nest by value or in a declarator; C compilers guarantee 12 and 63 levels.
pub(crate) const MAX_DEPTH: u32 = 64;

/// The largest type has this power of two of bytes, which fits into memory with room to spare: 46,
/// on 32-bit platforms 30.
pub(crate) const MAX_SIZE_POWER: u32 = if usize::BITS == 64 { 46 } else { 30 };

pub(crate) const MAX_SIZE: u64 = 1 << MAX_SIZE_POWER;

/// A C type: a number, an enumeration, a pointer, a vector, an array, a record, a function or `void`.
///
/// Interned for the life of the program: copying is free and equality is one comparison. Two
/// spellings of one machine type (`int` and `int32_t`) are different types that are
/// [compatible](Type::scalar).
///
/// ```
/// use farcall::Type;
/// let text = Type::CHAR.const_pointer();
/// assert_eq!(text.to_string(), "const char *");
/// assert_eq!(text.size(), Some(size_of::<*const u8>() as u64));
/// ```
#[derive(Clone, Copy)]
pub struct Type(&'static TypeInfo);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct TypeInfo {
    kind: TypeKind,
    /// Levels of records, arrays, pointers and functions inside it.
    depth: u32,
}

/// What a [`Type`] is, to match on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum TypeKind {
    /// `void`: the result of a function that returns nothing, or what an untyped pointer points to.
    Void,
    /// An arithmetic type by its C name.
    Scalar {
        /// The C spelling: `int`, `size_t`, `uint8_t`, …
        name: &'static str,
        /// What the machine sees.
        scalar: Scalar,
    },
    /// An enumeration.
    Enum(EnumType),
    /// A pointer.
    Pointer {
        /// What it points to; may be `void`, opaque or a function.
        to: Type,
        /// Whether the pointee is `const`.
        is_const: bool,
        /// Whether null is forbidden (`_Nonnull`, or `[static n]` on a parameter).
        non_null: bool,
    },
    /// An array with a known length: only inside records, behind pointers and as a variable.
    Array {
        /// The type of each element.
        element: Type,
        /// The number of elements.
        len: u64,
    },
    /// A complex number.
    Complex {
        /// The floating-point type of its two parts.
        part: Type,
    },
    /// A vector of 8 or 16 bytes, as `__attribute__((vector_size(…)))` makes it.
    Vector {
        /// The type of each lane.
        element: Type,
        /// The number of lanes.
        len: u64,
    },
    /// A complete `struct` or `union`.
    Record(RecordType),
    /// A function; values of it exist only behind pointers.
    Function(FnType),
    /// A type that is known by name only; values of it exist only behind pointers.
    Opaque {
        /// The C spelling: `struct FILE`, `z_stream`, …
        name: &'static str,
    },
}

impl Type {
    pub(crate) const fn from_static(info: &'static TypeInfo) -> Self {
        Self(info)
    }

    pub(crate) fn intern(kind: TypeKind) -> Self {
        static TYPES: Interner<TypeInfo> = Interner::new();
        let depth = match kind {
            // A pointer to a record prints its tag and ends there.
            TypeKind::Pointer { to, .. } if to.record().is_some() => 1,
            TypeKind::Pointer { to, .. } => to.0.depth + 1,
            TypeKind::Array { element, .. } => element.0.depth + 1,
            TypeKind::Complex { part: inner } | TypeKind::Vector { element: inner, .. } => {
                inner.0.depth + 1
            }
            TypeKind::Record(record) => record.depth(),
            TypeKind::Function(function) => function.depth(),
            _ => 0,
        };
        Self(TYPES.intern(TypeInfo { kind, depth }))
    }

    /// What it is.
    #[must_use]
    pub fn kind(self) -> &'static TypeKind {
        &self.0.kind
    }

    /// How many levels of records, arrays, pointers and functions it holds.
    pub(crate) fn depth(self) -> u32 {
        self.0.depth
    }

    /// The type with this name, known by name only: a pointer to it is an opaque pointer.
    ///
    /// ```
    /// use farcall::Type;
    /// assert_eq!(Type::opaque("FILE").pointer().to_string(), "FILE *");
    /// ```
    #[must_use]
    pub fn opaque(name: &str) -> Self {
        Self::intern(TypeKind::Opaque {
            name: intern::name(name),
        })
    }

    /// A pointer to it.
    #[must_use]
    pub fn pointer(self) -> Self {
        Self::intern(TypeKind::Pointer {
            to: self,
            is_const: false,
            non_null: false,
        })
    }

    /// A pointer to it through which C does not write.
    #[must_use]
    pub fn const_pointer(self) -> Self {
        Self::intern(TypeKind::Pointer {
            to: self,
            is_const: true,
            non_null: false,
        })
    }

    /// The same pointer with null forbidden; any other type is returned as it is.
    #[must_use]
    pub fn non_null(self) -> Self {
        match self.0.kind {
            TypeKind::Pointer { to, is_const, .. } => Self::intern(TypeKind::Pointer {
                to,
                is_const,
                non_null: true,
            }),
            _ => self,
        }
    }

    /// What a flexible array member is inside its record.
    fn empty_array(element: Self) -> Self {
        Self::intern(TypeKind::Array { element, len: 0 })
    }

    /// Its size in bytes; `None` for `void`, functions and opaque types.
    #[must_use]
    pub fn size(self) -> Option<u64> {
        match self.0.kind {
            TypeKind::Void | TypeKind::Function(_) | TypeKind::Opaque { .. } => None,
            TypeKind::Array { element, len } => element.size().map(|size| size * len),
            TypeKind::Record(record) => Some(record.size()),
            TypeKind::Complex { part } => part.size().map(|size| 2 * size),
            TypeKind::Vector { element, len } => element.size().map(|size| size * len),
            _ => self.scalar().map(|scalar| scalar.size() as u64),
        }
    }

    /// Its alignment in bytes, a power of two; 1 for what has no size.
    #[must_use]
    pub fn align(self) -> u64 {
        match self.0.kind {
            TypeKind::Void | TypeKind::Function(_) | TypeKind::Opaque { .. } => 1,
            TypeKind::Array { element, .. } => element.align(),
            TypeKind::Record(record) => record.align(),
            TypeKind::Complex { part } => part.align(),
            TypeKind::Vector { .. } => self.size().unwrap_or(1),
            _ => self.scalar().map_or(1, |scalar| scalar.align() as u64),
        }
    }

    /// Whether a slot holds a value of it, extended to 64 bits: a scalar or vector of at most 8 bytes.
    /// Of everything else it holds the address, whichever engine and direction.
    pub(crate) fn is_direct(self) -> bool {
        match self.0.kind {
            TypeKind::Vector { .. } => self.size() == Some(8),
            _ => self.scalar().is_some_and(Scalar::is_direct),
        }
    }

    /// The machine scalar that it is: an arithmetic type, an enumeration or a pointer.
    #[must_use]
    pub fn scalar(self) -> Option<Scalar> {
        match self.0.kind {
            TypeKind::Scalar { scalar, .. } => Some(scalar),
            TypeKind::Enum(enumeration) => Some(enumeration.storage()),
            TypeKind::Pointer { .. } => Some(Scalar::Pointer),
            _ => None,
        }
    }

    /// The record that it is.
    #[must_use]
    pub fn record(self) -> Option<RecordType> {
        match self.0.kind {
            TypeKind::Record(record) => Some(record),
            _ => None,
        }
    }

    /// The function that it points to.
    #[must_use]
    pub fn function(self) -> Option<FnType> {
        match self.0.kind {
            TypeKind::Pointer { to, .. } => match to.0.kind {
                TypeKind::Function(function) => Some(function),
                _ => None,
            },
            TypeKind::Function(function) => Some(function),
            _ => None,
        }
    }

    /// Whether it is `void`.
    #[must_use]
    pub fn is_void(self) -> bool {
        matches!(self.0.kind, TypeKind::Void)
    }

    /// Whether it is a pointer for which null is forbidden.
    #[must_use]
    pub fn is_non_null(self) -> bool {
        matches!(self.0.kind, TypeKind::Pointer { non_null: true, .. })
    }

    /// Whether it is a pointer to `char`, which C programs use for text.
    #[must_use]
    pub fn is_c_string(self) -> bool {
        matches!(self.0.kind, TypeKind::Pointer { to, .. } if to == Self::CHAR)
    }

    /// Whether the compiler, not the program, chooses its signedness: plain `char`, and
    /// enumerations whose storage the declaration leaves open. Values of either signedness are
    /// accepted for them.
    pub(crate) fn has_free_sign(self) -> bool {
        let open = matches!(self.0.kind, TypeKind::Enum(e) if !e.has_fixed_storage());
        self == Self::CHAR || open
    }

    /// What C makes of an argument of this type for which no parameter is declared (C11 section
    /// 6.5.2.2, paragraph 6).
    pub(crate) fn promoted(self) -> Self {
        match self.scalar() {
            Some(Scalar::F32) => Self::DOUBLE,
            Some(scalar) if scalar.promoted() != scalar => Self::INT,
            _ => self,
        }
    }

    pub(crate) fn require_size(self, role: &str) -> Result<u64, TypeError> {
        self.size().ok_or_else(|| TypeError::Incomplete {
            ty: self.to_string(),
            role: role.to_owned(),
        })
    }
}

pub(crate) fn check_depth(depth: u32) -> Result<(), TypeError> {
    if depth > MAX_DEPTH {
        Err(TypeError::TooDeep { limit: MAX_DEPTH })
    } else {
        Ok(())
    }
}

intern::by_address!(Type);

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Type({self})")
    }
}

impl From<RecordType> for Type {
    fn from(record: RecordType) -> Self {
        record.as_type()
    }
}

impl From<EnumType> for Type {
    fn from(enumeration: EnumType) -> Self {
        Self::intern(TypeKind::Enum(enumeration))
    }
}

impl From<FnType> for Type {
    fn from(function: FnType) -> Self {
        Self::intern(TypeKind::Function(function))
    }
}
