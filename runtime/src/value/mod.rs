//! C values whose types are known at run time only.
//!
//! Guarantee: a [`Value`] always holds a valid value of its kind. Scalars are extended to 64 bits;
//! a record, and every number and vector of more than 8 bytes, is the address of as many bytes as its
//! type has, borrowed for the value's lifetime. It has the layout that the generated code of checked calls reads: the kind in the first 4 bytes,
//! the bits in the second 8.
#![allow(unsafe_code, reason = "records are borrowed as addresses")]

mod convert;
mod display;
mod fit;
mod from;
mod kind;
mod object;
mod owned;
mod wide;

pub(crate) use fit::{fit, hint};
pub(crate) use kind::KindId;
pub use object::Object;
pub(crate) use object::{load, store};
pub use owned::OwnedValue;
pub use wide::{VectorView, Wide};

use crate::error::{Error, ErrorKind, Position, Result};
use crate::number::{self, Complex, F16, LongDouble};
use crate::types::{RecordType, Scalar, Type};
use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A C value with its kind: a number, a `_Bool`, a pointer, a vector, or a borrowed record.
///
/// Made with `From`, [`Value::of`], [`Value::record`] or [`values!`](crate::values); read with the accessors,
/// `TryFrom`, or by matching on [`Value::view`].
///
/// ```
/// use farcall::{Value, ValueView};
/// let value = Value::from(7i32);
/// assert_eq!(value.as_i64(), Some(7));
/// assert!(matches!(value.view(), ValueView::I32(7)));
/// assert_eq!(u8::try_from(value)?, 7);
/// # Ok::<(), farcall::Error>(())
/// ```
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Value<'a> {
    kind: KindId,
    bits: u64,
    lifetime: PhantomData<&'a ()>,
}

/// A [`Value`] to match on.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the variants are the scalars of `Scalar`, by their names"
)]
pub enum ValueView<'a> {
    /// No value: the result of a function that returns `void`.
    Void,
    Bool(bool),
    I8(i8),
    U8(u8),
    I16(i16),
    U16(u16),
    I32(i32),
    U32(u32),
    I64(i64),
    U64(u64),
    F32(f32),
    F64(f64),
    Pointer(*mut c_void),
    F16(F16),
    I128(i128),
    U128(u128),
    LongDouble(LongDouble),
    ComplexF16(Complex<F16>),
    ComplexF32(Complex<f32>),
    ComplexF64(Complex<f64>),
    ComplexLongDouble(Complex<LongDouble>),
    /// A vector of 8 or 16 bytes.
    Vector(VectorView),
    /// A struct or union by value.
    Record(Object<'a>),
}

impl<'a> Value<'a> {
    /// The null pointer.
    pub const NULL: Self = Self::raw(KindId::of_scalar(Scalar::Pointer), 0);

    /// The value of a function that returns `void`.
    pub const VOID: Self = Self::raw(KindId::VOID, 0);

    /// `bits` must be a value of `kind`, extended to 64 bits.
    pub(crate) const fn raw(kind: KindId, bits: u64) -> Self {
        Self {
            kind,
            bits,
            lifetime: PhantomData,
        }
    }

    /// The record of type `ty` in `bytes`.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] if `bytes` has not exactly the size of `ty`.
    #[inline]
    pub fn record(ty: RecordType, bytes: &'a [u8]) -> Result<Self> {
        let found = bytes.len() as u64;
        if found != ty.size() {
            return Err(wrong_length(ty, found));
        }
        Ok(Self::raw(KindId::of_record(ty), bytes.as_ptr() as u64))
    }

    pub(crate) fn kind(self) -> KindId {
        self.kind
    }

    pub(crate) fn bits(self) -> u64 {
        self.bits
    }

    /// What C makes of it as an argument for which no parameter is declared. Integers are extended
    /// already.
    #[inline]
    pub(crate) fn promoted(self) -> Self {
        let bits = match self.kind.scalar() {
            Some(Scalar::F32) => f64::from(f32::from_bits(self.bits as u32)).to_bits(),
            _ => self.bits,
        };
        Self::raw(self.kind.promoted(), bits)
    }

    /// Its type, scalars under their `stdint.h` names, pointers as `void *`.
    #[must_use]
    pub fn ty(self) -> Type {
        self.kind.ty()
    }

    /// It as an enumeration to match on.
    #[must_use]
    pub fn view(self) -> ValueView<'a> {
        let bits = self.bits;
        match self.kind.scalar() {
            Some(Scalar::Bool) => ValueView::Bool(bits != 0),
            Some(Scalar::I8) => ValueView::I8(bits as i8),
            Some(Scalar::U8) => ValueView::U8(bits as u8),
            Some(Scalar::I16) => ValueView::I16(bits as i16),
            Some(Scalar::U16) => ValueView::U16(bits as u16),
            Some(Scalar::I32) => ValueView::I32(bits as i32),
            Some(Scalar::U32) => ValueView::U32(bits as u32),
            Some(Scalar::I64) => ValueView::I64(bits as i64),
            Some(Scalar::U64) => ValueView::U64(bits),
            Some(Scalar::F32) => ValueView::F32(f32::from_bits(bits as u32)),
            Some(Scalar::F64) => ValueView::F64(f64::from_bits(bits)),
            Some(Scalar::Pointer) => ValueView::Pointer(bits as *mut c_void),
            _ => self.view_wide(),
        }
    }

    /// The value of an integer of any width; `None` for every other kind, and if it is too large.
    #[must_use]
    #[inline]
    pub fn as_i64(self) -> Option<i64> {
        match self.signedness() {
            Some(Sign::Signed) => Some(self.bits as i64),
            Some(Sign::Unsigned) => self.bits.try_into().ok(),
            None => self.wide_integer()?.try_into().ok(),
        }
    }

    /// The value of an integer of any width; `None` for every other kind, and if it is negative.
    #[must_use]
    #[inline]
    pub fn as_u64(self) -> Option<u64> {
        match self.signedness() {
            Some(Sign::Signed) => (self.bits as i64).try_into().ok(),
            Some(Sign::Unsigned) => Some(self.bits),
            None => self.wide_integer()?.try_into().ok(),
        }
    }

    /// The value of a `float`, `double` or `_Float16`.
    #[must_use]
    #[inline]
    pub fn as_f64(self) -> Option<f64> {
        const F32: KindId = KindId::of_scalar(Scalar::F32);
        const F64: KindId = KindId::of_scalar(Scalar::F64);
        const F16: KindId = KindId::of_scalar(Scalar::F16);
        match self.kind {
            F64 => Some(f64::from_bits(self.bits)),
            F32 => Some(f32::from_bits(self.bits as u32).into()),
            F16 => Some(number::F16::from_bits(self.bits as u16).into()),
            _ => None,
        }
    }

    /// The value of a `_Bool`.
    #[must_use]
    #[inline]
    pub fn as_bool(self) -> Option<bool> {
        (self.kind.scalar() == Some(Scalar::Bool)).then_some(self.bits != 0)
    }

    /// The address in a pointer.
    #[must_use]
    #[inline]
    pub fn as_pointer(self) -> Option<*mut c_void> {
        (self.kind.scalar() == Some(Scalar::Pointer)).then_some(self.bits as *mut c_void)
    }

    /// The record.
    #[must_use]
    pub fn as_record(self) -> Option<Object<'a>> {
        let ty = self.kind.record()?;
        Some(Object::new(ty.as_type(), self.bytes()?))
    }

    /// The bytes of what a slot has by its address.
    pub(crate) fn bytes(self) -> Option<&'a [u8]> {
        let (size, _) = self.kind.extent()?;
        // SAFETY: `Value::record`, `Value::of` and the results of calls store the address of that
        // many bytes, borrowed for 'a.
        Some(unsafe { std::slice::from_raw_parts(self.bits as *const u8, size) })
    }

    /// The C string that a pointer points to; `None` for every other kind and for null.
    ///
    /// # Safety
    /// The pointer is null or points to bytes that end in a NUL and stay unchanged for `'a`.
    #[must_use]
    pub unsafe fn as_c_str(self) -> Option<&'a CStr> {
        let pointer = NonNull::new(self.as_pointer()?)?;
        // SAFETY: forwarded to the caller.
        Some(unsafe { CStr::from_ptr(pointer.as_ptr().cast()) })
    }

    /// The value of an integer of any width, if that is not more than an `i128` holds.
    #[inline]
    pub(crate) fn as_integer(self) -> Option<i128> {
        match self.signedness() {
            Some(Sign::Signed) => Some((self.bits as i64).into()),
            Some(Sign::Unsigned) => Some(self.bits.into()),
            None => self.wide_integer(),
        }
    }

    /// Whether an integer of at most 64 bits is signed; `None` for every other kind.
    #[inline]
    fn signedness(self) -> Option<Sign> {
        const SIGNED: u32 = numbers(&[Scalar::I8, Scalar::I16, Scalar::I32, Scalar::I64]);
        const UNSIGNED: u32 = numbers(&[Scalar::U8, Scalar::U16, Scalar::U32, Scalar::U64]);
        // Of more than 64 bits it has the address.
        let kind = 1u32.checked_shl(self.kind.number()).unwrap_or(0);
        if SIGNED & kind != 0 {
            return Some(Sign::Signed);
        }
        (UNSIGNED & kind != 0).then_some(Sign::Unsigned)
    }
}

#[cold]
fn wrong_length(ty: RecordType, found: u64) -> Error {
    let (position, expected) = (Position::Value, ty.size());
    let ty = ty.to_string();
    ErrorKind::Length {
        position,
        ty,
        expected,
        found,
    }
    .into()
}

/// How the bits of an integer are read.
enum Sign {
    Signed,
    Unsigned,
}

/// The set of these kinds, a bit for each number.
const fn numbers(scalars: &[Scalar]) -> u32 {
    let (mut set, mut index) = (0, 0);
    while index < scalars.len() {
        set |= 1 << scalars[index] as u32;
        index += 1;
    }
    set
}

/// An array of [`Value`](crate::Value)s from Rust values: `values![2.0, 10i64, c"text"]`.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        [$($crate::Value::from($value)),*]
    };
}
