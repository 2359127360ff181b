//! Values as the machine sees them: scalars, and records of scalars at offsets.
//!
//! Guarantee: a [`Layout`] that exists is consistent; what an ABI needs to know of a C type is in
//! it, and nothing else is. `struct { float x, y; }` is
//!
//! ```text
//! 8 bytes, align 4 {0: f32, 4: f32}
//! ```
#![forbid(unsafe_code)]

use std::fmt;

/// A value that C passes as one thing: a number, a pointer or a short vector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Scalar {
    /// A signed integer of 8 bits.
    I8,
    /// An unsigned integer of 8 bits; `_Bool` is one.
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
    /// An unsigned integer of 64 bits; a pointer is one.
    U64,
    /// An IEEE 754 number of 16 bits.
    F16,
    /// An IEEE 754 number of 32 bits.
    F32,
    /// An IEEE 754 number of 64 bits.
    F64,
    /// A signed integer of 128 bits, in two general-purpose registers.
    I128,
    /// An unsigned integer of 128 bits, in two general-purpose registers.
    U128,
    /// The extended number of the x87: 10 bytes that carry it, and 6 of padding.
    F80,
    /// An IEEE 754 number of 128 bits.
    F128,
    /// A complex number of two [`F80`](Self::F80)s, which comes back otherwise than a record of two.
    ///
    /// A complex number of any other kind is a [`Record`] of its two parts in every ABI.
    C80,
    /// A vector of 64 bits.
    V64,
    /// A vector of 128 bits.
    V128,
}

impl Scalar {
    /// Its size in bytes: a power of two up to 32.
    #[must_use]
    pub const fn size(self) -> u32 {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 | Self::V64 => 8,
            Self::I128 | Self::U128 | Self::F80 | Self::F128 | Self::V128 => 16,
            Self::C80 => 32,
        }
    }

    /// Its natural alignment in bytes: its size, of a complex number that of a part.
    #[must_use]
    pub const fn align(self) -> u32 {
        match self {
            Self::C80 => Self::F80.size(),
            other => other.size(),
        }
    }

    /// The kind of register that holds it, unless an ABI says otherwise.
    #[must_use]
    pub const fn bank(self) -> Bank {
        match self {
            Self::F16 | Self::F32 | Self::F64 | Self::F128 | Self::V64 | Self::V128 => Bank::Fpr,
            Self::F80 | Self::C80 => Bank::X87,
            _ => Bank::Gpr,
        }
    }

    /// Whether it is a signed integer.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        matches!(
            self,
            Self::I8 | Self::I16 | Self::I32 | Self::I64 | Self::I128
        )
    }
}

/// A kind of register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Bank {
    /// General-purpose registers: integers and pointers.
    Gpr,
    /// Floating-point and vector registers.
    Fpr,
    /// The register stack of the x87, which carries results only.
    X87,
}

/// A scalar at its offset in bytes inside a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Leaf {
    /// The offset in bytes.
    pub offset: u32,
    /// What lies there.
    pub scalar: Scalar,
}

/// A struct or union by value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Record {
    size: u32,
    align: u32,
    natural_align: u32,
    leaves: Box<[Leaf]>,
}

impl Record {
    /// The largest record in bytes whose scalars an ABI looks at; larger ones go through memory
    /// whatever they hold (four 128-bit vectors on AAPCS64 are the largest that do not).
    pub const REGISTER_LIMIT: u32 = 64;

    /// The largest record in bytes that is passed by value: 1 MiB.
    pub const LIMIT: u32 = 1 << 20;

    /// A record of `size` bytes, a multiple of `align`, which is a power of two.
    ///
    /// `leaves` are its scalars, those of a union at their common offsets; they may be left out
    /// beyond [`Record::REGISTER_LIMIT`]. They are sorted, and repetitions dropped.
    ///
    /// # Errors
    /// - [`Error::TooLarge`](crate::Error::TooLarge) above [`Record::LIMIT`].
    /// - [`Error::Unsupported`](crate::Error::Unsupported) if size and alignment contradict each
    ///   other, a leaf lies outside, or a small record with bytes has no leaves.
    pub fn new(size: u64, align: u64, leaves: impl Into<Vec<Leaf>>) -> crate::Result<Self> {
        let limit = u64::from(Self::LIMIT);
        if size.max(align) > limit {
            let what = "a record by value".to_owned();
            return Err(crate::Error::TooLarge {
                what,
                size: size.max(align),
                limit,
                unit: "bytes",
            });
        }
        let mut leaves = leaves.into();
        leaves.sort_unstable();
        leaves.dedup();
        let inside = |leaf: &Leaf| u64::from(leaf.offset) + u64::from(leaf.scalar.size()) <= size;
        let small = (1..=u64::from(Self::REGISTER_LIMIT)).contains(&size);
        let sound = align.is_power_of_two()
            && size.is_multiple_of(align)
            && leaves.iter().all(inside)
            && !(small && leaves.is_empty());
        if !sound {
            return Err(crate::Error::Unsupported {
                what: format!(
                    "a record of {size} bytes, align {align}, {} scalars",
                    leaves.len()
                ),
                why: "its size, alignment and scalars contradict each other".to_owned(),
            });
        }
        Ok(Self {
            size: size as u32,
            align: align as u32,
            natural_align: align as u32,
            leaves: leaves.into(),
        })
    }

    /// It with the alignment that its members give it, where the record as a whole was given a
    /// larger one: `__attribute__((aligned(16)))` behind the brace, `alignas` before the tag.
    ///
    /// One that is larger than the record's own counts as that.
    #[must_use]
    pub fn with_natural_align(self, natural: u64) -> Self {
        let natural_align = natural.clamp(1, self.align.into()) as u32;
        Self {
            natural_align,
            ..self
        }
    }

    /// Its size in bytes, a multiple of its alignment.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Its alignment in bytes.
    #[must_use]
    pub fn align(&self) -> u32 {
        self.align
    }

    /// The largest alignment of its members, which some ABIs go by.
    #[must_use]
    pub fn natural_align(&self) -> u32 {
        self.natural_align
    }

    /// Its scalars by offset; possibly empty beyond [`Record::REGISTER_LIMIT`].
    #[must_use]
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }
}

/// What one argument or result is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Layout {
    /// A number, a pointer or a short vector.
    Scalar(Scalar),
    /// A struct or union by value, or a complex number.
    Record(Record),
}

impl Layout {
    /// Whether a slot holds the value itself, extended to 64 bits: a scalar of at most 8 bytes. Of
    /// everything else it holds the address, in every direction and by every engine.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        match self {
            Self::Scalar(scalar) => scalar.size() <= 8,
            Self::Record(_) => false,
        }
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> u32 {
        match self {
            Self::Scalar(scalar) => scalar.size(),
            Self::Record(record) => record.size,
        }
    }

    /// Its alignment in bytes.
    #[must_use]
    pub fn align(&self) -> u32 {
        match self {
            Self::Scalar(scalar) => scalar.align(),
            Self::Record(record) => record.align,
        }
    }
}

/// A call as the machine sees it: the layouts of its arguments and its result.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Signature {
    /// The arguments in order.
    pub params: Vec<Layout>,
    /// The result, if there is one.
    pub result: Option<Layout>,
    /// For a variadic call, how many of the arguments are named.
    pub fixed: Option<usize>,
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::I8 => "i8",
            Self::U8 => "u8",
            Self::I16 => "i16",
            Self::U16 => "u16",
            Self::I32 => "i32",
            Self::U32 => "u32",
            Self::I64 => "i64",
            Self::U64 => "u64",
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::I128 => "i128",
            Self::U128 => "u128",
            Self::F80 => "f80",
            Self::F128 => "f128",
            Self::C80 => "c80",
            Self::V64 => "v64",
            Self::V128 => "v128",
        })
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, align {}", self.size, self.align)?;
        for (index, leaf) in self.leaves.iter().enumerate() {
            let open = if index == 0 { " {" } else { ", " };
            write!(f, "{open}{}: {}", leaf.offset, leaf.scalar)?;
        }
        f.write_str(if self.leaves.is_empty() { "" } else { "}" })
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => write!(f, "{scalar}"),
            Self::Record(record) => write!(f, "{record}"),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, param) in self.params.iter().enumerate() {
            let variadic = self.fixed.is_some_and(|fixed| index >= fixed);
            writeln!(
                f,
                "{} {index}  {param}",
                if variadic { "extra" } else { "param" }
            )?;
        }
        match &self.result {
            Some(result) => writeln!(f, "result   {result}"),
            None => writeln!(f, "result   void"),
        }
    }
}
