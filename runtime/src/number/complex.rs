//! `_Complex`.
#![allow(unsafe_code, reason = "a type promises what C sees of it")]

use super::{F16, LongDouble};
use crate::types::{ForeignResult, ForeignType, RustType, Scalar};
use std::fmt;

/// C's `T _Complex` for `T` one of `f32`, `f64`, [`LongDouble`], [`F16`].
///
/// ```
/// use farcall::Complex;
/// let z = Complex { re: 3.0, im: -4.0 };
/// assert_eq!(z.to_string(), "3.0-4.0i");
/// ```
#[derive(Clone, Copy, PartialEq, Default)]
#[repr(C)]
pub struct Complex<T> {
    /// The real part.
    pub re: T,
    /// The imaginary part.
    pub im: T,
}

impl<T> Complex<T> {
    /// The number with these parts.
    #[must_use]
    pub const fn new(re: T, im: T) -> Self {
        Self { re, im }
    }
}

/// A number that complex numbers of C have parts of.
pub trait ComplexPart: ForeignResult + Copy {
    /// What it is in C.
    const PART: Scalar;
}

impl ComplexPart for F16 {
    const PART: Scalar = Scalar::F16;
}
impl ComplexPart for f32 {
    const PART: Scalar = Scalar::F32;
}
impl ComplexPart for f64 {
    const PART: Scalar = Scalar::F64;
}
impl ComplexPart for LongDouble {
    const PART: Scalar = Scalar::LongDouble;
}

impl<T: fmt::Debug> fmt::Display for Complex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{:+?}i", self.re, self.im)
    }
}

impl<T: fmt::Debug> fmt::Debug for Complex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// SAFETY: "each complex type has the same representation and alignment requirements as an array type
// containing exactly two elements of the corresponding real type" (C11 section 6.2.5, paragraph 13).
unsafe impl<T: ComplexPart> ForeignType for Complex<T> {
    const TYPE: RustType = RustType::Complex(T::PART);
}
// SAFETY: every bit pattern of the parts is a number.
unsafe impl<T: ComplexPart> ForeignResult for Complex<T> {}
