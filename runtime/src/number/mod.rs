//! The numbers and short vectors of C that Rust has no type for.
//!
//! Guarantee: each has the size, the alignment and the bits that the C compiler gives its type on
//! this platform; conversions round to nearest, ties to even, as C does.

mod complex;
mod float;
mod half;
mod long_double;
mod vector;

pub use complex::Complex;
pub(crate) use complex::ComplexPart;
pub use half::F16;
pub(crate) use long_double::{FORMAT_IS_KNOWN, SIZE_AND_ALIGN};
pub use long_double::{LongDouble, ParseLongDoubleError};
pub use vector::{Lanes, Vector};
