//! From the Rust spelling of a declared type to the C type that it stands for.
//!
//! Guarantee: the type that is found has the machine type that the compiler gave; the spelling only
//! adds names and what pointers point to.
#![forbid(unsafe_code)]

use crate::declaration::ForeignValue;
use crate::error::TypeError;
use crate::types::{RustType, Scalar, Type};

/// How deep pointers are followed.
const DEPTH: u32 = 8;

/// The C type of a declared parameter or result.
pub(crate) fn c_type(value: ForeignValue) -> Result<Type, TypeError> {
    let machine = value.ty.to_type()?;
    let spelled = match value.ty {
        RustType::Scalar(Scalar::Pointer) => pointer(value.spelling, DEPTH),
        RustType::Scalar(_) => named(last_segment(value.spelling)),
        _ => None,
    };
    let same = |ty: &Type| ty.scalar().is_some() && ty.scalar() == machine.scalar();
    Ok(spelled.filter(same).unwrap_or(machine))
}

/// The pointer that a spelling stands for.
fn pointer(spelling: &str, depth: u32) -> Option<Type> {
    let text = spelling.trim();
    let (is_const, pointee) = if let Some(rest) = text.strip_prefix('*') {
        let rest = rest.trim_start();
        match rest.strip_prefix("const ") {
            Some(pointee) => (true, pointee),
            None => (false, rest.strip_prefix("mut ")?),
        }
    } else if let Some(rest) = text.strip_prefix('&') {
        let rest = rest.trim_start();
        match rest.strip_prefix("mut ") {
            Some(pointee) => (false, pointee),
            None => (true, rest),
        }
    } else if let Some(inner) = option(text) {
        return pointer(inner, depth);
    } else {
        // An owned text.
        return (last_segment(text) == "CString").then(|| Type::CHAR.const_pointer());
    };
    let to = pointee_type(pointee.trim(), depth.checked_sub(1)?);
    Some(if is_const {
        to.const_pointer()
    } else {
        to.pointer()
    })
}

fn pointee_type(text: &str, depth: u32) -> Type {
    if let Some(pointer) = pointer(text, depth) {
        return pointer;
    }
    if let Some(element) = text.strip_prefix('[') {
        let end = element.find([';', ']']).unwrap_or(element.len());
        return pointee_type(element[..end].trim(), depth);
    }
    let name = last_segment(text);
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    match named(name) {
        Some(ty) => ty,
        None if matches!(name, "CStr" | "str" | "Path" | "OsStr") => Type::CHAR,
        None if !name.is_empty() && name.chars().all(is_name) => Type::opaque(name),
        None => Type::VOID,
    }
}

/// What stands inside `Option<…>`.
fn option(text: &str) -> Option<&str> {
    let (name, rest) = text.split_once('<')?;
    let inner = rest.trim_end().strip_suffix('>')?;
    (last_segment(name) == "Option").then_some(inner)
}

/// The last name of a path, without its arguments.
fn last_segment(text: &str) -> &str {
    let path = text.split('<').next().unwrap_or(text);
    path.rsplit("::").next().unwrap_or(path).trim()
}

/// The C type that a Rust name of the standard library stands for.
fn named(name: &str) -> Option<Type> {
    Some(match name {
        "c_void" => Type::VOID,
        "bool" => Type::BOOL,
        "c_char" => Type::CHAR,
        "c_schar" => Type::SIGNED_CHAR,
        "c_uchar" => Type::UNSIGNED_CHAR,
        "c_short" => Type::SHORT,
        "c_ushort" => Type::UNSIGNED_SHORT,
        "c_int" => Type::INT,
        "c_uint" => Type::UNSIGNED_INT,
        "c_long" => Type::LONG,
        "c_ulong" => Type::UNSIGNED_LONG,
        "c_longlong" => Type::LONG_LONG,
        "c_ulonglong" => Type::UNSIGNED_LONG_LONG,
        "c_float" | "f32" => Type::FLOAT,
        "c_double" | "f64" => Type::DOUBLE,
        "i8" => Type::INT8,
        "u8" => Type::UINT8,
        "i16" => Type::INT16,
        "u16" => Type::UINT16,
        "i32" => Type::INT32,
        "u32" => Type::UINT32,
        "i64" => Type::INT64,
        "u64" => Type::UINT64,
        "isize" => Type::PTRDIFF,
        "usize" => Type::SIZE,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_become_c_types() {
        for (spelling, text) in [
            ("* mut * const c_char", "const char **"),
            ("& CStr", "const char *"),
            ("& mut [u8]", "uint8_t *"),
            ("Option < & std :: path :: Path >", "const char *"),
            ("* mut c_void", "void *"),
            ("& mut z_stream", "z_stream *"),
            ("& [f64 ; 3]", "const double *"),
            ("CString", "const char *"),
            ("Option < unsafe extern \"C\" fn (c_int) >", "void *"),
            ("* const (i32 , i32)", "const void *"),
        ] {
            let ty = RustType::Scalar(Scalar::Pointer);
            let found = c_type(ForeignValue { ty, spelling }).unwrap();
            assert_eq!(found.to_string(), text, "{spelling}");
        }
    }

    #[test]
    fn the_compiler_has_the_last_word() {
        let value = ForeignValue {
            ty: RustType::Scalar(Scalar::I64),
            spelling: "c_int",
        };
        assert_eq!(c_type(value).unwrap(), Type::INT64);
    }
}
