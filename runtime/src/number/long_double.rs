//! `long double`.
#![allow(unsafe_code, reason = "a type promises what C sees of it")]

#[allow(unused_imports, reason = "each platform has one of the formats")]
use super::float::{DOUBLE, Format, Number, QUAD, X87};
use crate::types::{ForeignResult, ForeignType, RustType, Scalar};
use std::cmp::Ordering;
use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The bytes of a `long double`, aligned as it is.
#[cfg(all(
    target_arch = "x86",
    not(any(target_env = "msvc", target_os = "android"))
))]
mod storage {
    pub(super) const FORMAT: super::Format = super::X87;

    #[derive(Clone, Copy)]
    #[repr(C, align(4))]
    pub(super) struct Storage(pub(super) [u8; 12]);
}

#[cfg(all(
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64",
        target_arch = "loongarch64",
        target_arch = "s390x"
    ),
    not(any(
        target_env = "msvc",
        all(target_vendor = "apple", target_arch = "aarch64"),
        all(windows, target_arch = "aarch64")
    ))
))]
mod storage {
    /// Android's compilers have no use for the x87.
    pub(super) const FORMAT: super::Format =
        if cfg!(all(target_arch = "x86_64", not(target_os = "android"))) {
            super::X87
        } else {
            super::QUAD
        };

    #[derive(Clone, Copy)]
    #[repr(C, align(16))]
    pub(super) struct Storage(pub(super) [u8; 16]);
}

#[cfg(not(any(
    all(
        target_arch = "x86",
        not(any(target_env = "msvc", target_os = "android"))
    ),
    all(
        any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64",
            target_arch = "loongarch64",
            target_arch = "s390x"
        ),
        not(any(
            target_env = "msvc",
            all(target_vendor = "apple", target_arch = "aarch64"),
            all(windows, target_arch = "aarch64")
        ))
    )
)))]
mod storage {
    pub(super) const FORMAT: super::Format = super::DOUBLE;

    /// It is a `double`, and passed as one.
    #[derive(Clone, Copy)]
    #[repr(transparent)]
    pub(super) struct Storage(pub(super) f64);
}

use storage::{FORMAT, Storage};

/// Its size and alignment in bytes.
pub(crate) const SIZE_AND_ALIGN: (usize, usize) = (size_of::<Storage>(), align_of::<Storage>());

/// Whether it is known what the compilers of this platform have: not on PowerPC, where they differ.
pub(crate) const FORMAT_IS_KNOWN: bool =
    !cfg!(any(target_arch = "powerpc", target_arch = "powerpc64"));

/// C's `long double`, with all its bits: the x87's number of 80 bits on x86, a number of 128 bits on
/// 64-bit ARM and RISC-V, a `double` on Apple's ARM and with Microsoft's compilers.
///
/// It is there to be passed, compared, converted and printed, not to be computed with. rustc has no
/// such type, so calls with it go through an engine.
///
/// ```
/// use farcall::LongDouble;
/// let ten = LongDouble::from(10);
/// assert_eq!((ten.to_f64(), ten > LongDouble::from(9.5)), (10.0, true));
/// assert_eq!("0x1.8p+1".parse(), Ok(LongDouble::from(3)));
/// ```
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct LongDouble(Storage);

impl LongDouble {
    /// The number with these bits, of which there are 64, 80 or 128; those above are ignored.
    #[must_use]
    pub fn from_bits(bits: u128) -> Self {
        let mut number = Self(Storage::zero());
        let bytes = bits.to_ne_bytes();
        let size = number.0.bytes_mut().len();
        let value = size.min(FORMAT.bytes());
        match cfg!(target_endian = "little") {
            true => number.0.bytes_mut()[..value].copy_from_slice(&bytes[..value]),
            false => number.0.bytes_mut()[..value].copy_from_slice(&bytes[16 - value..]),
        }
        number
    }

    /// Its bits, without those of padding.
    #[must_use]
    pub fn to_bits(self) -> u128 {
        let mut this = self;
        let value = this.0.bytes_mut().len().min(FORMAT.bytes());
        let mut bytes = [0; 16];
        match cfg!(target_endian = "little") {
            true => bytes[..value].copy_from_slice(&this.0.bytes_mut()[..value]),
            false => bytes[16 - value..].copy_from_slice(&this.0.bytes_mut()[..value]),
        }
        u128::from_ne_bytes(bytes)
    }

    /// The nearest `f64`; of two equally near ones the even one.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        f64::from_bits(DOUBLE.pack(self.number()) as u64)
    }

    fn number(self) -> Number {
        FORMAT.unpack(self.to_bits())
    }

    fn of(number: Number) -> Self {
        Self::from_bits(FORMAT.pack(number))
    }

    /// The `f64` that it equals, if there is one.
    fn exact(self) -> Option<f64> {
        let short = self.to_f64();
        (short.is_nan() || Self::from(short) == self).then_some(short)
    }
}

impl Format {
    /// The bytes of its bits.
    const fn bytes(self) -> usize {
        ((self.precision + self.exponent + self.explicit as u32) / 8) as usize
    }
}

impl Storage {
    fn zero() -> Self {
        // SAFETY: bytes, or a float, of zeros.
        unsafe { std::mem::zeroed() }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let address = (&raw mut *self).cast::<u8>();
        // SAFETY: bytes, or a float, of which every bit pattern is valid; it has no padding.
        unsafe { std::slice::from_raw_parts_mut(address, size_of::<Self>()) }
    }
}

impl Default for LongDouble {
    fn default() -> Self {
        Self(Storage::zero())
    }
}

impl From<f64> for LongDouble {
    /// The same number.
    fn from(value: f64) -> Self {
        Self::of(DOUBLE.unpack(value.to_bits().into()))
    }
}

impl From<f32> for LongDouble {
    /// The same number.
    fn from(value: f32) -> Self {
        Self::from(f64::from(value))
    }
}

macro_rules! from_integers {
    ($($ty:ty)*) => {$(
        impl From<$ty> for LongDouble {
            /// The nearest number, which is the same one where there are enough bits for it.
            #[allow(unused_comparisons, reason = "some are unsigned")]
            fn from(value: $ty) -> Self {
                let wide = i128::from(value);
                Self::of(Number::integer(wide < 0, wide.unsigned_abs()))
            }
        }
    )*};
}

from_integers!(i8 u8 i16 u16 i32 u32 i64 u64);

impl PartialEq for LongDouble {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for LongDouble {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.number().order(other.number())
    }
}

impl fmt::Display for LongDouble {
    /// As an `f64` where it equals one, otherwise in hexadecimal as C's `%La`, so that it always reads
    /// back exactly.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.exact(), self.number()) {
            (Some(exact), _) => fmt::Debug::fmt(&exact, f),
            (
                None,
                Number::Finite {
                    negative,
                    exponent,
                    significand,
                },
            ) => {
                let sign = match (negative, f.sign_plus()) {
                    (true, _) => "-",
                    (false, true) => "+",
                    (false, false) => "",
                };
                let digits = format!("{:032x}", significand << 1);
                let digits = digits.trim_end_matches('0');
                let point = if digits.is_empty() { "" } else { "." };
                write!(f, "{sign}0x1{point}{digits}p{exponent:+}")
            }
            (None, _) => f.write_str("NaN"),
        }
    }
}

impl fmt::Debug for LongDouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseLongDoubleError(());

impl fmt::Display for ParseLongDoubleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a number as Rust writes an f64, or in hexadecimal as 0x1.8p+1")
    }
}

impl Error for ParseLongDoubleError {}

impl FromStr for LongDouble {
    type Err = ParseLongDoubleError;

    /// Reads what an `f64` can be read from, as precisely as an `f64` is; all bits can be given in
    /// hexadecimal, as C writes them.
    fn from_str(text: &str) -> Result<Self, ParseLongDoubleError> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let hex = rest.strip_prefix("0x").or(rest.strip_prefix("0X"));
        let number = match hex {
            Some(digits) => hexadecimal(negative, digits).map(Self::of),
            None => text.parse::<f64>().ok().map(Self::from),
        };
        number.ok_or(ParseLongDoubleError(()))
    }
}

/// The number `h.hhhp±d`, whose exponent may be left out.
fn hexadecimal(negative: bool, text: &str) -> Option<Number> {
    let (digits, power) = match text.split_once(['p', 'P']) {
        Some((digits, power)) => (digits, power.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let (mut magnitude, mut down) = (0u128, 0i32);
    for (index, digit) in whole.chars().chain(part.chars()).enumerate() {
        let digit = digit.to_digit(16)?;
        let is_part = index >= whole.len();
        match magnitude >> 124 {
            0 => {
                magnitude = magnitude << 4 | u128::from(digit);
                down = down.checked_sub(if is_part { 4 } else { 0 })?;
            }
            _ => {
                // Beyond any precision it only matters that there was something.
                magnitude |= u128::from(digit != 0);
                down = down.checked_add(if is_part { 0 } else { 4 })?;
            }
        }
    }
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    Some(match Number::integer(negative, magnitude) {
        Number::Finite {
            negative,
            exponent,
            significand,
        } => Number::Finite {
            negative,
            exponent: exponent
                .checked_add(down)?
                .checked_add(power)?
                .clamp(-40_000, 40_000),
            significand,
        },
        zero => zero,
    })
}

// SAFETY: the bytes of a `long double`.
unsafe impl ForeignType for LongDouble {
    const TYPE: RustType = RustType::Scalar(Scalar::LongDouble);
}
// SAFETY: every bit pattern is valid.
unsafe impl ForeignResult for LongDouble {}
