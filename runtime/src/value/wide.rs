//! Values of more than 64 bits, complex numbers and vectors.
//!
//! Guarantee: what is read from a value is a copy of its own bytes, at any alignment.
#![allow(unsafe_code, reason = "values are borrowed as addresses")]

use super::{KindId, OwnedValue, Value, ValueView, load};
use crate::number::{Complex, ComplexPart, F16, Lanes, LongDouble, Vector};
use crate::types::{ForeignType, Scalar, Type};
use std::fmt;

mod sealed {
    pub trait Wide {}
}

/// A number or vector that a [`Value`] borrows: [`Value::of`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not borrowed by a `Value`",
    label = "expected `i128`, `u128`, `LongDouble`, `F16`, `Complex` or `Vector`",
    note = "write `Value::from` for other numbers and pointers, and `Value::record` for records"
)]
pub trait Wide: sealed::Wide + ForeignType + Copy {}

macro_rules! wide {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        impl<$($generics)*> sealed::Wide for $ty {}
        impl<$($generics)*> Wide for $ty {}

        impl<$($generics)*> From<$ty> for OwnedValue {
            /// The value in memory of its own.
            fn from(value: $ty) -> Self {
                Self::copy_of(Value::of(&value))
            }
        }
    )*};
}

wide! {
    [] i128;
    [] u128;
    [] F16;
    [] LongDouble;
    [T: ComplexPart] Complex<T>;
    [A: Lanes] Vector<A>;
}

impl From<F16> for Value<'_> {
    fn from(value: F16) -> Self {
        Self::raw(KindId::of_scalar(Scalar::F16), value.to_bits().into())
    }
}

impl<'a> Value<'a> {
    /// The number or vector that is borrowed. `Value::from` of a reference is a pointer; this is what
    /// it points to.
    ///
    /// ```
    /// use farcall::{Complex, Value};
    /// let z = Complex { re: 1.0, im: 2.0 };
    /// assert_eq!(Value::of(&z).ty().to_string(), "double _Complex");
    /// assert_eq!(Complex::try_from(Value::of(&z))?, z);
    /// # Ok::<(), farcall::Error>(())
    /// ```
    #[must_use]
    pub fn of<T: Wide>(value: &'a T) -> Self {
        let kind = KindId::of_rust(T::TYPE).unwrap_or(KindId::VOID);
        Self::raw(kind, crate::convert::slot(value))
    }

    /// The value of a type whose bytes these are.
    pub(super) fn at(ty: Type, bytes: &'a [u8]) -> Option<Self> {
        let kind = KindId::of(ty)?;
        let bits = match kind {
            _ if kind.is_by_address() => bytes.as_ptr() as u64,
            KindId::VOID => return None,
            _ => match ty.scalar() {
                Some(scalar) => load(scalar, bytes),
                None => load(Scalar::U64, bytes),
            },
        };
        Some(Self::raw(kind, bits))
    }

    /// It as a `T`, which must be of its kind.
    fn read<T: Copy>(self) -> Option<T> {
        let bytes = self.bytes()?;
        let address = bytes.as_ptr().cast::<T>();
        // SAFETY: the kind is that of `T`, so that there are its bytes; every pattern is valid.
        (bytes.len() == size_of::<T>()).then(|| unsafe { address.read_unaligned() })
    }

    /// The value of an integer of 128 bits.
    #[cold]
    pub(super) fn wide_integer(self) -> Option<i128> {
        match self.kind.scalar()? {
            Scalar::I128 => self.read(),
            Scalar::U128 => self.read::<u128>()?.try_into().ok(),
            _ => None,
        }
    }

    /// See [`Value::view`].
    pub(super) fn view_wide(self) -> ValueView<'a> {
        let scalar = self.kind.scalar().and_then(|scalar| match scalar {
            Scalar::F16 => Some(ValueView::F16(F16::from_bits(self.bits as u16))),
            Scalar::I128 => self.read().map(ValueView::I128),
            Scalar::U128 => self.read().map(ValueView::U128),
            Scalar::LongDouble if scalar.is_direct() => {
                let double = f64::from_bits(self.bits);
                Some(ValueView::LongDouble(LongDouble::from(double)))
            }
            Scalar::LongDouble => self.read().map(ValueView::LongDouble),
            _ => None,
        });
        let complex = || match self.kind.complex()? {
            Scalar::F16 => self.read().map(ValueView::ComplexF16),
            Scalar::F32 => self.read().map(ValueView::ComplexF32),
            Scalar::F64 => self.read().map(ValueView::ComplexF64),
            Scalar::LongDouble => self.read().map(ValueView::ComplexLongDouble),
            _ => None,
        };
        let vector = || {
            let (element, len) = self.kind.vector()?;
            let mut bytes = [0; 16];
            match self.bytes() {
                Some(wide) => bytes.copy_from_slice(wide),
                None => bytes[..8].copy_from_slice(&self.bits.to_ne_bytes()),
            }
            Some(ValueView::Vector(VectorView {
                element,
                len,
                bytes,
            }))
        };
        let record = || self.as_record().map(ValueView::Record);
        let made = scalar.or_else(complex).or_else(vector).or_else(record);
        made.unwrap_or(ValueView::Void)
    }
}

/// The lanes of a vector, in a [`ValueView`].
///
/// ```
/// use farcall::{Value, ValueView, Vector};
/// let v = Vector::new([1i16, 2, 3, 4]);
/// let ValueView::Vector(lanes) = Value::of(&v).view() else { panic!() };
/// assert_eq!((lanes.len(), lanes.get(3).unwrap().as_i64()), (4, Some(4)));
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct VectorView {
    element: Scalar,
    len: usize,
    bytes: [u8; 16],
}

impl VectorView {
    /// What each lane is.
    #[must_use]
    pub fn element(&self) -> Scalar {
        self.element
    }

    /// How many there are; never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The lane with this index.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Value<'static>> {
        let size = self.element.size();
        let bytes = self.bytes().chunks_exact(size).nth(index)?;
        let kind = KindId::of_scalar(self.element);
        Some(Value::raw(kind, load(self.element, bytes)))
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len * self.element.size()]
    }
}

impl fmt::Display for VectorView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for index in 0..self.len {
            f.write_str(if index == 0 { "" } else { ", " })?;
            self.get(index).map_or(Ok(()), |lane| write!(f, "{lane}"))?;
        }
        f.write_str("]")
    }
}

impl fmt::Debug for VectorView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
