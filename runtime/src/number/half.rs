//! `_Float16`.
#![allow(unsafe_code, reason = "a type promises what C sees of it")]

use super::float::{HALF, SINGLE};
use crate::types::{ForeignResult, ForeignType, RustType, Scalar};
use std::cmp::Ordering;
use std::fmt;

/// C's `_Float16`: an IEEE 754 number of 16 bits.
///
/// rustc has no type that C functions take as they take a `_Float16`, so calls with it go through an
/// engine.
///
/// ```
/// use farcall::F16;
/// assert_eq!(F16::from_f32(0.1).to_f32(), 0.099975586);
/// assert_eq!(F16::from_bits(0x3c00), F16::from_f32(1.0));
/// ```
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct F16(u16);

impl F16 {
    /// The number with these bits.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Its bits.
    #[must_use]
    pub const fn to_bits(self) -> u16 {
        self.0
    }

    /// The nearest number; of two equally near ones the even one.
    #[must_use]
    pub fn from_f32(value: f32) -> Self {
        Self(HALF.pack(SINGLE.unpack(value.to_bits().into())) as u16)
    }

    /// It as an `f32`, which holds every one of them.
    #[must_use]
    pub fn to_f32(self) -> f32 {
        f32::from_bits(SINGLE.pack(HALF.unpack(self.0.into())) as u32)
    }
}

impl From<F16> for f32 {
    fn from(value: F16) -> Self {
        value.to_f32()
    }
}

impl From<F16> for f64 {
    fn from(value: F16) -> Self {
        value.to_f32().into()
    }
}

impl PartialEq for F16 {
    fn eq(&self, other: &Self) -> bool {
        self.to_f32() == other.to_f32()
    }
}

impl PartialOrd for F16 {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.to_f32().partial_cmp(&other.to_f32())
    }
}

impl fmt::Display for F16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_f32().fmt(f)
    }
}

impl fmt::Debug for F16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_f32().fmt(f)
    }
}

// SAFETY: 16 bits of such a number.
unsafe impl ForeignType for F16 {
    const TYPE: RustType = RustType::Scalar(Scalar::F16);
}
// SAFETY: every bit pattern is a number.
unsafe impl ForeignResult for F16 {}
