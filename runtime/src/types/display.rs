//! Types as C text.
//!
//! Guarantee: what is printed for a type reads back as the same type, except for records and
//! enumerations without a tag that are long or laid out by `#pragma pack`, which are abbreviated,
//! and nesting or length past a bound; what is left out prints as `…`.
#![forbid(unsafe_code)]

use super::{BitRules, CallConv, Field, FnType, MAX_DEPTH, RecordType, Type, TypeKind};
use std::cell::Cell;
use std::fmt;

/// The types that are printed of one: typedefs can make a short text name more than any memory
/// holds.
const TYPES_SHOWN: u32 = 10_000;

/// The fields of a record without a tag that are printed.
const FIELDS_SHOWN: usize = 6;

/// How much has been printed: the levels around this place, and what may still follow.
#[derive(Clone, Copy)]
struct Bound<'a> {
    depth: u32,
    left: &'a Cell<u32>,
}

impl Bound<'_> {
    fn deeper(self, levels: u32) -> Self {
        Self {
            depth: self.depth + levels,
            ..self
        }
    }

    /// Counts one type; false if it is one too many.
    fn admits_one(self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0 && self.depth <= MAX_DEPTH
    }
}

/// `print` with all that may be printed still before it.
fn bounded(print: impl FnOnce(Bound<'_>) -> String) -> String {
    let left = Cell::new(TYPES_SHOWN);
    print(Bound {
        depth: 0,
        left: &left,
    })
}

/// `ty` as a declaration of `name`.
fn declare(ty: Type, name: &str, is_const: bool, bound: Bound<'_>) -> String {
    if !bound.admits_one() {
        return join("…", name);
    }
    let prefix = if is_const { "const " } else { "" };
    match *ty.kind() {
        TypeKind::Pointer {
            to,
            is_const: const_pointee,
            non_null,
        } => {
            let mut words = String::from("*");
            if is_const {
                words.push_str("const ");
            }
            if non_null {
                words.push_str("_Nonnull ");
            }
            let mut inner = words + name;
            inner.truncate(inner.trim_end().len());
            match to.kind() {
                TypeKind::Array { .. } => inner = format!("({inner})"),
                // Inside the parentheses, an attribute belongs to this function and to no other.
                TypeKind::Function(function) => {
                    let attribute = attribute(*function).map_or(String::new(), |a| a + " ");
                    inner = format!("({attribute}{inner})");
                    return function_text(*function, &inner, bound.deeper(2));
                }
                _ => {}
            }
            declare(to, &inner, const_pointee, bound.deeper(1))
        }
        TypeKind::Array { element, len } => declare(
            element,
            &format!("{name}[{len}]"),
            is_const,
            bound.deeper(1),
        ),
        TypeKind::Function(function) => prototype(function, name, bound.deeper(1)),
        TypeKind::Record(record) => join(&format!("{prefix}{}", record_text(record, bound)), name),
        TypeKind::Enum(enumeration) => join(&format!("{prefix}{enumeration}"), name),
        TypeKind::Void => join(&format!("{prefix}void"), name),
        TypeKind::Complex { part } => {
            declare(part, &join("_Complex", name), is_const, bound.deeper(1))
        }
        TypeKind::Vector { element, .. } => {
            let size = ty.size().unwrap_or(0);
            let attribute = format!("__attribute__((vector_size({size})))");
            declare(element, &join(&attribute, name), is_const, bound.deeper(1))
        }
        TypeKind::Scalar { name: word, .. } | TypeKind::Opaque { name: word } => {
            join(&format!("{prefix}{word}"), name)
        }
    }
}

fn join(base: &str, declarator: &str) -> String {
    match declarator {
        "" => base.to_owned(),
        _ => format!("{base} {declarator}"),
    }
}

fn function_text(function: FnType, name: &str, bound: Bound<'_>) -> String {
    let mut params: Vec<String> = function
        .params()
        .iter()
        .map(|param| declare(param.ty, param.name.unwrap_or(""), false, bound.deeper(1)))
        .collect();
    match (params.is_empty(), function.is_variadic()) {
        (_, true) => params.insert(function.named().len(), "...".to_owned()),
        (true, false) => params.push("void".to_owned()),
        (false, false) => {}
    }
    let declarator = format!("{name}({})", params.join(", "));
    declare(function.result(), &declarator, false, bound.deeper(1))
}

/// The function's text with its calling convention, which at the end belongs to the function
/// nearest to the name.
fn prototype(function: FnType, name: &str, bound: Bound<'_>) -> String {
    let text = function_text(function, name, bound);
    match attribute(function) {
        Some(attribute) => format!("{text} {attribute}"),
        None => text,
    }
}

fn attribute(function: FnType) -> Option<String> {
    let name = match function.call_conv() {
        CallConv::C => return None,
        CallConv::SysV64 => "sysv_abi",
        CallConv::Win64 => "ms_abi",
    };
    Some(format!("__attribute__(({name}))"))
}

fn record_text(record: RecordType, bound: Bound<'_>) -> String {
    let keyword = record.record_kind().keyword();
    if let Some(tag) = record.tag() {
        return format!("{keyword} {tag}");
    }
    let mut text = format!("{keyword} {{ ");
    for field in record.fields().iter().take(FIELDS_SHOWN) {
        text += &member(record, field, bound.deeper(1));
        if let Some(bits) = field.bits {
            text += &format!(" : {bits}");
        }
        if let Some(align) = field.align {
            text += &format!(" __attribute__((aligned({align})))");
        }
        text += "; ";
    }
    // `#pragma pack` with more than one byte cannot be said inside a type.
    if record.fields().len() > FIELDS_SHOWN || record.pack().is_some_and(|pack| pack > 1) {
        text += "… ";
    }
    text += "}";
    if record.pack() == Some(1) {
        text += " __attribute__((packed))";
    }
    if record.bit_rules() != BitRules::HOST {
        text += &format!(" __attribute__(({}))", record.bit_rules().attribute());
    }
    if let Some(align) = record.least_align() {
        text += &format!(" __attribute__((aligned({align})))");
    }
    text
}

/// A field without its attributes; a flexible array member has no length.
fn member(record: RecordType, field: &Field, bound: Bound<'_>) -> String {
    let name = field.name.unwrap_or("");
    let is_last = record.fields().last() == Some(field);
    match *field.ty.kind() {
        TypeKind::Array { element, len: 0 } if is_last && record.is_flexible() => {
            declare(element, &format!("{name}[]"), false, bound)
        }
        _ => declare(field.ty, name, false, bound),
    }
}

impl Type {
    /// Its C declaration of `name`: `const char *text`, `int (*compare)(int, int)`.
    ///
    /// ```
    /// use farcall::Type;
    /// assert_eq!(Type::INT.array(3)?.declare("xyz"), "int xyz[3]");
    /// # Ok::<(), farcall::TypeError>(())
    /// ```
    #[must_use]
    pub fn declare(self, name: &str) -> String {
        bounded(|bound| declare(self, name, false, bound))
    }
}

impl FnType {
    /// Its C prototype for `name`: `double pow(double x, double y)`.
    #[must_use]
    pub fn declare(self, name: &str) -> String {
        bounded(|bound| prototype(self, name, bound))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.declare(""))
    }
}

impl fmt::Display for FnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.declare(""))
    }
}

impl fmt::Debug for FnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FnType({self})")
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bounded(|bound| record_text(*self, bound)))
    }
}

impl fmt::Debug for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordType({self})")
    }
}
