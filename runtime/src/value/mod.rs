//! C values whose types are known at run time only.
//!
//! Guarantee: a [`Value`] always holds a valid value of its kind. Scalars are extended to 64 bits;
//! a record is the address of as many bytes as its type has, borrowed for the value's lifetime. It
//! has the layout that the generated code of checked calls reads: the kind in the first 4 bytes,
//! the bits in the second 8.
#![allow(unsafe_code, reason = "records are borrowed as addresses")]

mod convert;
mod display;
mod fit;
mod from;
mod object;
mod owned;

pub(crate) use fit::{fit, hint};
pub use object::Object;
pub(crate) use object::{load, store};
pub use owned::OwnedValue;

use crate::error::{Error, ErrorKind, Position, Result};
use crate::types::{RecordType, Scalar, Type};
use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ptr::NonNull;

/// The number of a kind of values: a scalar's, or a record type's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(crate) struct KindId(NonZeroU32);

impl KindId {
    /// No value: the result of a function that returns `void`.
    pub(crate) const VOID: Self = Self::new(Scalar::Pointer as u32 + 1);
    /// The first record; below it are the scalars, by the numbers of [`Scalar`].
    const RECORDS: u32 = 256;

    const fn new(number: u32) -> Self {
        match NonZeroU32::new(number) {
            Some(number) => Self(number),
            // Numbers start at 1 and are bounded by `RecordType`.
            None => Self(NonZeroU32::MAX),
        }
    }

    pub(crate) const fn of_scalar(scalar: Scalar) -> Self {
        Self::new(scalar as u32)
    }

    #[inline]
    pub(crate) fn of_record(record: RecordType) -> Self {
        Self::new(Self::RECORDS + record.id())
    }

    /// The kind of values of `ty`; `None` for what is neither scalar, record nor `void`.
    pub(crate) fn of(ty: Type) -> Option<Self> {
        match (ty.scalar(), ty.record()) {
            (Some(scalar), _) => Some(Self::of_scalar(scalar)),
            (None, Some(record)) => Some(Self::of_record(record)),
            (None, None) => ty.is_void().then_some(Self::VOID),
        }
    }

    pub(crate) const fn number(self) -> u32 {
        self.0.get()
    }

    /// The kind that C makes of an argument of this kind for which no parameter is declared.
    #[inline]
    pub(crate) fn promoted(self) -> Self {
        /// The numbers of the scalars after their promotion.
        const PROMOTED: [KindId; Scalar::ALL.len() + 1] = {
            let mut kinds = [KindId::VOID; _];
            let mut index = 0;
            while index < Scalar::ALL.len() {
                let scalar = Scalar::ALL[index];
                kinds[scalar as usize] = KindId::of_scalar(scalar.promoted());
                index += 1;
            }
            kinds
        };
        let known = PROMOTED.get(self.number() as usize);
        known.copied().unwrap_or(self)
    }

    pub(crate) fn scalar(self) -> Option<Scalar> {
        Scalar::ALL.get(self.number() as usize - 1).copied()
    }

    pub(crate) const fn is_record(self) -> bool {
        self.number() >= Self::RECORDS
    }

    fn record(self) -> Option<RecordType> {
        self.number()
            .checked_sub(Self::RECORDS)
            .and_then(RecordType::by_id)
    }
}

/// A C value with its kind: a number, a `_Bool`, a pointer, or a borrowed record.
///
/// Made with `From`, [`Value::record`] or [`values!`](crate::values); read with the accessors,
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
        match (self.kind.scalar(), self.kind.record()) {
            (Some(scalar), _) => Type::of_scalar(scalar),
            (None, Some(record)) => record.as_type(),
            (None, None) => Type::VOID,
        }
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
            None => self.as_record().map_or(ValueView::Void, ValueView::Record),
        }
    }

    /// The value of an integer of any width; `None` for every other kind, and if it is too large.
    #[must_use]
    #[inline]
    pub fn as_i64(self) -> Option<i64> {
        match self.signedness()? {
            Sign::Signed => Some(self.bits as i64),
            Sign::Unsigned => self.bits.try_into().ok(),
        }
    }

    /// The value of an integer of any width; `None` for every other kind, and if it is negative.
    #[must_use]
    #[inline]
    pub fn as_u64(self) -> Option<u64> {
        match self.signedness()? {
            Sign::Signed => (self.bits as i64).try_into().ok(),
            Sign::Unsigned => Some(self.bits),
        }
    }

    /// The value of a `float` or `double`.
    #[must_use]
    #[inline]
    pub fn as_f64(self) -> Option<f64> {
        const F32: KindId = KindId::of_scalar(Scalar::F32);
        const F64: KindId = KindId::of_scalar(Scalar::F64);
        match self.kind {
            F64 => Some(f64::from_bits(self.bits)),
            F32 => Some(f32::from_bits(self.bits as u32).into()),
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
        // SAFETY: `Value::record` and the results of calls store the address of that many bytes,
        // borrowed for 'a.
        let bytes =
            unsafe { std::slice::from_raw_parts(self.bits as *const u8, ty.size() as usize) };
        Some(Object::new(ty.as_type(), bytes))
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

    #[inline]
    pub(crate) fn as_integer(self) -> Option<i128> {
        Some(match self.signedness()? {
            Sign::Signed => (self.bits as i64).into(),
            Sign::Unsigned => self.bits.into(),
        })
    }

    /// Whether an integer is signed; `None` for every other kind.
    #[inline]
    fn signedness(self) -> Option<Sign> {
        const SIGNED: u32 = numbers(&[Scalar::I8, Scalar::I16, Scalar::I32, Scalar::I64]);
        const UNSIGNED: u32 = numbers(&[Scalar::U8, Scalar::U16, Scalar::U32, Scalar::U64]);
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
