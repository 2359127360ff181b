//! C types as the suite sees them: the text for the compiler beside the type for the library.
#![allow(unsafe_code, reason = "bytes become values")]

use crate::lower::atoms;
use farcall::{
    Complex, EnumType, F16, FnType, LongDouble, RecordKind, RecordType, Scalar, Type, Value,
    Vector, Wide,
};
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

/// A type that a parameter, a result or a field can have.
#[derive(Clone)]
pub(crate) enum CType {
    Scalar(CScalar),
    Array(Box<CType>, u64),
    Record(Arc<CRecord>),
}

/// A number, pointer or vector.
#[derive(Clone, Copy)]
pub(crate) struct CScalar {
    /// Its C spelling, complete without a declarator.
    pub(crate) text: &'static str,
    pub(crate) ty: Type,
    /// Makes a value of its bytes, if Rust's basic types do not.
    pub(crate) make: Option<Make>,
}

pub(crate) type Make = for<'a> fn(&'a [u8]) -> Value<'a>;

/// How the compiler is told to pack a record.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Pack {
    Attribute,
    Pragma(u64),
}

#[derive(Clone)]
pub(crate) struct CField {
    /// Its name; none for an anonymous record.
    pub(crate) name: Option<String>,
    pub(crate) ty: CType,
    pub(crate) align: Option<u64>,
}

/// What a record is made of.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) tag: Option<String>,
    pub(crate) kind: RecordKind,
    pub(crate) fields: Vec<CField>,
    pub(crate) pack: Option<Pack>,
    pub(crate) align: Option<u64>,
}

pub(crate) struct CRecord {
    pub(crate) parts: Parts,
    pub(crate) ty: RecordType,
    /// The alignment that its fields alone ask for.
    #[allow(
        dead_code,
        reason = "not every target of every architecture goes by it"
    )]
    pub(crate) natural_align: u64,
    /// Its scalars; those of a union lie over one another.
    pub(crate) leaves: Vec<CLeaf>,
}

/// A scalar inside a record, with the C expression that follows the record's name.
#[derive(Clone)]
pub(crate) struct CLeaf {
    pub(crate) path: String,
    pub(crate) offset: usize,
    pub(crate) ty: Type,
}

pub(crate) const fn scalar(text: &'static str, ty: Type) -> CScalar {
    CScalar {
        text,
        ty,
        make: None,
    }
}

pub(crate) const LONG: CScalar = scalar("long", Type::LONG);
pub(crate) const DOUBLE: CScalar = scalar("double", Type::DOUBLE);

/// What every file of C begins with: the enumerations, and how values are written to a log.
pub(crate) const PRELUDE: &str = "\
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#define INT(at, x) do { long long w = (long long)(x); memcpy(log + (at), &w, 8); } while (0)
#define RAW(at, x) memcpy(log + (at), &(x), sizeof(x))
enum e_small { E_SMALL_A, E_SMALL_B = 5 };
enum e_signed { E_SIGNED_A = -1, E_SIGNED_B = 7 };
enum e_large { E_LARGE_A, E_LARGE_B = 0x100000000 };
enum e_wide { E_WIDE_A = -1, E_WIDE_B = 0x100000000 };
typedef void (*pointer_to_function)(void);
typedef int v2i __attribute__((vector_size(8)));
typedef float v2f __attribute__((vector_size(8)));
typedef long long v1l __attribute__((vector_size(8)));
typedef signed char v16c __attribute__((vector_size(16)));
typedef unsigned short v8s __attribute__((vector_size(16)));
typedef float v4f __attribute__((vector_size(16)));
typedef double v2d __attribute__((vector_size(16)));
typedef long long v2l __attribute__((vector_size(16)));
";

/// Every scalar that is generated.
pub(crate) fn scalars() -> Vec<CScalar> {
    let enumeration = |tag, low, high| {
        let constants = [("A", low), ("B", high)];
        Type::from(EnumType::new(Some(tag), constants).expect("an enumeration"))
    };
    let function = FnType::builder().build().expect("a function type");
    let table = [
        ("bool", Type::BOOL),
        ("char", Type::CHAR),
        ("signed char", Type::SIGNED_CHAR),
        ("unsigned char", Type::UNSIGNED_CHAR),
        ("short", Type::SHORT),
        ("unsigned short", Type::UNSIGNED_SHORT),
        ("int", Type::INT),
        ("unsigned int", Type::UNSIGNED_INT),
        ("long", Type::LONG),
        ("unsigned long", Type::UNSIGNED_LONG),
        ("long long", Type::LONG_LONG),
        ("unsigned long long", Type::UNSIGNED_LONG_LONG),
        ("float", Type::FLOAT),
        ("float", Type::FLOAT),
        ("float", Type::FLOAT),
        ("double", Type::DOUBLE),
        ("double", Type::DOUBLE),
        ("double", Type::DOUBLE),
        ("void *", Type::VOID.pointer()),
        ("const char *", Type::CHAR.const_pointer()),
        ("pointer_to_function", Type::from(function).pointer()),
        ("enum e_small", enumeration("e_small", 0, 5)),
        ("enum e_signed", enumeration("e_signed", -1, 7)),
        ("enum e_large", enumeration("e_large", 0, 1 << 32)),
        ("enum e_wide", enumeration("e_wide", -1, 1 << 32)),
    ];
    table.map(|(text, ty)| scalar(text, ty)).to_vec()
}

/// A value that Rust has no basic type for, where it is at least aligned as its C type.
fn make<T: Wide + 'static>(bytes: &[u8]) -> Value<'_> {
    let address = bytes.as_ptr().cast::<T>();
    assert!(address.is_aligned() && bytes.len() == size_of::<T>());
    // SAFETY: there are its bytes, and every pattern is a value.
    Value::of(unsafe { &*address })
}

/// The numbers of other sizes, complex numbers and vectors; `halves` if the compiler has `_Float16`.
pub(crate) fn wide(halves: bool) -> Vec<CScalar> {
    fn one<T: Wide + 'static>(text: &'static str) -> CScalar {
        CScalar {
            text,
            ty: T::TYPE.to_type().expect("a type"),
            make: Some(make::<T>),
        }
    }
    let mut all = vec![
        one::<i128>("__int128"),
        one::<u128>("unsigned __int128"),
        one::<LongDouble>("long double"),
        one::<LongDouble>("long double"),
        one::<Complex<f32>>("float _Complex"),
        one::<Complex<f64>>("double _Complex"),
        one::<Complex<LongDouble>>("long double _Complex"),
        one::<Vector<[i32; 2]>>("v2i"),
        one::<Vector<[f32; 2]>>("v2f"),
        one::<Vector<[i64; 1]>>("v1l"),
        one::<Vector<[i8; 16]>>("v16c"),
        one::<Vector<[u16; 8]>>("v8s"),
        one::<Vector<[f32; 4]>>("v4f"),
        one::<Vector<[f64; 2]>>("v2d"),
        one::<Vector<[i64; 2]>>("v2l"),
    ];
    if halves {
        all.extend([one::<F16>("_Float16"); 3]);
        all.push(one::<Complex<F16>>("_Float16 _Complex"));
    }
    all
}

impl CScalar {
    /// The scalar that a word holds, of those that Rust has.
    pub(crate) fn narrow(self) -> Option<Scalar> {
        let basic = |scalar: &Scalar| scalar.size() <= 8 && *scalar != Scalar::F16;
        self.ty.scalar().filter(basic)
    }

    pub(crate) fn size(self) -> usize {
        self.ty.size().expect("a size") as usize
    }
}

impl CType {
    pub(crate) fn ty(&self) -> Type {
        match self {
            Self::Scalar(scalar) => scalar.ty,
            Self::Array(element, len) => element.ty().array(*len).expect("an array"),
            Self::Record(record) => record.ty.as_type(),
        }
    }

    pub(crate) fn size(&self) -> usize {
        self.ty().size().expect("a size") as usize
    }

    /// Its declaration of `name`.
    pub(crate) fn declare(&self, name: &str) -> String {
        match self {
            Self::Scalar(scalar) => format!("{} {name}", scalar.text),
            Self::Array(element, len) => element.declare(&format!("{name}[{len}]")),
            Self::Record(record) => format!("{} {name}", record.name()),
        }
    }

    /// Its scalars, `base` bytes from the start and at `path`.
    fn leaves(&self, path: &str, base: usize, leaves: &mut Vec<CLeaf>) {
        match self {
            Self::Scalar(scalar) => leaves.push(CLeaf {
                path: path.to_owned(),
                offset: base,
                ty: scalar.ty,
            }),
            Self::Array(element, len) => {
                for index in 0..*len as usize {
                    let at = base + index * element.size();
                    element.leaves(&format!("{path}[{index}]"), at, leaves);
                }
            }
            Self::Record(record) => record.parts.leaves(record.ty, path, base, leaves),
        }
    }
}

impl Parts {
    pub(crate) fn build(self) -> Arc<CRecord> {
        let mut builder = RecordType::builder(self.kind, self.tag.as_deref());
        for field in &self.fields {
            let ty = field.ty.ty();
            builder = match (&field.name, field.align) {
                (None, _) => builder.anonymous(ty),
                (Some(name), None) => builder.field(name, ty),
                (Some(name), _) if self.pack == Some(Pack::Pragma(1)) => builder.field(name, ty),
                (Some(name), Some(align)) => builder.aligned_field(name, ty, align),
            };
        }
        builder = match self.pack {
            None => builder,
            Some(Pack::Attribute) => builder.packed(1),
            Some(Pack::Pragma(bytes)) => builder.packed(bytes),
        };
        let natural = builder.clone().build().expect("a record");
        if let Some(align) = self.align {
            builder = builder.align(align);
        }
        let ty = builder.build().expect("a record");
        let mut leaves = Vec::new();
        self.leaves(ty, "", 0, &mut leaves);
        Arc::new(CRecord {
            parts: self,
            ty,
            natural_align: natural.align(),
            leaves,
        })
    }

    fn leaves(&self, ty: RecordType, path: &str, base: usize, leaves: &mut Vec<CLeaf>) {
        for (field, laid) in self.fields.iter().zip(ty.fields()) {
            let inner = match &field.name {
                Some(name) => format!("{path}.{name}"),
                None => path.to_owned(),
            };
            let at = base + laid.offset() as usize;
            field.ty.leaves(&inner, at, leaves);
        }
    }
}

impl CRecord {
    /// Whether the scalars of every element of an array of it are aligned like those of the first.
    ///
    /// Where they are not, the compilers disagree on whether the array has unaligned fields: clang
    /// looks at every element, gcc at the first.
    pub(crate) fn is_even(&self) -> bool {
        let size = self.ty.size() as usize;
        self.leaves
            .iter()
            .all(|leaf| size.is_multiple_of(leaf.ty.align() as usize))
    }

    pub(crate) fn name(&self) -> String {
        let tag = self.parts.tag.as_deref().unwrap_or_default();
        format!("{} {tag}", self.parts.kind.keyword())
    }

    fn body(&self) -> String {
        let mut text = self.parts.kind.keyword().to_owned();
        if self.parts.pack == Some(Pack::Attribute) {
            text += " __attribute__((packed))";
        }
        if let Some(align) = self.parts.align {
            let _ = write!(text, " __attribute__((aligned({align})))");
        }
        let _ = write!(text, " {} {{", self.parts.tag.as_deref().unwrap_or(""));
        for field in &self.parts.fields {
            match (&field.ty, &field.name) {
                (CType::Record(record), None) => text += &record.body(),
                (ty, name) => text += &ty.declare(name.as_deref().unwrap_or_default()),
            }
            if let Some(align) = field.align {
                let _ = write!(text, " __attribute__((aligned({align})))");
            }
            text += "; ";
        }
        text + "}"
    }

    /// Its definition, and those of the records inside it that are not yet in `known`.
    pub(crate) fn define(&self, known: &mut Vec<RecordType>, text: &mut String) {
        for field in &self.parts.fields {
            define(&field.ty, known, text);
        }
        if self.parts.tag.is_none() || known.contains(&self.ty) {
            return;
        }
        known.push(self.ty);
        let body = self.body();
        let _ = match self.parts.pack {
            Some(Pack::Pragma(bytes)) => {
                writeln!(
                    text,
                    "#pragma pack(push, {bytes})\n{body};\n#pragma pack(pop)"
                )
            }
            _ => writeln!(text, "{body};"),
        };
        self.assert_layout(text);
    }

    fn assert_layout(&self, text: &mut String) {
        let (name, size, align) = (self.name(), self.ty.size(), self.ty.align());
        let mut assert = |left: String, right: u64| {
            let _ = writeln!(text, "_Static_assert({left} == {right}, \"{name}\");");
        };
        assert(format!("sizeof({name})"), size);
        assert(format!("_Alignof({name})"), align);
        for field in self.ty.fields() {
            if let Some(member) = field.name() {
                assert(format!("offsetof({name}, {member})"), field.offset());
            }
        }
    }
}

impl CType {
    /// Its bytes that carry a value, if it is no record.
    pub(crate) fn parts(&self) -> Vec<Range<usize>> {
        atoms(self.ty())
            .into_iter()
            .map(|(range, _)| range)
            .collect()
    }

    /// Whether it or what it holds is so.
    pub(crate) fn has(&self, what: &dyn Fn(Type) -> bool) -> bool {
        match self {
            Self::Scalar(scalar) => what(scalar.ty),
            Self::Array(element, _) => element.has(what),
            Self::Record(record) => record.leaves.iter().any(|leaf| what(leaf.ty)),
        }
    }
}

/// Defines the records that `ty` contains.
pub(crate) fn define(ty: &CType, known: &mut Vec<RecordType>, text: &mut String) {
    match ty {
        CType::Scalar(_) => {}
        CType::Array(element, _) => define(element, known, text),
        CType::Record(record) => record.define(known, text),
    }
}
