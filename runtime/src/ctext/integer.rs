//! Integers as constant expressions compute them.
//!
//! Guarantee: a result is the one of C on this platform, in value, width and signedness; where C
//! has none, there is none.
#![forbid(unsafe_code)]

use crate::types::Scalar;

/// An integer constant after the integer promotions: a value of 32 or 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Integer {
    pub(super) value: i128,
    pub(super) bits: u32,
    pub(super) signed: bool,
}

/// Why an operation has no result.
pub(super) type Arithmetic = Result<Integer, &'static str>;

const OVERFLOW: &str = "this overflows its type";

impl Integer {
    /// An `int`.
    pub(super) const fn int(value: i128) -> Self {
        Self {
            value,
            bits: 32,
            signed: true,
        }
    }

    /// A truth value.
    pub(super) fn truth(value: bool) -> Self {
        Self::int(value.into())
    }

    /// A `size_t`.
    pub(super) fn size(value: u64) -> Self {
        Self {
            value: value.into(),
            bits: usize::BITS,
            signed: false,
        }
    }

    /// The value in the first of `int`, `unsigned int`, `long long` and `unsigned long long` that
    /// holds it, as enumerators and unsuffixed constants are typed.
    pub(super) fn smallest(value: i128) -> Option<Self> {
        [(32, true), (32, false), (64, true), (64, false)]
            .into_iter()
            .map(|(bits, signed)| Self {
                value,
                bits,
                signed,
            })
            .find(|integer| integer.fits())
    }

    fn fits(self) -> bool {
        self.wrapped() == self.value
    }

    /// The value modulo 2 to the width, in the range of the type.
    fn wrapped(self) -> i128 {
        let modulus = 1i128 << self.bits;
        let low = self.value & (modulus - 1);
        if self.signed && low >= modulus / 2 {
            low - modulus
        } else {
            low
        }
    }

    /// `value` computed in the type of `self`: unsigned wraps, signed must fit.
    fn with(self, value: i128) -> Arithmetic {
        let result = Self { value, ..self };
        if result.fits() || !self.signed {
            Ok(result.wrapping())
        } else {
            Err(OVERFLOW)
        }
    }

    fn wrapping(self) -> Self {
        Self {
            value: self.wrapped(),
            ..self
        }
    }

    /// The value converted to `scalar`, promoted; `None` if that is not an integer type.
    pub(super) fn cast(self, scalar: Scalar) -> Option<Self> {
        if scalar == Scalar::Bool {
            return Some(Self::truth(self.value != 0));
        }
        scalar.range()?;
        let bits = scalar.size() as u32 * 8;
        let narrow = Self {
            bits,
            signed: scalar.is_signed(),
            ..self
        };
        let value = narrow.wrapped();
        Some(if bits < 32 {
            Self::int(value)
        } else {
            Self { value, ..narrow }
        })
    }

    /// Both in their common type (C11 section 6.3.1.8).
    pub(super) fn common(self, other: Self) -> (Self, Self) {
        let bits = self.bits.max(other.bits);
        let unsigned = |side: Self| !side.signed && side.bits == bits;
        let signed = !(unsigned(self) || unsigned(other));
        let convert = |side: Self| {
            Self {
                bits,
                signed,
                ..side
            }
            .wrapping()
        };
        (convert(self), convert(other))
    }

    /// `-`, `~`, `!` or `+` of it.
    pub(super) fn unary(self, operator: &str) -> Arithmetic {
        match operator {
            "-" => self.with(-self.value),
            "~" => Ok(Self {
                value: !self.value,
                ..self
            }
            .wrapping()),
            "!" => Ok(Self::truth(self.value == 0)),
            _ => Ok(self),
        }
    }

    /// `self operator other`.
    pub(super) fn binary(self, operator: &str, other: Self) -> Arithmetic {
        if matches!(operator, "<<" | ">>") {
            return self.shift(operator, other);
        }
        let (a, b) = self.common(other);
        let (x, y) = (a.value, b.value);
        match operator {
            "*" => a.with(x.wrapping_mul(y)),
            "/" | "%" if y == 0 => Err("this divides by zero"),
            // The remainder of what overflows is undefined too (C11 section 6.5.5, paragraph 6).
            "/" => a.with(x / y),
            "%" => a.with(x / y).and_then(|_| a.with(x % y)),
            "+" => a.with(x + y),
            "-" => a.with(x - y),
            "&" => a.with(x & y),
            "^" => a.with(x ^ y),
            "|" => a.with(x | y),
            "<" => Ok(Self::truth(x < y)),
            ">" => Ok(Self::truth(x > y)),
            "<=" => Ok(Self::truth(x <= y)),
            ">=" => Ok(Self::truth(x >= y)),
            "==" => Ok(Self::truth(x == y)),
            "!=" => Ok(Self::truth(x != y)),
            "&&" => Ok(Self::truth(x != 0 && y != 0)),
            _ => Ok(Self::truth(x != 0 || y != 0)),
        }
    }

    /// A zero of the type that arithmetic with `operator` gives, evaluated or not.
    pub(super) fn without_value(self, operator: &str, other: Self) -> Self {
        let ty = match operator {
            "<<" | ">>" => self,
            _ => self.common(other).0,
        };
        Self { value: 0, ..ty }
    }

    /// Shifts wrap also where the type is signed, as gcc and clang do it: `1 << 31`.
    fn shift(self, operator: &str, count: Self) -> Arithmetic {
        let count = match u32::try_from(count.value) {
            Ok(count) if count < self.bits => count,
            _ => return Err("the shift count is negative or not less than the width"),
        };
        let value = match operator {
            "<<" => self.value << count,
            _ => self.value >> count,
        };
        Ok(Self { value, ..self }.wrapping())
    }
}
