//! The numbers of the kinds of values.
//!
//! Guarantee: equal numbers mean values of one kind, which both engines pass alike; a number says
//! whether a slot has such a value or its address.
#![forbid(unsafe_code)]

use crate::types::{RecordType, RustType, Scalar, Type, TypeKind};
use std::num::NonZeroU32;

/// The number of a kind of values: a scalar's, or a record type's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(crate) struct KindId(NonZeroU32);

impl KindId {
    /// No value: the result of a function that returns `void`.
    pub(crate) const VOID: Self = Self::new(Self::RECORDS - 1);
    /// The first record; below it are the scalars, by the numbers of [`Scalar`], and what is made of
    /// scalars.
    const RECORDS: u32 = 256;
    /// The complex numbers, by the numbers of their parts.
    const COMPLEX: u32 = 64;
    /// The vectors of 8 bytes, and those of 16, by the numbers of their lanes.
    const VECTORS: [u32; 2] = [96, 128];
    /// More than any number of a scalar.
    const SCALARS: u32 = 32;

    const fn new(number: u32) -> Self {
        match NonZeroU32::new(number) {
            Some(number) => Self(number),
            // Numbers start at 1 and are bounded by `RecordType`.
            None => Self(NonZeroU32::MAX),
        }
    }

    pub(crate) const fn of_scalar(scalar: Scalar) -> Self {
        Self::new(scalar as u32)
    }

    #[inline]
    pub(crate) fn of_record(record: RecordType) -> Self {
        Self::new(Self::RECORDS + record.id())
    }

    pub(crate) const fn of_complex(part: Scalar) -> Self {
        Self::new(Self::COMPLEX + part as u32)
    }

    pub(crate) const fn of_vector(element: Scalar, len: usize) -> Self {
        let wide = element.size() * len == 16;
        Self::new(Self::VECTORS[wide as usize] + element as u32)
    }

    /// The kind of values of `ty`; `None` for what is no type of a value.
    pub(crate) fn of(ty: Type) -> Option<Self> {
        Some(match *ty.kind() {
            TypeKind::Void => Self::VOID,
            TypeKind::Record(record) => Self::of_record(record),
            TypeKind::Complex { part } => Self::of_complex(part.scalar()?),
            TypeKind::Vector { element, len } => Self::of_vector(element.scalar()?, len as usize),
            _ => Self::of_scalar(ty.scalar()?),
        })
    }

    /// The kind of values of a Rust type; `None` for what is no type of a value, and for records,
    /// whose types are made at run time.
    pub(crate) const fn of_rust(ty: RustType) -> Option<Self> {
        Some(match ty {
            RustType::Void => Self::VOID,
            RustType::Scalar(scalar) => Self::of_scalar(scalar),
            RustType::Complex(part) => Self::of_complex(part),
            RustType::Vector(element, len) => Self::of_vector(element, len),
            RustType::Record(_) | RustType::Array(..) => return None,
        })
    }

    /// What the parts of a complex number are.
    pub(crate) fn complex(self) -> Option<Scalar> {
        self.above(Self::COMPLEX)
    }

    /// What the lanes of a vector are, and how many.
    pub(crate) fn vector(self) -> Option<(Scalar, usize)> {
        let sizes = [8, 16].into_iter().zip(Self::VECTORS);
        sizes
            .filter_map(|(size, start)| self.above(start).map(|lane| (lane, size / lane.size())))
            .next()
    }

    /// The scalar whose number is counted from `start`.
    fn above(self, start: u32) -> Option<Scalar> {
        let number = self.number().checked_sub(start)?;
        let number = (number < Self::SCALARS).then_some(number)?;
        Scalar::ALL.get((number as usize).checked_sub(1)?).copied()
    }

    /// Size and alignment of what a slot has by its address; `None` for what is in the slot.
    pub(crate) fn extent(self) -> Option<(usize, usize)> {
        if let Some(record) = self.record() {
            return Some((record.size() as usize, record.align() as usize));
        }
        if let Some(part) = self.complex() {
            return Some((2 * part.size(), part.align()));
        }
        if let Some((lane, len)) = self.vector() {
            let size = lane.size() * len;
            return (size > 8).then_some((size, size));
        }
        let scalar = self.scalar().filter(|scalar| !scalar.is_direct())?;
        Some((scalar.size(), scalar.align()))
    }

    /// Whether a slot has the value by its address.
    #[inline(always)]
    pub(crate) const fn is_by_address(self) -> bool {
        /// The numbers of the scalars of at most 8 bytes, and of `void`.
        const DIRECT: [u64; 4] = {
            let (mut set, mut index) = ([0u64; 4], 0);
            while index < Scalar::ALL.len() {
                let scalar = Scalar::ALL[index];
                if scalar.is_direct() {
                    set[0] |= 1 << scalar as u32;
                    let vector = KindId::VECTORS[0] + scalar as u32;
                    set[vector as usize / 64] |= 1 << (vector % 64);
                }
                index += 1;
            }
            set[3] |= 1 << 63;
            set
        };
        let number = self.number();
        number >= Self::RECORDS || DIRECT[number as usize / 64] >> (number % 64) & 1 == 0
    }

    pub(crate) const fn number(self) -> u32 {
        self.0.get()
    }

    /// The kind that C makes of an argument of this kind for which no parameter is declared.
    #[inline]
    pub(crate) fn promoted(self) -> Self {
        /// The numbers of the scalars after their promotion.
        const PROMOTED: [KindId; Scalar::ALL.len() + 1] = {
            let mut kinds = [KindId::VOID; _];
            let mut index = 0;
            while index < Scalar::ALL.len() {
                let scalar = Scalar::ALL[index];
                kinds[scalar as usize] = KindId::of_scalar(scalar.promoted());
                index += 1;
            }
            kinds
        };
        let known = PROMOTED.get(self.number() as usize);
        known.copied().unwrap_or(self)
    }

    pub(crate) fn scalar(self) -> Option<Scalar> {
        self.above(0)
    }

    /// The type of such values, scalars under their `stdint.h` names, pointers as `void *`.
    pub(super) fn ty(self) -> Type {
        let made = || {
            if let Some(part) = self.complex() {
                return Type::of_scalar(part).complex().ok();
            }
            let (lane, len) = self.vector()?;
            Type::of_scalar(lane).vector(len as u64).ok()
        };
        match (self.scalar(), self.record()) {
            (Some(scalar), _) => Type::of_scalar(scalar),
            (None, Some(record)) => record.as_type(),
            (None, None) => made().unwrap_or(Type::VOID),
        }
    }

    pub(super) fn record(self) -> Option<RecordType> {
        self.number()
            .checked_sub(Self::RECORDS)
            .and_then(RecordType::by_id)
    }
}
