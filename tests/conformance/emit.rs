//! The C side: a function for each variant of each case.
//!
//! Guarantee: a function logs every argument byte that carries a value before it does anything
//! else, at the offsets of [`places`], and returns what lies in the result buffer.
#![forbid(unsafe_code)]

use crate::ctype::{CRecord, CType};
use crate::generate::{Case, Variant};
use crate::promote::promoted;
use crate::source::{MANY, places};
use farcall::{CallConv, Scalar};
use std::fmt::Write;

/// What the functions need besides the common beginning.
pub(crate) const PRELUDE: &str = r#"
static unsigned char g_log[1 << 20];
static unsigned char g_result[1 << 16];
static unsigned g_state[2]; /* calls, misplaced things */
unsigned char *conf_log = g_log;
unsigned char *conf_result = g_result;
unsigned *conf_state = g_state;

#define JUNK(x) do { memset(&(x), 0xa5, sizeof(x)); \
    __asm__ volatile("" : : "r"(&(x)) : "memory"); } while (0)
/* The compiler must not conclude the answer from what it knows of the alignment. */
#define ALIGNED(x, to, flag) do { uintptr_t a = (uintptr_t)&(x); \
    __asm__ volatile("" : "+r"(a)); if (a % (to)) state[1] |= (flag); } while (0)
/* On Linux gcc passes these structs in ms_abi by reference but reads them as if they lay in the list. */
#if defined(__clang__) || defined(_WIN32)
#define BY_REFERENCE(list, T) __builtin_va_arg(list, T)
#else
#define BY_REFERENCE(list, T) (*__builtin_va_arg(list, T *))
#endif
/* Compilers take long over variables that are mentioned thousands of times. */
#define ENTER _Alignas(16) unsigned char local[16]; unsigned *state = conf_state; \
    unsigned char *log = conf_log, *from = conf_result; state[0]++; ALIGNED(local, 16, 1)
"#;

/// What the second word of the state says.
pub(crate) const MISALIGNED_STACK: u32 = 1;
/// As [`MISALIGNED_STACK`].
pub(crate) const MISALIGNED_RECORD: u32 = 2;

/// Whether a parameter is declared 64 bits wide to see how it is extended.
fn is_widened(case: &Case, ty: &CType) -> bool {
    let CType::Scalar(scalar) = ty else {
        return false;
    };
    let small =
        |scalar: Scalar| scalar.size() < 4 && (scalar.is_integer() || scalar == Scalar::Bool);
    case.wide && scalar.narrow().is_some_and(small)
}

/// The prototype of a variant; `honest` is the one that the library knows.
fn prototype(case: &Case, variant: Variant, honest: bool) -> String {
    let params = case.params(variant);
    let named = case.named(variant);
    let declare = |(index, ty): (usize, &CType)| match ty {
        _ if is_widened(case, ty) && !honest => format!("long long a{index}"),
        _ => ty.declare(&format!("a{index}")),
    };
    let mut list: Vec<_> = params[..named].iter().enumerate().map(declare).collect();
    match case.named {
        // What is passed is told to the reader of a report only.
        Some(_) if honest => list.extend(extra(&params[named..])),
        Some(_) => list.push("...".to_owned()),
        None if list.is_empty() => list.push("void".to_owned()),
        None => {}
    }
    let result = match &case.result {
        None => "void ".to_owned(),
        Some(ty) if !honest => match dirty(case, ty) {
            Some(wide) => format!("{wide} "),
            None => ty.declare(""),
        },
        Some(ty) => ty.declare(""),
    };
    let (attribute, name) = (variant.attribute, case.function(variant));
    format!("{result}{attribute}{name}({})", list.join(", "))
}

/// The wider type that is declared in place of a scalar result, to put junk above it.
fn dirty(case: &Case, ty: &CType) -> Option<&'static str> {
    match ty {
        CType::Scalar(scalar) if case.dirty => match scalar.narrow()? {
            Scalar::F32 | Scalar::F64 => Some("double"),
            _ => Some("unsigned long long"),
        },
        _ => None,
    }
}

/// A variadic function's extra arguments, as a comment.
fn extra(params: &[CType]) -> [String; 1] {
    let types: Vec<_> = params.iter().map(|ty| ty.declare("")).collect();
    [format!("... /* {} */", types.join(", "))]
}

/// The words for the extra arguments of a convention: the list, its start and its end.
fn va_words(variant: Variant) -> [&'static str; 3] {
    match variant.conv {
        CallConv::Win64 => [
            "__builtin_ms_va_list",
            "__builtin_ms_va_start",
            "__builtin_ms_va_end",
        ],
        _ => [
            "__builtin_va_list",
            "__builtin_va_start",
            "__builtin_va_end",
        ],
    }
}

/// The text about a variant in the report of a failure.
pub(crate) fn describe(case: &Case, variant: Variant) -> String {
    format!("{};\n", prototype(case, variant, true))
}

/// Adds the function of a variant to a file.
pub(crate) fn function(case: &Case, variant: Variant, text: &mut String) {
    let params = case.params(variant);
    let (places, _) = places(&params);
    let _ = writeln!(text, "{} {{\n  ENTER;", prototype(case, variant, false));
    let (named, [list, start, end]) = (case.named(variant), va_words(variant));
    if case.named.is_some() {
        let _ = writeln!(text, "  {list} list; {start}(list, a{});", named - 1);
    }
    for (index, (ty, at)) in params.iter().zip(places).enumerate() {
        let (name, mut ty) = (format!("a{index}"), ty.clone());
        if index >= named {
            ty = promoted(&ty);
            let read = match ty.size() {
                1 | 2 | 4 | 8 => "__builtin_va_arg",
                _ if variant.conv == CallConv::Win64 => "BY_REFERENCE",
                _ => "__builtin_va_arg",
            };
            let (declaration, ty) = (ty.declare(&name), ty.declare(""));
            let _ = writeln!(text, "  {declaration} = {read}(list, {ty});");
        }
        // `va_arg` gives a record whole; to take it apart only costs the compilers' time.
        let whole = case.whole || index >= named;
        match &ty {
            CType::Scalar(scalar) => log_scalar(case, &ty, scalar.narrow(), &name, at, text),
            CType::Record(record) => log_record(whole, record, &name, at, text),
            CType::Array(..) => {}
        }
    }
    if case.named.is_some() {
        let _ = writeln!(text, "  {end}(list);");
    }
    if let Some(result) = &case.result {
        give(case, result, text);
    }
    *text += "}\n";
}

fn log_scalar(
    case: &Case,
    ty: &CType,
    scalar: Option<Scalar>,
    name: &str,
    at: usize,
    text: &mut String,
) {
    let _ = match scalar {
        None | Some(Scalar::F32 | Scalar::F64) => writeln!(text, "  RAW({at}, {name});"),
        _ if is_widened(case, ty) => writeln!(text, "  INT({at}, (int){name});"),
        _ => writeln!(text, "  INT({at}, {name});"),
    };
}

fn log_record(whole: bool, record: &CRecord, name: &str, at: usize, text: &mut String) {
    if whole || record.leaves.len() > MANY {
        let _ = writeln!(text, "  RAW({at}, {name});");
    } else {
        for leaf in &record.leaves {
            let (path, at) = (&leaf.path, at + leaf.offset);
            let _ = writeln!(text, "  RAW({at}, {name}{path});");
        }
    }
    let align = record.ty.align();
    let _ = writeln!(
        text,
        "  ALIGNED({name}, {align}, {MISALIGNED_RECORD}); JUNK({name});"
    );
}

/// Builds the result from the result buffer and returns it.
fn give(case: &Case, result: &CType, text: &mut String) {
    match result {
        _ if let Some(ty) = dirty(case, result) => {
            let _ = writeln!(text, "  {ty} r; memcpy(&r, from, sizeof(r)); return r;");
        }
        CType::Record(record) if !case.whole && record.leaves.len() <= MANY => {
            let _ = writeln!(
                text,
                "  {}; memset(&r, 0xc3, sizeof(r));",
                result.declare("r")
            );
            for leaf in &record.leaves {
                let (path, at) = (&leaf.path, leaf.offset);
                let _ = writeln!(text, "  memcpy(&r{path}, from + {at}, sizeof(r{path}));");
            }
            *text += "  return r;\n";
        }
        _ => {
            let declaration = result.declare("r");
            let _ = writeln!(
                text,
                "  {declaration}; memcpy(&r, from, sizeof(r)); return r;"
            );
        }
    }
}
