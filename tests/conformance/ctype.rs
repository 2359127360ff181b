//! C types as the suite sees them: the text for the compiler beside the type for the library.
#![forbid(unsafe_code)]

use farcall::{EnumType, FnType, RecordKind, RecordType, Scalar, Type};
use std::fmt::Write;
use std::sync::Arc;

/// A type that a parameter, a result or a field can have.
#[derive(Clone)]
pub(crate) enum CType {
    Scalar(CScalar),
    Array(Box<CType>, u64),
    Record(Arc<CRecord>),
}

#[derive(Clone, Copy)]
pub(crate) struct CScalar {
    /// Its C spelling, complete without a declarator.
    pub(crate) text: &'static str,
    pub(crate) ty: Type,
}

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
    /// Its scalars; those of a union lie over one another.
    pub(crate) leaves: Vec<CLeaf>,
}

/// A scalar inside a record, with the C expression that follows the record's name.
#[derive(Clone)]
pub(crate) struct CLeaf {
    pub(crate) path: String,
    pub(crate) offset: usize,
    pub(crate) scalar: Scalar,
}

pub(crate) const fn scalar(text: &'static str, ty: Type) -> CScalar {
    CScalar { text, ty }
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
    table.map(|(text, ty)| CScalar { text, ty }).to_vec()
}

impl CScalar {
    pub(crate) fn scalar(self) -> Scalar {
        self.ty.scalar().expect("a scalar")
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
                scalar: scalar.scalar(),
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
        if let Some(align) = self.align {
            builder = builder.align(align);
        }
        let ty = builder.build().expect("a record");
        let mut leaves = Vec::new();
        self.leaves(ty, "", 0, &mut leaves);
        Arc::new(CRecord {
            parts: self,
            ty,
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
            .all(|leaf| size.is_multiple_of(leaf.scalar.size()))
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

/// Defines the records that `ty` contains.
pub(crate) fn define(ty: &CType, known: &mut Vec<RecordType>, text: &mut String) {
    match ty {
        CType::Scalar(_) => {}
        CType::Array(element, _) => define(element, known, text),
        CType::Record(record) => record.define(known, text),
    }
}
