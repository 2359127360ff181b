//! Random records and signatures.
#![forbid(unsafe_code)]

use crate::ctype::{
    CField, CLeaf, CRecord, CScalar, CType, DOUBLE, LONG, Pack, Parts, scalars, wide,
};
use crate::lower::layout;
use crate::random::Random;
use farcall::{CallConv, FnType, RecordKind, Scalar, Type, TypeKind};
use farcall_jit::abi::{Place, SYSV_X64};
use farcall_jit::layout::Signature;
use std::iter::repeat_n;
use std::sync::Arc;

/// A random signature, and how its C function goes about it.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) index: u64,
    pub(crate) params: Vec<CType>,
    /// How many of the parameters are named, at least one, if the function is variadic.
    pub(crate) named: Option<usize>,
    pub(crate) result: Option<CType>,
    /// Records are read and written whole, not scalar by scalar.
    pub(crate) whole: bool,
    /// Small scalars are declared 64 bits wide in C, which shows what lies above them or puts junk
    /// there.
    pub(crate) wide: bool,
    /// A scalar result is declared wider in C, which puts junk above it or shows what lies there.
    pub(crate) dirty: bool,
}

/// A case under one convention, with or without saturating arguments in front.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Variant {
    /// The letter that ends its function's name.
    pub(crate) letter: char,
    pub(crate) conv: CallConv,
    pub(crate) attribute: &'static str,
    pub(crate) saturated: bool,
}

const fn variant(
    letter: char,
    conv: CallConv,
    attribute: &'static str,
    saturated: bool,
) -> Variant {
    Variant {
        letter,
        conv,
        attribute,
        saturated,
    }
}

impl Variant {
    /// The compilers for Windows have no other convention whose records they align.
    #[cfg(windows)]
    pub(crate) const ALL: [Self; 2] = [
        variant('c', CallConv::Win64, "", false),
        variant('d', CallConv::Win64, "", true),
    ];

    #[cfg(all(target_arch = "x86_64", not(windows)))]
    pub(crate) const ALL: [Self; 4] = [
        variant('a', CallConv::C, "", false),
        variant('b', CallConv::SysV64, "", true),
        variant('c', CallConv::Win64, "__attribute__((ms_abi)) ", false),
        variant('d', CallConv::Win64, "__attribute__((ms_abi)) ", true),
    ];

    #[cfg(target_arch = "aarch64")]
    pub(crate) const ALL: [Self; 2] = [
        variant('a', CallConv::C, "", false),
        variant('b', CallConv::C, "", true),
    ];

    /// How many integers in front saturate the general-purpose registers.
    #[cfg(target_arch = "x86_64")]
    const INTEGERS: usize = 6;

    /// As above.
    #[cfg(target_arch = "aarch64")]
    const INTEGERS: usize = 8;
}

impl Case {
    /// The case with this number under this seed, variadic or not.
    pub(crate) fn new(seed: u64, index: u64, variadic: bool) -> Self {
        let mut generator = Generator::new(seed, index, index.is_multiple_of(3));
        let count = generator.random.between(1, 4);
        let records: Vec<_> = (0..count).map(|_| generator.record(0)).collect();
        let random = &mut generator.random;
        let most = random.pick(&[3, 6, 6, 10, 14, 24]);
        let count = random.between(0, most);
        let share = random.pick(&[0, 25, 40, 70]);
        let params = (0..count)
            .map(|_| generator.value(&records, share))
            .collect();
        let result = match generator.random.below(10) {
            0 => None,
            1..5 => Some(generator.any()),
            _ => Some(CType::Record(generator.random.pick(&records))),
        };
        let random = &mut generator.random;
        let (whole, wide, dirty) = (random.chance(40), random.chance(30), random.chance(50));
        let mut case = Self {
            index,
            params,
            named: None,
            result,
            whole,
            wide,
            dirty,
        };
        if variadic {
            let most = case.params.len() as u64;
            let most = if random.chance(70) { most.min(3) } else { most };
            case.name(random.between(0, most) as usize);
        }
        case
    }

    /// Makes it variadic, with this many named parameters; C needs one.
    fn name(&mut self, named: usize) {
        if named == 0 {
            self.params.insert(0, CType::Scalar(LONG));
        }
        self.named = Some(named.max(1));
    }

    /// It without the parameters that have no bit in `keep`.
    pub(crate) fn keep(mut self, keep: u32) -> Self {
        let kept = |index: usize| keep >> index & 1 == 1;
        let named = self
            .named
            .map(|named| (0..named).filter(|index| kept(*index)).count());
        let mut index = 0..;
        self.params.retain(|_| index.next().is_some_and(kept));
        if let Some(named) = named {
            self.name(named);
        }
        self
    }

    /// Whether it has a function of this variant. The variadic cases take the compilers longest, so
    /// that each has one of the saturated variants, in turn.
    pub(crate) fn has(&self, variant: Variant, compiler: &str) -> bool {
        if self.is_disputed(variant, compiler) {
            return false;
        }
        let turn = (variant.conv == CallConv::Win64) == self.index.is_multiple_of(2);
        self.named.is_none() || !variant.saturated || turn
    }

    /// Whether gcc and clang do not agree on how something is passed, or this compiler lacks it.
    fn is_disputed(&self, variant: Variant, compiler: &str) -> bool {
        let (clang, win64) = (compiler == "clang", variant.conv == CallConv::Win64);
        let all = || self.params.iter().chain(&self.result);
        let half = |ty: Type| match *ty.kind() {
            TypeKind::Complex { part } => part.scalar() == Some(Scalar::F16),
            _ => ty.scalar() == Some(Scalar::F16),
        };
        // clang 14 has `_Float16` only with AVX-512.
        let lacks_half = clang && all().any(|ty| ty.has(&half));
        // gcc passes these in integer registers, clang in vector registers; the library refuses them.
        let short = |ty: &CType| {
            let lanes = matches!(*ty.ty().kind(), TypeKind::Vector { len: 2.., .. });
            half(ty.ty()) && ty.ty().scalar().is_some() || lanes && ty.size() == 8
        };
        let refused = win64 && all().any(short);
        // clang 14 returns it on the x87 stack if the system is not Windows.
        let long = |ty: &CType| ty.ty().scalar() == Some(Scalar::LongDouble);
        let x87 = win64 && clang && self.result.as_ref().is_some_and(long);
        // clang before version 18 splits an `__int128` between the last register and the stack, and
        // aligns it to 8 bytes there.
        let split = || clang && !win64 && self.has_wide_on_stack(variant);
        // What System V makes of these depends on the order and nesting of the fields; the library
        // refuses them.
        let intricate = !win64 && all().any(is_intricate);
        // clang 14 loses the upper half of such an eightbyte.
        let halved = clang && !win64 && all().any(is_halved);
        // gcc's `va_arg` reads it from where it has saved general-purpose registers, which is not
        // aligned, as if it were.
        let unaligned = !clang && !win64 && self.named.is_some() && all().any(is_merged_vector);
        lacks_half || refused || x87 || intricate || halved || unaligned || split()
    }

    /// Whether an integer of 128 bits does not come in registers.
    fn has_wide_on_stack(&self, variant: Variant) -> bool {
        let params = self.params(variant);
        let signature = Signature {
            params: params.iter().map(layout).collect(),
            result: self.result.as_ref().map(layout),
            fixed: None,
        };
        let plan = SYSV_X64.plan(&signature).expect("a plan");
        plan.params.iter().zip(&params).any(|(one, ty)| {
            let wide = matches!(ty.ty().scalar(), Some(Scalar::I128 | Scalar::U128));
            wide && matches!(one.place, Place::Stack(_))
        })
    }

    /// How many parameters of a variant are named.
    pub(crate) fn named(&self, variant: Variant) -> usize {
        let front = if variant.saturated {
            Variant::INTEGERS + 8
        } else {
            0
        };
        front + self.named.unwrap_or(self.params.len())
    }

    /// The parameters of a variant: integers and eight doubles in front saturate the registers
    /// of every convention.
    pub(crate) fn params(&self, variant: Variant) -> Vec<CType> {
        let mut params = Vec::new();
        if variant.saturated {
            params.extend(repeat_n(CType::Scalar(LONG), Variant::INTEGERS));
            params.extend(repeat_n(CType::Scalar(DOUBLE), 8));
        }
        params.extend(self.params.iter().cloned());
        params
    }

    /// The type of a variant.
    pub(crate) fn ty(&self, variant: Variant) -> FnType {
        let (params, named) = (self.params(variant), self.named(variant));
        let mut builder = FnType::builder().call_conv(variant.conv);
        for (index, ty) in params[..named].iter().enumerate() {
            builder = builder.param(&format!("a{index}"), ty.ty());
        }
        if let Some(result) = &self.result {
            builder = builder.result(result.ty());
        }
        if self.named.is_some() {
            builder = builder.variadic();
        }
        builder.build().expect("a function type")
    }

    pub(crate) fn function(&self, variant: Variant) -> String {
        format!("c{}{}", self.index, variant.letter)
    }
}

/// Whether a `long double` shares its place with an integer.
fn is_intricate(ty: &CType) -> bool {
    let long = |ty: Type| match *ty.kind() {
        TypeKind::Complex { part } => part.scalar() == Some(Scalar::LongDouble),
        _ => ty.scalar() == Some(Scalar::LongDouble),
    };
    let integer = |ty: Type| ty.scalar().is_some_and(|scalar| !scalar.is_float());
    matches!(ty, CType::Record(_)) && ty.size() <= 16 && ty.has(&long) && ty.has(&integer)
}

/// Whether a `float` of a record in registers begins an eightbyte of floats alone, and something else
/// lies over it.
fn is_halved(ty: &CType) -> bool {
    let CType::Record(record) = ty else {
        return false;
    };
    let is_float = |leaf: &CLeaf| match leaf.ty.scalar() {
        Some(scalar) => scalar.is_float(),
        None => true,
    };
    let begins = |leaf: &&CLeaf| leaf.offset.is_multiple_of(8) && leaf.ty == Type::FLOAT;
    record.ty.size() <= 16
        && record.leaves.iter().filter(begins).any(|float| {
            let eightbyte = float.offset..float.offset + 8;
            let inside = |leaf: &&CLeaf| eightbyte.contains(&leaf.offset);
            let others = || record.leaves.iter().filter(inside);
            let over = |leaf: &CLeaf| leaf.offset == float.offset && leaf.path != float.path;
            others().all(is_float) && others().any(over)
        })
}

/// Whether integers lie over a vector of 16 bytes, so that general-purpose registers carry it.
fn is_merged_vector(ty: &CType) -> bool {
    let vector = |ty: Type| matches!(ty.kind(), TypeKind::Vector { .. }) && ty.size() == Some(16);
    let integer = |ty: Type| ty.scalar().is_some_and(|scalar| !scalar.is_float());
    matches!(ty, CType::Record(_)) && ty.size() <= 16 && ty.has(&vector) && ty.has(&integer)
}

struct Generator {
    random: Random,
    scalars: Vec<CScalar>,
    wide: Vec<CScalar>,
    index: u64,
    /// The records and fields that have a name already.
    names: u64,
}

impl Generator {
    fn new(seed: u64, index: u64, halves: bool) -> Self {
        Self {
            random: Random::new(seed, index),
            scalars: scalars(),
            wide: wide(halves),
            index,
            names: 0,
        }
    }

    fn name(&mut self, prefix: char) -> String {
        self.names += 1;
        format!("{prefix}{}_{}", self.index, self.names)
    }

    fn scalar(&mut self) -> CType {
        CType::Scalar(self.random.pick(&self.scalars))
    }

    /// A scalar, in a few of a hundred one of those that Rust has no basic type for.
    fn any(&mut self) -> CType {
        if self.random.chance(22) {
            return CType::Scalar(self.random.pick(&self.wide));
        }
        self.scalar()
    }

    /// A scalar of at most `size` bytes.
    fn small(&mut self, size: usize) -> CType {
        let fit = |scalar: &&CScalar| scalar.size() <= size;
        let rare = if self.random.chance(15) {
            &self.wide[..]
        } else {
            &[]
        };
        let some: Vec<_> = rare.iter().filter(fit).copied().collect();
        if !some.is_empty() {
            return CType::Scalar(self.random.pick(&some));
        }
        let some: Vec<_> = self.scalars.iter().filter(fit).copied().collect();
        CType::Scalar(self.random.pick(&some))
    }

    fn of(&mut self, choice: &[Scalar]) -> CType {
        let wanted = self.random.pick(choice);
        let fit = |scalar: &&CScalar| scalar.ty.scalar() == Some(wanted);
        let all = self.scalars.iter().chain(&self.wide);
        let some: Vec<_> = all.filter(fit).copied().collect();
        CType::Scalar(self.random.pick(&some))
    }

    /// A parameter: `share` in a hundred are records.
    fn value(&mut self, records: &[Arc<CRecord>], share: u64) -> CType {
        if self.random.chance(share) {
            CType::Record(self.random.pick(records))
        } else {
            self.any()
        }
    }

    fn field(&mut self, ty: CType) -> CField {
        CField {
            name: Some(self.name('f')),
            ty,
            align: None,
        }
    }

    fn parts(&mut self, kind: RecordKind, types: Vec<CType>) -> Parts {
        let tag = Some(self.name('r'));
        let fields = types.into_iter().map(|ty| self.field(ty)).collect();
        Parts {
            tag,
            kind,
            fields,
            pack: None,
            align: None,
        }
    }

    fn structure(&mut self, types: Vec<CType>) -> Parts {
        self.parts(RecordKind::Struct, types)
    }

    fn record(&mut self, depth: u32) -> Arc<CRecord> {
        let parts = match self.random.below(100) {
            0..22 => self.dense(),
            22..32 => self.homogeneous(),
            32..48 => self.mixed(),
            48..60 => self.union(depth),
            60..74 => self.packed(depth),
            74..81 => self.aligned(depth),
            81..93 => self.nested(depth),
            _ => self.sized(depth),
        };
        parts.build()
    }

    /// A struct of about 1 to 17 bytes.
    fn dense(&mut self) -> Parts {
        let size = self.random.between(1, 17);
        let unit = self.random.pick(&[1, 1, 2, 4, 8]);
        let (mut types, mut left) = (Vec::new(), size);
        while left > 0 {
            let element = self.small(unit.min(left as usize));
            let most = left / element.size() as u64;
            let len = self.random.between(1, most);
            left -= len * element.size() as u64;
            types.push(match len {
                1 if self.random.chance(80) => element,
                _ => CType::Array(element.into(), len),
            });
        }
        self.structure(types)
    }

    /// One to eight floats or doubles, as fields or as an array.
    fn homogeneous(&mut self) -> Parts {
        let element = match self.random.chance(25) {
            true => CType::Scalar(self.random.pick(&self.wide)),
            false => self.of(&[Scalar::F32, Scalar::F64]),
        };
        let count = self.random.between(1, 8);
        if self.random.chance(30) {
            return self.structure(vec![CType::Array(element.into(), count)]);
        }
        let types = vec![element; count as usize];
        self.structure(types)
    }

    /// Integers and floats in about two eightbytes, or three.
    fn mixed(&mut self) -> Parts {
        use Scalar::{F32, F64, I8, I16, I32, I64, Pointer};
        let count = self.random.between(2, 4);
        let choice = [F32, F32, F32, F64, F64, I8, I16, I32, I64, Pointer];
        let types = (0..count).map(|_| self.of(&choice)).collect();
        self.structure(types)
    }

    fn union(&mut self, depth: u32) -> Parts {
        let count = self.random.between(1, 4);
        let types = (0..count).map(|_| self.member(depth)).collect();
        self.parts(RecordKind::Union, types)
    }

    /// Half of them are as small as registers, with fields that are not aligned.
    fn packed(&mut self, depth: u32) -> Parts {
        let (small, mut types) = (self.random.chance(50), Vec::new());
        if small {
            types.push(self.small(2));
        }
        let count = self.random.between(1, if small { 2 } else { 5 });
        types.extend((0..count).map(|_| match small {
            true => self.scalar(),
            false => self.member(depth),
        }));
        let kind = self
            .random
            .pick(&[RecordKind::Struct, RecordKind::Struct, RecordKind::Union]);
        let mut parts = self.parts(kind, types);
        let choice = [
            Pack::Attribute,
            Pack::Pragma(1),
            Pack::Pragma(2),
            Pack::Pragma(4),
        ];
        parts.pack = Some(self.random.pick(&choice));
        if self.random.chance(15) {
            parts.align = Some(self.random.pick(&[2, 4, 8, 16]));
        }
        if self.random.chance(15) {
            let last = parts.fields.len() - 1;
            parts.fields[last].align = Some(self.random.pick(&[2, 4, 8, 16]));
        }
        parts
    }

    fn aligned(&mut self, depth: u32) -> Parts {
        let mut parts = self.nested(depth + 1);
        let bytes = self.random.pick(&[2, 8, 16, 16, 32]);
        if self.random.chance(50) {
            parts.align = Some(bytes);
        } else {
            let index = self.random.below(parts.fields.len() as u64) as usize;
            if parts.fields[index].name.is_some() {
                parts.fields[index].align = Some(bytes);
            }
        }
        parts
    }

    fn nested(&mut self, depth: u32) -> Parts {
        let count = self.random.between(1, 5);
        let types = (0..count).map(|_| self.member(depth)).collect();
        let kind = self
            .random
            .pick(&[RecordKind::Struct, RecordKind::Struct, RecordKind::Union]);
        let mut parts = self.parts(kind, types);
        if depth == 0 && self.random.chance(30) {
            let inner = self.random.pick(&[RecordKind::Struct, RecordKind::Union]);
            let types = vec![self.scalar(), self.scalar()];
            let mut inner = self.parts(inner, types);
            inner.tag = None;
            parts.fields.push(CField {
                name: None,
                ty: CType::Record(inner.build()),
                align: None,
            });
        }
        parts
    }

    /// A field: mostly a scalar, or an array of a few, or a record, or an array of records.
    fn member(&mut self, depth: u32) -> CType {
        match self.random.below(10) {
            0 | 1 => {
                let len = self.random.between(1, 5);
                CType::Array(self.any().into(), len)
            }
            2 if depth < 2 => CType::Record(self.record(depth + 2)),
            3 if depth < 2 => {
                let record = self.record(depth + 2);
                let len = if record.is_even() {
                    self.random.between(1, 3)
                } else {
                    1
                };
                CType::Array(CType::Record(record).into(), len)
            }
            _ => self.any(),
        }
    }

    /// A struct of one of the sizes at which something changes.
    fn sized(&mut self, depth: u32) -> Parts {
        let size = match self.random.below(40) {
            0 if depth == 0 => self.random.between(4097, 6000),
            1 => self.random.between(1, 400),
            _ => self.random.pick(&[
                24, 31, 32, 33, 48, 63, 64, 65, 100, 127, 128, 129, 143, 144, 145, 200, 255, 300,
            ]),
        };
        let first = self.small(8);
        let (used, element) = (first.size() as u64, self.small(1));
        if self.random.chance(50) {
            return self.structure(vec![CType::Array(element.into(), size)]);
        }
        let rest = size.saturating_sub(used).max(1);
        self.structure(vec![first, CType::Array(element.into(), rest)])
    }
}
