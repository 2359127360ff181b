//! Bit-fields: the rules of compilers for where they lie, and how their bits are read and written.
//!
//! Guarantee: a [`BitField`] names bits inside its record only, and at most as many as its type
//! has.
#![forbid(unsafe_code)]

use super::Scalar;
use std::fmt;

/// The bits of a record that a bit-field takes.
///
/// ```
/// use farcall::{RecordKind, RecordType, Type};
/// let date = RecordType::builder(RecordKind::Struct, Some("date"))
///     .bit_field("day", Type::UNSIGNED_INT, 5)
///     .bit_field("month", Type::UNSIGNED_INT, 4)
///     .build()?;
/// let month = date.field("month").unwrap();
/// assert_eq!((month.offset(), month.bits().unwrap().width()), (0, 4));
/// # Ok::<(), farcall::TypeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BitField {
    /// Counted from the byte at the field's offset, in the order in which the platform fills bytes.
    first: u8,
    width: u8,
}

/// The rules by which a compiler lays out bit-fields.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum BitRules {
    /// Those of gcc and clang, except on ARM and Windows: a bit-field follows the one before it
    /// unless it would cross more units of its type than the type has.
    Gnu,
    /// The same on ARM: a bit-field without a name counts for the record's alignment too.
    Arm,
    /// Those of Windows: bit-fields share a unit only if their types have one size.
    Microsoft,
}

impl BitRules {
    /// The rules of C on this platform.
    pub const HOST: Self = if cfg!(windows) {
        Self::Microsoft
    } else if cfg!(any(target_arch = "aarch64", target_arch = "arm"))
        && !cfg!(target_vendor = "apple")
    {
        Self::Arm
    } else {
        Self::Gnu
    };

    /// The attribute that chooses these rules, where they are not the platform's own.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Gnu | Self::Arm => "gcc_struct",
            Self::Microsoft => "ms_struct",
        }
    }

    /// The rules that an attribute of this name chooses.
    pub(crate) fn chosen_by(attribute: &str) -> Option<Self> {
        let arm = cfg!(any(target_arch = "aarch64", target_arch = "arm"));
        Some(match attribute {
            "ms_struct" => Self::Microsoft,
            "gcc_struct" if arm && !cfg!(target_vendor = "apple") => Self::Arm,
            "gcc_struct" => Self::Gnu,
            _ => return None,
        })
    }
}

impl BitField {
    /// One of `width` bits, at most 64, whose place is not known yet.
    pub(crate) const fn unplaced(width: u8) -> Self {
        Self { first: 0, width }
    }

    /// The same at bit `first` of the byte at its offset.
    pub(crate) const fn at(self, first: u8) -> Self {
        Self { first, ..self }
    }

    /// Its first bit, 0 to 7, counted from the byte at the field's offset: from the least
    /// significant bit on little-endian platforms, from the most significant one on others.
    #[must_use]
    pub const fn first(self) -> u32 {
        self.first as u32
    }

    /// Its width in bits, 1 to 64; 0 for one that only ends a unit.
    #[must_use]
    pub const fn width(self) -> u32 {
        self.width as u32
    }

    /// How many bytes it touches, 0 to 9.
    pub(crate) const fn bytes(self) -> u64 {
        (self.first as u64 + self.width as u64).div_ceil(8)
    }

    /// The values that it holds for this type; `None` for `_Bool`.
    pub(crate) fn range(self, scalar: Scalar) -> Option<(i128, u128)> {
        scalar.range()?;
        Some(match scalar.is_signed() {
            true => (-(1 << (self.width - 1)), (1 << (self.width - 1)) - 1),
            false => (0, (1 << self.width) - 1),
        })
    }

    /// The field's value from the bytes that it touches, extended to 64 bits.
    pub(crate) fn load(self, scalar: Scalar, bytes: &[u8]) -> u64 {
        let bits = (self.word(bytes) >> self.shift()) as u64 & self.mask();
        let unused = 64 - u32::from(self.width);
        match scalar {
            Scalar::Bool => u64::from(bits != 0),
            signed if signed.is_signed() => {
                ((bits << unused).cast_signed() >> unused).cast_unsigned()
            }
            _ => bits,
        }
    }

    /// Puts the low bits of `value` into the bytes that the field touches, and leaves the others.
    pub(crate) fn store(self, value: u64, bytes: &mut [u8]) {
        let mask = u128::from(self.mask()) << self.shift();
        let word = self.word(bytes) & !mask | u128::from(value & self.mask()) << self.shift();
        let count = self.bytes() as usize;
        if cfg!(target_endian = "little") {
            bytes[..count].copy_from_slice(&word.to_le_bytes()[..count]);
        } else {
            bytes[..count].copy_from_slice(&word.to_be_bytes()[16 - count..]);
        }
    }

    /// The bytes that it touches as one number.
    fn word(self, bytes: &[u8]) -> u128 {
        let count = self.bytes() as usize;
        let mut word = [0; 16];
        if cfg!(target_endian = "little") {
            word[..count].copy_from_slice(&bytes[..count]);
            u128::from_le_bytes(word)
        } else {
            word[16 - count..].copy_from_slice(&bytes[..count]);
            u128::from_be_bytes(word)
        }
    }

    /// How far its lowest bit is above that of the number.
    fn shift(self) -> u32 {
        if cfg!(target_endian = "little") {
            self.first()
        } else {
            8 * self.bytes() as u32 - self.first() - self.width()
        }
    }

    fn mask(self) -> u64 {
        // A width is at least 1 where values are read or written.
        u64::MAX >> (64 - u32::from(self.width).max(1))
    }
}

impl fmt::Display for BitField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.width)
    }
}
