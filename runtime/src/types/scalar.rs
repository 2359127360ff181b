//! The scalars of C as the machine sees them, and their C names.
//!
//! Guarantee: a [`Scalar`] says width, signedness and integer or float, and nothing else; two C
//! types with the same `Scalar` are interchangeable in a call.
#![forbid(unsafe_code)]

use super::Type;
use crate::number;
use std::ffi::{c_char, c_double, c_float, c_int, c_long, c_longlong, c_short};
use std::fmt;

/// A machine scalar: what one C arithmetic type, enumeration or pointer is in a register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Scalar {
    /// `_Bool`: one byte that is 0 or 1.
    Bool = 1,
    /// A signed integer of 8 bits.
    I8,
    /// An unsigned integer of 8 bits.
    U8,
    /// A signed integer of 16 bits.
    I16,
    /// An unsigned integer of 16 bits.
    U16,
    /// A signed integer of 32 bits.
    I32,
    /// An unsigned integer of 32 bits.
    U32,
    /// A signed integer of 64 bits.
    I64,
    /// An unsigned integer of 64 bits.
    U64,
    /// An IEEE 754 number of 32 bits.
    F32,
    /// An IEEE 754 number of 64 bits.
    F64,
    /// A data or function pointer.
    Pointer,
    /// `_Float16`: an IEEE 754 number of 16 bits.
    F16,
    /// `__int128`: a signed integer of 128 bits.
    I128,
    /// `unsigned __int128`: an unsigned integer of 128 bits.
    U128,
    /// `long double`, in the platform's own format.
    LongDouble,
}

impl Scalar {
    /// Every scalar, in the order of their numbers.
    pub const ALL: [Self; 16] = [
        Self::Bool,
        Self::I8,
        Self::U8,
        Self::I16,
        Self::U16,
        Self::I32,
        Self::U32,
        Self::I64,
        Self::U64,
        Self::F32,
        Self::F64,
        Self::Pointer,
        Self::F16,
        Self::I128,
        Self::U128,
        Self::LongDouble,
    ];

    /// Its size in bytes: 1, 2, 4, 8 or 16; that of a `long double` also 12.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
            Self::Pointer => size_of::<*const ()>(),
            Self::I128 | Self::U128 => 16,
            Self::LongDouble => number::SIZE_AND_ALIGN.0,
        }
    }

    /// Its alignment in bytes inside a C record of this platform.
    #[must_use]
    pub const fn align(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 => align_of::<i16>(),
            Self::I32 | Self::U32 => align_of::<i32>(),
            Self::F32 => align_of::<f32>(),
            Self::I64 | Self::U64 => align_of::<c_longlong>(),
            Self::F64 => align_of::<f64>(),
            Self::Pointer => align_of::<*const ()>(),
            Self::I128 | Self::U128 => align_of::<i128>(),
            Self::LongDouble => number::SIZE_AND_ALIGN.1,
        }
    }

    /// Whether a slot holds the value itself, extended to 64 bits; otherwise it holds its address.
    pub(crate) const fn is_direct(self) -> bool {
        self.size() <= 8
    }

    /// Whether it is an integer; `_Bool` and pointers are not.
    #[must_use]
    pub const fn is_integer(self) -> bool {
        !matches!(self, Self::Bool | Self::Pointer) && !self.is_float()
    }

    /// Whether it is a floating-point number.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64 | Self::LongDouble)
    }

    /// Whether it is a signed integer.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        matches!(
            self,
            Self::I8 | Self::I16 | Self::I32 | Self::I64 | Self::I128
        )
    }

    /// The smallest and the largest value of an integer; `None` for what is not an integer.
    #[must_use]
    pub const fn range(self) -> Option<(i128, u128)> {
        if !self.is_integer() {
            return None;
        }
        let unused = 128 - self.size() as u32 * 8;
        Some(if self.is_signed() {
            (i128::MIN >> unused, i128::MAX.cast_unsigned() >> unused)
        } else {
            (0, u128::MAX >> unused)
        })
    }

    /// Whether it is an integer that holds this one.
    pub(crate) const fn holds(self, value: i128) -> bool {
        match self.range() {
            Some((low, high)) => low <= value && (value < 0 || value.cast_unsigned() <= high),
            None => false,
        }
    }

    /// The integer of `size` bytes (1, 2, 4, 8 or 16) and the given signedness.
    pub(crate) const fn integer(size: usize, signed: bool) -> Self {
        match (size, signed) {
            (1, true) => Self::I8,
            (1, false) => Self::U8,
            (2, true) => Self::I16,
            (2, false) => Self::U16,
            (4, true) => Self::I32,
            (4, false) => Self::U32,
            (8, true) => Self::I64,
            (8, false) => Self::U64,
            (_, true) => Self::I128,
            (_, false) => Self::U128,
        }
    }

    /// What C makes of an argument for which no parameter is declared: "the integer promotions are
    /// performed on each argument, and arguments that have type float are promoted to double" (C11
    /// section 6.5.2.2, paragraph 6).
    pub(crate) const fn promoted(self) -> Self {
        match self {
            // All values of these fit into an `int` (section 6.3.1.1, paragraph 2).
            Self::Bool | Self::I8 | Self::U8 | Self::I16 | Self::U16 => model::INT,
            Self::F32 => Self::F64,
            // `_Float16` is no `float`: gcc and clang pass it as it is.
            other => other,
        }
    }

    /// The Rust type with this representation, for messages: `i32`, `f64`, `*const T`, …
    #[must_use]
    pub const fn rust_name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::U8 => "u8",
            Self::I16 => "i16",
            Self::U16 => "u16",
            Self::I32 => "i32",
            Self::U32 => "u32",
            Self::I64 => "i64",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Pointer => "pointer",
            Self::F16 => "F16",
            Self::I128 => "i128",
            Self::U128 => "u128",
            Self::LongDouble => "LongDouble",
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.rust_name())
    }
}

/// How a scalar narrower than 64 bits is completed to 64.
///
/// The upper bits of a register that carries a narrow result are undefined in every supported ABI
/// (System V 3.2.3: "the remaining bits are undefined"), so whoever reads it extends it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Extend {
    /// The bits that carry the value.
    mask: u64,
    /// The sign bit of a signed integer of fewer than 64 bits, otherwise 0.
    sign: u64,
}

impl Extend {
    /// The extension of the scalar that `ty` is; nothing is changed if it is none.
    pub(crate) fn of(ty: Type) -> Self {
        let Some(scalar) = ty.scalar().filter(|scalar| scalar.is_direct()) else {
            return Self {
                mask: u64::MAX,
                sign: 0,
            };
        };
        let bits = 8 * scalar.size() as u32;
        let sign = if scalar.is_signed() && bits < 64 {
            1 << (bits - 1)
        } else {
            0
        };
        Self {
            mask: u64::MAX >> (64 - bits),
            sign,
        }
    }

    /// `bits` with everything above the value replaced by its extension.
    #[inline(always)]
    pub(crate) const fn apply(self, bits: u64) -> u64 {
        ((bits & self.mask) ^ self.sign).wrapping_sub(self.sign)
    }
}

/// The C data model of this platform, taken from the C types of Rust's `std::ffi`.
pub(crate) mod model {
    use super::*;

    pub(crate) const CHAR: Scalar = Scalar::integer(1, c_char::MIN != 0);
    pub(crate) const SHORT: Scalar = Scalar::integer(size_of::<c_short>(), true);
    pub(crate) const INT: Scalar = Scalar::integer(size_of::<c_int>(), true);
    pub(crate) const LONG: Scalar = Scalar::integer(size_of::<c_long>(), true);
    pub(crate) const LONG_LONG: Scalar = Scalar::integer(size_of::<c_longlong>(), true);
    pub(crate) const USHORT: Scalar = Scalar::integer(size_of::<c_short>(), false);
    pub(crate) const UINT: Scalar = Scalar::integer(size_of::<c_int>(), false);
    pub(crate) const ULONG: Scalar = Scalar::integer(size_of::<c_long>(), false);
    pub(crate) const ULONG_LONG: Scalar = Scalar::integer(size_of::<c_longlong>(), false);
    pub(crate) const SIZE: Scalar = Scalar::integer(size_of::<usize>(), false);
    pub(crate) const SSIZE: Scalar = Scalar::integer(size_of::<usize>(), true);

    /// `wchar_t`: 16 bits unsigned on Windows, 32 bits unsigned on ARM outside Apple's systems
    /// (AAPCS64 section 10.1.1), otherwise a 32-bit `int`.
    pub(crate) const WCHAR: Scalar = if cfg!(windows) {
        Scalar::U16
    } else if cfg!(all(
        any(target_arch = "aarch64", target_arch = "arm"),
        not(target_vendor = "apple")
    )) {
        Scalar::U32
    } else {
        Scalar::I32
    };

    const _: () = assert!(size_of::<c_float>() == 4 && size_of::<c_double>() == 8);
}
