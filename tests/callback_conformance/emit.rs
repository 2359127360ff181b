//! The C side: for each variant of each case a function that calls a function pointer.
//!
//! Guarantee: it passes the values that lie in the buffer of what is sent, at the offsets of
//! `source::places`, and logs every byte of the result that carries a value. Above a small value
//! lies junk, as far as C lets it be there.
#![forbid(unsafe_code)]

use crate::ctype::{CRecord, CScalar, CType};
use crate::generate::{Case, Variant};
use crate::source::{MANY, places};
use farcall::Scalar;
use std::fmt::Write;

/// What the functions need besides the common beginning.
pub(crate) const PRELUDE: &str = r#"
static unsigned char g_sent[1 << 20];
static unsigned char g_log[1 << 16];
unsigned char *conf_sent = g_sent;
unsigned char *conf_log = g_log;
volatile long long conf_zero;

/* A word with a small value in its low bytes; the compiler cannot narrow the computation. */
static long long word(const unsigned char *at) {
  long long w; memcpy(&w, at, 8); return w ^ conf_zero;
}
"#;

/// The text about a variant in the report of a failure.
pub(crate) fn describe(case: &Case, variant: Variant) -> String {
    let mut text = String::new();
    function(case, variant, &mut text);
    text
}

/// Adds the function of a variant to a file.
pub(crate) fn function(case: &Case, variant: Variant, text: &mut String) {
    let params = case.params(variant);
    let (places, _) = places(&params);
    let (attribute, name) = (variant.attribute, case.function(variant));
    let pointer = pointer(case, variant, &params);
    let _ = writeln!(text, "void {attribute}{name}(void *address) {{");
    let _ = writeln!(text, "  {pointer} = address;");
    *text += "  unsigned char *sent = conf_sent, *log = conf_log;\n";
    for (index, (ty, at)) in params.iter().zip(places).enumerate() {
        argument(case, ty, index, at, text);
    }
    let arguments: Vec<_> = (0..params.len()).map(|index| format!("a{index}")).collect();
    let call = format!("f({})", arguments.join(", "));
    match &case.result {
        None => {
            let _ = writeln!(text, "  {call};");
        }
        Some(result) => {
            let _ = writeln!(text, "  {} = {call};", result_type(case, result, "r"));
            log(case, result, text);
        }
    }
    *text += "}\n";
}

/// The declaration of the function pointer.
fn pointer(case: &Case, variant: Variant, params: &[CType]) -> String {
    let mut list: Vec<_> = params
        .iter()
        .map(|ty| match widened(case, ty) {
            Some(wide) => wide.to_owned(),
            None => ty.declare(""),
        })
        .collect();
    if list.is_empty() {
        list.push("void".to_owned());
    }
    let declarator = format!("({}*f)({})", variant.attribute, list.join(", "));
    match &case.result {
        None => format!("void {declarator}"),
        Some(result) => result_type(case, result, &declarator),
    }
}

/// What C declares in place of a smaller type, to pass junk above its values.
fn widened(case: &Case, ty: &CType) -> Option<&'static str> {
    match ty {
        CType::Scalar(scalar) if case.wide => match scalar.narrow()? {
            Scalar::F32 => Some("double"),
            scalar if scalar.size() < 8 => Some("unsigned long long"),
            _ => None,
        },
        _ => None,
    }
}

/// The result as C declares it: an `int` in place of what must come extended to one.
fn result_type(case: &Case, ty: &CType, declarator: &str) -> String {
    match ty {
        CType::Scalar(scalar)
            if case.dirty && scalar.narrow().is_some_and(|scalar| scalar.size() < 4) =>
        {
            format!("int {declarator}")
        }
        _ => ty.declare(declarator),
    }
}

/// Makes an argument from what is sent.
fn argument(case: &Case, ty: &CType, index: usize, at: usize, text: &mut String) {
    let name = format!("a{index}");
    let _ = match ty {
        _ if let Some(wide) = widened(case, ty) => {
            writeln!(text, "  {wide} {name}; memcpy(&{name}, sent + {at}, 8);")
        }
        CType::Scalar(scalar) if is_computed(*scalar) => {
            let declaration = ty.declare(&name);
            let mask = if scalar.narrow() == Some(Scalar::Bool) {
                " & 1"
            } else {
                ""
            };
            let cast = scalar.text;
            writeln!(text, "  {declaration} = ({cast})(word(sent + {at}){mask});")
        }
        CType::Record(record) if !case.whole && record.leaves.len() <= MANY => {
            build(record, &name, at, text);
            Ok(())
        }
        _ => {
            let declaration = ty.declare(&name);
            writeln!(
                text,
                "  {declaration}; memcpy(&{name}, sent + {at}, sizeof({name}));"
            )
        }
    };
}

/// Whether a scalar is computed from a wider one.
fn is_computed(scalar: CScalar) -> bool {
    let computed = |scalar: Scalar| scalar.size() < 8 && !scalar.is_float();
    scalar.narrow().is_some_and(computed)
}

/// Makes a record scalar by scalar, with junk in its padding.
fn build(record: &CRecord, name: &str, at: usize, text: &mut String) {
    let declaration = format!("{} {name}", record.name());
    let _ = writeln!(
        text,
        "  {declaration}; memset(&{name}, 0xc3, sizeof({name}));"
    );
    for leaf in &record.leaves {
        let (path, at) = (&leaf.path, at + leaf.offset);
        let _ = writeln!(
            text,
            "  memcpy(&{name}{path}, sent + {at}, sizeof({name}{path}));"
        );
    }
}

/// Logs the result.
fn log(case: &Case, ty: &CType, text: &mut String) {
    match ty {
        CType::Scalar(scalar) if scalar.narrow().is_none_or(Scalar::is_float) => {
            *text += "  RAW(0, r);\n";
        }
        CType::Scalar(_) => *text += "  INT(0, r);\n",
        CType::Record(record) if !case.whole && record.leaves.len() <= MANY => {
            for leaf in &record.leaves {
                let (path, at) = (&leaf.path, leaf.offset);
                let _ = writeln!(text, "  RAW({at}, r{path});");
            }
        }
        _ => *text += "  RAW(0, r);\n",
    }
}
