//! Registers and immediates whose types prove that an instruction has room for them.
//!
//! Guarantee: what exists here fits the field that it is for. The number 31 is the stack pointer in
//! some fields and the zero register in others; they are two types.
#![forbid(unsafe_code)]

/// A general-purpose register, x0 to x30.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct X(u8);

impl X {
    /// The frame pointer.
    pub(super) const FP: Self = Self(29);
    /// The link register.
    pub(super) const LR: Self = Self(30);

    /// The register with this number, at most 30.
    pub(super) const fn new(number: u8) -> Option<Self> {
        if number <= 30 {
            Some(Self(number))
        } else {
            None
        }
    }
}

/// A register where 31 is the stack pointer: bases of memory, sums with immediates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct XOrSp(u8);

impl XOrSp {
    pub(super) const SP: Self = Self(31);

    /// The register, if it is not the stack pointer.
    pub(super) const fn register(self) -> Option<X> {
        X::new(self.0)
    }

    pub(super) fn field(self) -> u32 {
        self.0.into()
    }
}

impl From<X> for XOrSp {
    fn from(x: X) -> Self {
        Self(x.0)
    }
}

/// A register where 31 reads as zero: data of loads, stores and logic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct XOrZr(u8);

impl XOrZr {
    pub(super) const ZR: Self = Self(31);

    /// The register, if it is not the zero register.
    pub(super) const fn register(self) -> Option<X> {
        X::new(self.0)
    }

    pub(super) fn field(self) -> u32 {
        self.0.into()
    }
}

impl From<X> for XOrZr {
    fn from(x: X) -> Self {
        Self(x.0)
    }
}

/// A floating-point and vector register, v0 to v31.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct V(u8);

impl V {
    /// The register with this number, at most 31.
    pub(super) const fn new(number: u8) -> Option<Self> {
        if number <= 31 {
            Some(Self(number))
        } else {
            None
        }
    }

    pub(super) fn field(self) -> u32 {
        self.0.into()
    }
}

/// What a load or store moves, and of which bank.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Data {
    /// The lowest bytes of a general-purpose register; a load clears those above.
    General(XOrZr),
    /// The lowest bytes of a vector register; a load clears those above.
    Vector(V),
}

/// How many bytes a load or store moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Width {
    B1,
    B2,
    B4,
    B8,
    /// Of a vector register only.
    B16,
}

impl Width {
    /// This many bytes.
    pub(super) const fn new(bytes: u32) -> Option<Self> {
        Some(match bytes {
            1 => Self::B1,
            2 => Self::B2,
            4 => Self::B4,
            8 => Self::B8,
            16 => Self::B16,
            _ => return None,
        })
    }

    /// The power of two.
    pub(super) const fn log2(self) -> u32 {
        self as u32
    }
}

/// An offset of 0 to 4095 times a width: `imm12` of loads and stores.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct UImm12Scaled(u16);

impl UImm12Scaled {
    pub(super) const fn new(offset: u32, width: Width) -> Option<Self> {
        let scaled = offset >> width.log2();
        if scaled << width.log2() == offset && scaled < 1 << 12 {
            Some(Self(scaled as u16))
        } else {
            None
        }
    }

    pub(super) fn field(self) -> u32 {
        self.0.into()
    }
}

/// An offset of -256 to 255: `imm9` of loads and stores.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SImm9(i16);

impl SImm9 {
    pub(super) const fn new(offset: i64) -> Option<Self> {
        if offset >= -256 && offset <= 255 {
            Some(Self(offset as i16))
        } else {
            None
        }
    }

    pub(super) fn field(self) -> u32 {
        (self.0 as u32) & 0x1ff
    }
}

/// An offset of -64 to 63 times 8: `imm7` of pairs of registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SImm7Scaled(i8);

impl SImm7Scaled {
    pub(super) const fn new(offset: i32) -> Option<Self> {
        let scaled = offset >> 3;
        if scaled << 3 == offset && scaled >= -64 && scaled <= 63 {
            Some(Self(scaled as i8))
        } else {
            None
        }
    }

    pub(super) fn field(self) -> u32 {
        (self.0 as u32) & 0x7f
    }
}

/// A number of 0 to 4095, or 4096 times such a number: `sh imm12` of sums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Imm12 {
    shifted: bool,
    number: u16,
}

impl Imm12 {
    pub(super) const ZERO: Self = Self {
        shifted: false,
        number: 0,
    };

    pub(super) const fn new(number: u32) -> Option<Self> {
        if number < 1 << 12 {
            Some(Self {
                shifted: false,
                number: number as u16,
            })
        } else if number.is_multiple_of(1 << 12) && number < 1 << 24 {
            Some(Self {
                shifted: true,
                number: (number >> 12) as u16,
            })
        } else {
            None
        }
    }

    pub(super) fn field(self) -> u32 {
        u32::from(self.shifted) << 12 | u32::from(self.number)
    }
}

/// All ones but for 1 to 63 zeros at the low end: `N immr imms` of logic, where a run of `imms + 1`
/// ones is rotated right by `immr`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct HighOnes {
    zeros: u8,
}

impl HighOnes {
    /// The mask that rounds down to a multiple of `align`.
    pub(super) const fn new(align: u32) -> Option<Self> {
        if align.is_power_of_two() && align > 1 {
            Some(Self {
                zeros: align.trailing_zeros() as u8,
            })
        } else {
            None
        }
    }

    pub(super) fn field(self) -> u32 {
        let zeros = u32::from(self.zeros);
        1 << 12 | (64 - zeros) << 6 | (63 - zeros)
    }
}

/// A distance in bytes of less than 1 MiB: `immhi immlo` of `adr`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Offset21(i32);

impl Offset21 {
    pub(super) const fn new(distance: i64) -> Option<Self> {
        if distance >= -(1 << 20) && distance < 1 << 20 {
            Some(Self(distance as i32))
        } else {
            None
        }
    }

    pub(super) fn low(self) -> u32 {
        (self.0 as u32) & 3
    }

    pub(super) fn high(self) -> u32 {
        (self.0 as u32 >> 2) & 0x7_ffff
    }
}

/// A distance in words of less than 1 MiB: `imm19` of conditional jumps and of literals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Offset19(i32);

impl Offset19 {
    pub(super) const fn new(distance: i64) -> Option<Self> {
        if distance % 4 == 0 && distance >= -(1 << 20) && distance < 1 << 20 {
            Some(Self((distance / 4) as i32))
        } else {
            None
        }
    }

    pub(super) fn field(self) -> u32 {
        (self.0 as u32) & 0x7_ffff
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn immediates_end_where_their_fields_do() {
        for (width, bytes) in [
            (Width::B1, 1),
            (Width::B2, 2),
            (Width::B4, 4),
            (Width::B8, 8),
            (Width::B16, 16),
        ] {
            assert_eq!(Width::new(bytes), Some(width));
            let last = 4095 * bytes;
            let field = |offset| UImm12Scaled::new(offset, width).map(UImm12Scaled::field);
            assert_eq!(field(last), Some(4095));
            assert_eq!(field(last + bytes), None);
            assert_eq!(field(0), Some(0));
            if bytes > 1 {
                assert_eq!(field(1), None);
                assert_eq!(field(last - 1), None);
            }
        }
        for bytes in [0, 3, 5, 6, 7, 9, 12, 15, 17, 32] {
            assert_eq!(Width::new(bytes), None);
        }
        let nine = |offset| SImm9::new(offset).map(SImm9::field);
        assert_eq!(
            [nine(-256), nine(-1), nine(255)].map(Option::unwrap),
            [0x100, 0x1ff, 0xff]
        );
        assert_eq!([nine(-257), nine(256)], [None; 2]);
        let seven = |offset| SImm7Scaled::new(offset).map(SImm7Scaled::field);
        assert_eq!(
            [seven(-512), seven(-16), seven(504)].map(Option::unwrap),
            [0x40, 0x7e, 0x3f]
        );
        assert_eq!([seven(-520), seven(512), seven(4), seven(-1)], [None; 4]);
        let twelve = |number| Imm12::new(number).map(Imm12::field);
        assert_eq!(
            [0, 4095, 4096, 4095 << 12].map(|number| twelve(number).unwrap()),
            [0, 0xfff, 0x1001, 0x1fff]
        );
        assert_eq!([4097, 1 << 24, (1 << 24) - 1].map(twelve), [None; 3]);
    }

    #[test]
    fn distances_end_where_their_fields_do() {
        let split = |distance| Offset21::new(distance).map(|it| (it.high(), it.low()));
        assert_eq!(split((1 << 20) - 1), Some((0x3_ffff, 3)));
        assert_eq!(split(-(1 << 20)), Some((0x4_0000, 0)));
        assert_eq!(split(-1), Some((0x7_ffff, 3)));
        assert_eq!([split(1 << 20), split(-(1 << 20) - 1)], [None; 2]);
        let words = |distance| Offset19::new(distance).map(Offset19::field);
        assert_eq!(words((1 << 20) - 4), Some(0x3_ffff));
        assert_eq!(words(-(1 << 20)), Some(0x4_0000));
        assert_eq!([1 << 20, -(1 << 20) - 4, 2, -1].map(words), [None; 4]);
    }

    #[test]
    fn masks_are_of_powers_of_two() {
        let mask = |align| HighOnes::new(align).map(HighOnes::field);
        // and sp, x0, #-16 and #-0x80000000, as an assembler has them
        assert_eq!(mask(16), Some(0x1f3b));
        assert_eq!(mask(1 << 31), Some(0x1860));
        assert_eq!([mask(0), mask(1), mask(24)], [None; 3]);
    }

    #[test]
    fn registers_end_where_their_banks_do() {
        assert!(X::new(30).is_some() && X::new(31).is_none());
        assert!(V::new(31).is_some() && V::new(32).is_none());
    }
}
