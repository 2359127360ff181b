//! Binary floating-point numbers of any width, taken apart and put together.
//!
//! Guarantee: [`Format::pack`] gives the number of the format nearest to what it is given, of two
//! equally near ones the even one, and infinity beyond the largest.
#![forbid(unsafe_code)]

use std::cmp::Ordering;

/// An interchange format of IEEE 754, or the x87's, which shows its leading bit.
#[derive(Clone, Copy)]
pub(super) struct Format {
    /// The bits of the significand, the leading one included.
    pub(super) precision: u32,
    /// The bits of the exponent.
    pub(super) exponent: u32,
    /// Whether the leading bit is stored.
    pub(super) explicit: bool,
}

pub(super) const HALF: Format = Format::ieee(11, 5);
pub(super) const SINGLE: Format = Format::ieee(24, 8);
pub(super) const DOUBLE: Format = Format::ieee(53, 11);
pub(super) const QUAD: Format = Format::ieee(113, 15);
pub(super) const X87: Format = Format {
    explicit: true,
    ..Format::ieee(64, 15)
};

/// A number that was taken apart.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Number {
    /// Not a number, with what lies below the leading bit in the highest bits.
    Nan {
        negative: bool,
        payload: u128,
    },
    Infinite {
        negative: bool,
    },
    Zero {
        negative: bool,
    },
    /// `significand * 2^(exponent - 127)`; the highest bit of the significand is set.
    Finite {
        negative: bool,
        exponent: i32,
        significand: u128,
    },
}

impl Format {
    const fn ieee(precision: u32, exponent: u32) -> Self {
        Self {
            precision,
            exponent,
            explicit: false,
        }
    }

    const fn bias(self) -> i32 {
        (1 << (self.exponent - 1)) - 1
    }

    /// The bits below the exponent.
    const fn stored(self) -> u32 {
        self.precision - !self.explicit as u32
    }

    const fn leading(self) -> u128 {
        1 << (self.precision - 1)
    }

    /// The number whose bits, the lowest of `bits`, these are.
    pub(super) fn unpack(self, bits: u128) -> Number {
        let stored = self.stored();
        let fraction = bits & ((1 << stored) - 1);
        let largest = (1 << self.exponent) - 1;
        let field = (bits >> stored) as u32 & largest;
        let negative = bits >> (stored + self.exponent) & 1 == 1;
        if field == largest {
            let below = fraction & (self.leading() - 1);
            return match below << (129 - self.precision) {
                0 => Number::Infinite { negative },
                payload => Number::Nan { negative, payload },
            };
        }
        let significand = match field {
            0 => fraction,
            _ if self.explicit => fraction,
            _ => fraction | self.leading(),
        };
        if significand == 0 {
            return Number::Zero { negative };
        }
        let up = significand.leading_zeros();
        let exponent = field.max(1).cast_signed() - self.bias();
        Number::Finite {
            negative,
            exponent: exponent - (self.precision - 1).cast_signed() + 127 - up.cast_signed(),
            significand: significand << up,
        }
    }

    /// The bits of the number nearest to `number`.
    pub(super) fn pack(self, number: Number) -> u128 {
        let largest = (1 << self.exponent) - 1;
        match number {
            Number::Zero { negative } => self.join(negative, 0, 0),
            Number::Infinite { negative } => self.join(negative, largest, self.leading()),
            Number::Nan { negative, payload } => {
                // What was cut off must not leave an infinity: a quiet one it is.
                let below = (payload | 1 << 127) >> (129 - self.precision);
                self.join(negative, largest, self.leading() | below)
            }
            Number::Finite {
                negative,
                exponent,
                significand,
            } => {
                let (field, significand) = self.round(exponent, significand);
                self.join(negative, field, significand)
            }
        }
    }

    /// The exponent's field and the significand of the nearest number.
    fn round(self, exponent: i32, significand: u128) -> (u32, u128) {
        let least = 1 - self.bias();
        // Below the least exponent there are fewer bits.
        let missing = (least - exponent).clamp(0, 128).cast_unsigned();
        let kept = cut(significand, 128 - self.precision + missing);
        // Rounding up may have made it one bit longer.
        let (kept, exponent) = match kept >> self.precision {
            0 => (kept, exponent),
            _ => (kept >> 1, exponent + 1),
        };
        if exponent > self.bias() {
            return ((1 << self.exponent) - 1, self.leading());
        }
        let field = match kept & self.leading() {
            0 => 0,
            _ => (exponent.max(least) + self.bias()).cast_unsigned(),
        };
        (field, kept)
    }

    fn join(self, negative: bool, field: u32, significand: u128) -> u128 {
        let stored = self.stored();
        let fraction = significand & ((1 << stored) - 1);
        (u128::from(negative) << self.exponent | u128::from(field)) << stored | fraction
    }
}

/// The significand without its lowest `drop` bits, at least one: rounded to nearest, ties to even.
fn cut(significand: u128, drop: u32) -> u128 {
    if drop > 128 {
        return 0;
    }
    let kept = significand.checked_shr(drop).unwrap_or(0);
    let rest = significand << (128 - drop);
    let half = 1 << 127;
    kept + u128::from(rest > half || (rest == half && kept & 1 == 1))
}

impl Number {
    pub(super) fn integer(negative: bool, magnitude: u128) -> Self {
        match magnitude.leading_zeros() {
            128 => Self::Zero { negative },
            up => Self::Finite {
                negative,
                exponent: 127 - up.cast_signed(),
                significand: magnitude << up,
            },
        }
    }

    /// How it compares with another; both zeros are equal, and what is no number has no place.
    pub(super) fn order(self, other: Self) -> Option<Ordering> {
        let (a, b) = (self.key()?, other.key()?);
        let magnitude = (a.1, a.2).cmp(&(b.1, b.2));
        let same_sign = if a.0 < 0 {
            magnitude.reverse()
        } else {
            magnitude
        };
        Some(a.0.cmp(&b.0).then(same_sign))
    }

    /// Its sign, and what its magnitude is ordered by.
    fn key(self) -> Option<(i32, i32, u128)> {
        let sign = |negative| if negative { -1 } else { 1 };
        Some(match self {
            Self::Nan { .. } => return None,
            Self::Zero { .. } => (0, 0, 0),
            Self::Infinite { negative } => (sign(negative), i32::MAX, 0),
            Self::Finite {
                negative,
                exponent,
                significand,
            } => (sign(negative), exponent, significand),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the compiler's own conversion gives is the independent source.
    #[test]
    fn doubles_are_shortened_as_the_machine_does() {
        let mut state = 1u64;
        for _ in 0..200_000 {
            state = state
                .wrapping_mul(0x5851_f42d_4c95_7f2d)
                .wrapping_add(0x14057b7ef767814f);
            // Half of them around the range of a float, with few and with many bits.
            let bits = match state >> 62 {
                0 => state,
                1 => state & !0x1fff_ffff | 0x1000_0000,
                _ => state & 0x8000_ffff_ffff_ffff | (0x36a + (state >> 48) % 0x130) << 52,
            };
            let double = f64::from_bits(bits);
            let expected = double as f32;
            let found = SINGLE.pack(DOUBLE.unpack(bits.into())) as u32;
            if double.is_nan() {
                assert!(f32::from_bits(found).is_nan());
            } else {
                assert_eq!(found, expected.to_bits(), "{double:e}");
            }
            let back = DOUBLE.pack(SINGLE.unpack(expected.to_bits().into())) as u64;
            if !double.is_nan() {
                assert_eq!(back, f64::from(expected).to_bits());
            }
        }
    }

    #[test]
    fn every_format_keeps_its_own_numbers() {
        for format in [HALF, SINGLE, DOUBLE, QUAD, X87] {
            let one = format.pack(Number::integer(false, 1));
            let least = 1u128;
            for bits in [
                0,
                least,
                one,
                one + 1,
                one - 1 + u128::from(format.explicit),
            ] {
                assert_eq!(format.pack(format.unpack(bits)), bits);
            }
        }
    }

    #[test]
    fn ties_go_to_the_even_number() {
        let half = |number: f64| HALF.pack(DOUBLE.unpack(number.to_bits().into()));
        assert_eq!(half(2049.0), half(2048.0));
        assert_eq!(half(2051.0), half(2052.0));
        assert_eq!(half(65519.9), 0x7bff);
        assert_eq!(half(65520.0), 0x7c00);
        assert_eq!((half(2f64.powi(-25)), half(2f64.powi(-25) * 1.01)), (0, 1));
        assert_eq!(half(-0.0), 0x8000);
    }

    #[test]
    fn numbers_are_ordered() {
        let number = |double: f64| DOUBLE.unpack(double.to_bits().into());
        let sorted = [
            f64::NEG_INFINITY,
            -2.0,
            -1.5,
            -1e-310,
            0.0,
            1e-310,
            1.0,
            1.5,
            2.0,
            f64::INFINITY,
        ];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(number(*a).order(number(*b)), Some(i.cmp(&j)), "{a} {b}");
            }
        }
        assert_eq!(number(-0.0).order(number(0.0)), Some(Ordering::Equal));
        assert_eq!(number(f64::NAN).order(number(0.0)), None);
    }
}
