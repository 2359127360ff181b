//! Rust types that cross the boundary, described by constants.
//!
//! Guarantee: a type that implements [`ForeignType`] has the size, alignment and fields that its
//! constant [`RustType`] says, so that comparing two descriptions is comparing two types.
#![allow(
    unsafe_code,
    reason = "the traits promise a representation, and implementing them is that promise"
)]

use super::same::{same_int, same_leaves};
use super::{RecordKind, RecordType, Scalar, Type, TypeKind};
use crate::error::TypeError;
use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;

/// A Rust type that may be passed to C.
///
/// `#[derive(ForeignType)]` implements it for `#[repr(C)]` structs and unions.
///
/// # Safety
/// - `TYPE` describes `Self`: the scalar of its size, signedness and kind, or a record with the
///   size, alignment and field offsets of `Self`.
/// - `Self` is passed by `extern "C"` functions as C passes the described type: it is a scalar, a
///   pointer, `#[repr(C)]` or `#[repr(transparent)]`. What holds a `long double`, a `_Float16` or a
///   vector is described as such instead, and is not passed by such functions.
#[diagnostic::on_unimplemented(
    message = "C does not know the type `{Self}`",
    label = "this is not a `ForeignType`",
    note = "use an integer, a float, a pointer or a reference to such a type; a type of your own becomes one with `#[derive(ForeignType)]`"
)]
pub unsafe trait ForeignType: Sized {
    /// What C sees.
    const TYPE: RustType;
}

/// A Rust type that may also come from C: every bit pattern that C can return is a valid value.
///
/// Implemented for integers, floats, raw pointers, optional function pointers, and for `bool`,
/// which is accepted only where C declares `_Bool`. References, `NonNull`, `char` and enumerations
/// may go to C but not come from it.
///
/// # Safety
/// Every bit pattern of the size of `Self` is a valid `Self`; for a `bool`, and a `bool` inside a
/// record, the patterns 0 and 1.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not come from C",
    label = "C can return bit patterns that are not a valid `{Self}`",
    note = "return an integer, a float, a raw pointer or a `#[derive(ForeignType, ForeignResult)]` record, and check it in Rust"
)]
pub unsafe trait ForeignResult: ForeignType {}

/// What C sees of a Rust type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RustType {
    /// Nothing: the result `()`.
    Void,
    /// A number, `bool` or pointer.
    Scalar(Scalar),
    /// A `#[repr(C)]` struct or union.
    Record(&'static ForeignRecord),
    /// An array inside a record.
    Array(&'static RustType, usize),
    /// A complex number with parts of this type.
    Complex(Scalar),
    /// A vector of this many lanes of this type.
    Vector(Scalar, usize),
}

/// A `#[repr(C)]` struct or union of the Rust program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ForeignRecord {
    /// Its Rust name.
    pub name: &'static str,
    /// Struct or union.
    pub kind: RecordKind,
    /// `size_of`, in bytes.
    pub size: usize,
    /// `align_of`, in bytes.
    pub align: usize,
    /// Its fields in the order of their declaration.
    pub fields: &'static [RustField],
}

/// A field of a [`ForeignRecord`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RustField {
    /// Its Rust name.
    pub name: &'static str,
    /// `offset_of`, in bytes.
    pub offset: usize,
    /// What C sees of it.
    pub ty: RustType,
}

impl RustType {
    /// Its size in bytes.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Void => 0,
            Self::Scalar(scalar) => scalar.size(),
            Self::Record(record) => record.size,
            Self::Array(element, len) => element.size() * len,
            Self::Complex(part) => 2 * part.size(),
            Self::Vector(element, len) => element.size() * len,
        }
    }

    /// Whether a slot holds a value of it, extended to 64 bits; otherwise it holds its address.
    pub(crate) const fn is_direct(self) -> bool {
        match self {
            Self::Scalar(scalar) => scalar.is_direct(),
            Self::Vector(..) => self.size() == 8,
            Self::Void | Self::Record(_) | Self::Array(..) | Self::Complex(_) => false,
        }
    }

    /// Whether rustc passes a value of it to C functions as the C compilers do. What it has no type
    /// for it would take for the bytes or words that stand for it here.
    #[doc(hidden)]
    #[must_use]
    pub const fn is_native(self) -> bool {
        match self {
            Self::Void => true,
            Self::Scalar(scalar) | Self::Complex(scalar) => match scalar {
                Scalar::F16 => false,
                // Where it is a `double`.
                Scalar::LongDouble => scalar.is_direct(),
                _ => true,
            },
            Self::Vector(..) => false,
            Self::Array(element, _) => element.is_native(),
            Self::Record(record) => {
                let mut index = 0;
                while index < record.fields.len() {
                    if !record.fields[index].ty.is_native() {
                        return false;
                    }
                    index += 1;
                }
                true
            }
        }
    }

    /// The C type that it describes, under the names that the Rust program uses.
    ///
    /// # Errors
    /// [`TypeError::Layout`] if C would lay the record out differently from what the description
    /// says, and whatever building it from its fields refuses.
    pub fn to_type(self) -> Result<Type, TypeError> {
        match self {
            Self::Void => Ok(Type::VOID),
            Self::Scalar(scalar) => Ok(Type::of_scalar(scalar)),
            Self::Array(element, len) => element.to_type()?.array(len as u64),
            Self::Record(record) => Ok(record.to_record_type()?.as_type()),
            Self::Complex(part) => Type::of_scalar(part).complex(),
            Self::Vector(element, len) => Type::of_scalar(element).vector(len as u64),
        }
    }

    /// What C makes of an argument of it for which no parameter is declared.
    pub(crate) const fn promoted(self) -> Self {
        match self {
            Self::Scalar(scalar) => Self::Scalar(scalar.promoted()),
            other => other,
        }
    }

    /// Whether a value of it can be passed where C declares `ty`: the same machine scalar, or a
    /// record with the same scalars at the same offsets.
    #[must_use]
    pub fn is_compatible(self, ty: Type) -> bool {
        match self {
            Self::Void => ty.is_void(),
            Self::Scalar(scalar) => ty.scalar().is_some_and(|expected| {
                expected == scalar || (ty.has_free_sign() && same_int(expected, scalar))
            }),
            Self::Record(record) => ty.record().is_some_and(|expected| {
                record.size as u64 == expected.size()
                    && record.align as u64 == expected.align()
                    && record
                        .to_record_type()
                        .is_ok_and(|own| same_leaves(own, expected))
            }),
            Self::Complex(part) => match *ty.kind() {
                TypeKind::Complex { part: expected } => expected.scalar() == Some(part),
                _ => false,
            },
            Self::Vector(element, len) => match *ty.kind() {
                TypeKind::Vector {
                    element: expected,
                    len: lanes,
                } => expected.scalar() == Some(element) && lanes == len as u64,
                _ => false,
            },
            Self::Array(..) => false,
        }
    }
}

impl ForeignRecord {
    /// The C record that it describes.
    ///
    /// # Errors
    /// [`TypeError::Layout`] if its fields do not lie where C would put them even with packing,
    /// and whatever building it from its fields refuses.
    pub fn to_record_type(&self) -> Result<RecordType, TypeError> {
        let natural = self.build(None)?;
        if self.agrees(natural) {
            return Ok(natural);
        }
        for pack in [1, 2, 4, 8, 16] {
            let packed = self.build(Some(pack))?;
            if self.agrees(packed) {
                return Ok(packed);
            }
        }
        Err(TypeError::Layout {
            ty: self.name.to_owned(),
        })
    }

    fn build(&self, pack: Option<u64>) -> Result<RecordType, TypeError> {
        let mut builder = RecordType::builder(self.kind, Some(self.name));
        if let Some(pack) = pack {
            builder = builder.packed(pack);
        }
        let mut natural = 1;
        for field in self.fields {
            let ty = field.ty.to_type()?;
            natural = natural.max(ty.align().min(pack.unwrap_or(u64::MAX)));
            builder = builder.field(field.name, ty);
        }
        if self.align as u64 > natural {
            builder = builder.align(self.align as u64);
        }
        builder.build()
    }

    fn agrees(&self, record: RecordType) -> bool {
        let offsets = self.fields.iter().map(|field| field.offset as u64);
        record.size() == self.size as u64
            && record.align() == self.align as u64
            && offsets.eq(record.fields().iter().map(|field| field.offset()))
    }
}

impl fmt::Display for RustType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => f.write_str("()"),
            Self::Scalar(scalar) => write!(f, "{scalar}"),
            Self::Record(record) => f.write_str(record.name),
            Self::Array(element, len) => write!(f, "[{element}; {len}]"),
            Self::Complex(part) => write!(f, "Complex<{part}>"),
            Self::Vector(element, len) => write!(f, "Vector<[{element}; {len}]>"),
        }
    }
}

macro_rules! scalars {
    ($($ty:ty: $scalar:expr;)*) => {$(
        // SAFETY: the scalar has the size, signedness and kind of the primitive type.
        unsafe impl ForeignType for $ty {
            const TYPE: RustType = RustType::Scalar($scalar);
        }
    )*};
}

macro_rules! results {
    ($($ty:ty),*) => {$(
        // SAFETY: every bit pattern is a valid value; `bool` is matched with `_Bool` only.
        unsafe impl ForeignResult for $ty {}
    )*};
}

scalars! {
    bool: Scalar::Bool;
    i8: Scalar::I8;
    u8: Scalar::U8;
    i16: Scalar::I16;
    u16: Scalar::U16;
    i32: Scalar::I32;
    u32: Scalar::U32;
    i64: Scalar::I64;
    u64: Scalar::U64;
    isize: Scalar::integer(size_of::<isize>(), true);
    usize: Scalar::integer(size_of::<usize>(), false);
    i128: Scalar::I128;
    u128: Scalar::U128;
    f32: Scalar::F32;
    f64: Scalar::F64;
    char: Scalar::U32;
}

results!(
    bool, i8, u8, i16, u16, i32, u32, i64, u64, i128, u128, isize, usize, f32, f64
);

macro_rules! pointers {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        // SAFETY: a thin pointer, or `Option` of a non-null one, is passed as a C pointer.
        unsafe impl<$($generics)*> ForeignType for $ty {
            const TYPE: RustType = RustType::Scalar(Scalar::Pointer);
        }
    )*};
}

pointers! {
    [T] *const T;
    [T] *mut T;
    [T] NonNull<T>;
    [T] Option<NonNull<T>>;
    [T: ForeignType] &T;
    [T: ForeignType] &mut T;
    [T: ForeignType] Option<&T>;
    [T: ForeignType] Option<&mut T>;
    [] &c_void;
    [] &mut c_void;
}

// SAFETY: every bit pattern is a raw pointer.
unsafe impl<T> ForeignResult for *const T {}
// SAFETY: as above.
unsafe impl<T> ForeignResult for *mut T {}
// SAFETY: null is `None`, every other bit pattern a `NonNull`.
unsafe impl<T> ForeignResult for Option<NonNull<T>> {}

// SAFETY: an array lies in a record as C's array does; it is refused as an argument.
unsafe impl<T: ForeignType, const N: usize> ForeignType for [T; N] {
    const TYPE: RustType = RustType::Array(&T::TYPE, N);
}
// SAFETY: every bit pattern is valid for each element.
unsafe impl<T: ForeignResult, const N: usize> ForeignResult for [T; N] {}

macro_rules! functions {
    ($($param:ident)*) => {
        functions!("C": $($param)*);
        // What Windows takes; its own type on every system.
        functions!("system": $($param)*);
    };
    ($abi:literal: $($param:ident)*) => {
        pointers! {
            [R $(, $param)*] unsafe extern $abi fn($($param),*) -> R;
            [R $(, $param)*] extern $abi fn($($param),*) -> R;
            [R $(, $param)*] Option<unsafe extern $abi fn($($param),*) -> R>;
            [R $(, $param)*] Option<extern $abi fn($($param),*) -> R>;
        }
        // SAFETY: null is `None`; calling what came from C is unsafe in any case.
        unsafe impl<R $(, $param)*> ForeignResult for Option<unsafe extern $abi fn($($param),*) -> R> {}
    };
}

functions!();
functions!(A);
functions!(A B);
functions!(A B C);
functions!(A B C D);
functions!(A B C D E);
functions!(A B C D E F);
functions!(A B C D E F G);
functions!(A B C D E F G H);
functions!(A B C D E F G H I);
functions!(A B C D E F G H I J);
functions!(A B C D E F G H I J K);
functions!(A B C D E F G H I J K L);
