//! Vectors of 64 and 128 bits.
#![allow(unsafe_code, reason = "a type promises what C sees of it")]

use crate::types::{ForeignResult, ForeignType, RustType, Scalar};
use std::fmt;

/// A vector of 64 or 128 bits as C compilers have them: `Vector<[f32; 4]>` is `__m128`, or
/// `float __attribute__((vector_size(16)))`.
///
/// Calls with it go through an engine: what rustc makes of vectors in C functions depends on the
/// processor's features.
///
/// ```
/// use farcall::Vector;
/// let v = Vector::new([1.0f32, 2.0, 3.0, 4.0]);
/// assert_eq!((v.lanes()[2], align_of_val(&v)), (3.0, 16));
/// ```
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Vector<A: Lanes> {
    lanes: A,
    align: [A::Align; 0],
}

impl<A: Lanes> Vector<A> {
    /// The vector with these lanes.
    #[must_use]
    pub const fn new(lanes: A) -> Self {
        Self { lanes, align: [] }
    }

    /// Its lanes, that at the lowest address first.
    #[must_use]
    pub const fn lanes(self) -> A {
        self.lanes
    }
}

impl<A: Lanes> From<A> for Vector<A> {
    fn from(lanes: A) -> Self {
        Self::new(lanes)
    }
}

impl<A: Lanes + PartialEq> PartialEq for Vector<A> {
    fn eq(&self, other: &Self) -> bool {
        self.lanes == other.lanes
    }
}

impl<A: Lanes + fmt::Debug> fmt::Debug for Vector<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lanes.fmt(f)
    }
}

mod sealed {
    pub trait Lanes {}
}

/// An array that is the lanes of a [`Vector`]: integers or floats of 8 or 16 bytes together, except
/// for one `f64`, which gcc and clang pass differently.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of lanes",
    label = "expected an array of 8 or 16 bytes of integers or floats",
    note = "write `Vector<[f32; 4]>` for C's `__m128`; wider vectors are not supported"
)]
pub trait Lanes: sealed::Lanes + Copy {
    /// What has the vector's alignment.
    #[doc(hidden)]
    type Align: Copy;
    /// What C sees.
    #[doc(hidden)]
    const TYPE: RustType;
}

/// Something aligned to 8 bytes.
#[doc(hidden)]
#[derive(Clone, Copy)]
#[repr(align(8))]
pub struct Align8;

/// Something aligned to 16 bytes.
#[doc(hidden)]
#[derive(Clone, Copy)]
#[repr(align(16))]
pub struct Align16;

macro_rules! lanes {
    ($($ty:ty: $scalar:ident $short:literal $long:literal;)*) => {$(
        impl sealed::Lanes for [$ty; $long] {}
        impl Lanes for [$ty; $long] {
            type Align = Align16;
            const TYPE: RustType = RustType::Vector(Scalar::$scalar, $long);
        }
        impl sealed::Lanes for [$ty; $short] {}
        impl Lanes for [$ty; $short] {
            type Align = Align8;
            const TYPE: RustType = RustType::Vector(Scalar::$scalar, $short);
        }
    )*};
}

lanes! {
    i8: I8 8 16;
    u8: U8 8 16;
    i16: I16 4 8;
    u16: U16 4 8;
    i32: I32 2 4;
    u32: U32 2 4;
    i64: I64 1 2;
    u64: U64 1 2;
    f32: F32 2 4;
}

impl sealed::Lanes for [f64; 2] {}
impl Lanes for [f64; 2] {
    type Align = Align16;
    const TYPE: RustType = RustType::Vector(Scalar::F64, 2);
}

// SAFETY: lanes lie one after another, aligned as the compilers align them.
unsafe impl<A: Lanes> ForeignType for Vector<A> {
    const TYPE: RustType = A::TYPE;
}
// SAFETY: every bit pattern of integers and floats is valid.
unsafe impl<A: Lanes> ForeignResult for Vector<A> {}
