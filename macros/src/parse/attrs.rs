//! Attributes: markers of this crate taken out, all others told apart.

use crate::diagnostics::{Errors, nearest};
use crate::model::Attrs;
use syn::Attribute;

/// All markers.
const MARKERS: &[&str] = &[
    "handle",
    "status",
    "since",
    "lazy",
    "optional",
    "symbol",
    "errno",
    "last_error",
    "null_is_error",
    "fallible",
    "calls_back",
    "out",
    "message",
    "len_of",
    "grow",
    "value",
    "variadic",
    "context_of",
    "fallback",
];

/// Attributes of the language, which are passed on.
const LANGUAGE: &[&str] = &[
    "doc",
    "cfg",
    "cfg_attr",
    "allow",
    "expect",
    "warn",
    "deny",
    "forbid",
    "must_use",
    "deprecated",
    "inline",
    "cold",
    "link_name",
    "track_caller",
    "derive",
    "repr",
    "non_exhaustive",
    "unsafe",
    "diagnostic",
    "automatically_derived",
    "link",
];

/// The markers of one item.
pub(super) struct Marks(Vec<Attribute>);

impl Marks {
    /// Takes the markers out of `attrs`; those that are not in `known` are errors, as are words
    /// that are no attribute of the language.
    pub(super) fn take(attrs: &mut Vec<Attribute>, known: &[&str], errors: &mut Errors) -> Self {
        let mut marks: Vec<Attribute> = Vec::new();
        attrs.retain(|attr| {
            let Some(name) = attr.path().get_ident() else {
                return true;
            };
            let name = name.to_string();
            if LANGUAGE.contains(&name.as_str()) {
                return true;
            }
            if !known.contains(&name.as_str()) {
                errors.at(attr.path(), misplaced(&name, known));
            } else if marks.iter().any(|mark| mark.path().is_ident(&name)) {
                errors.at(attr, format_args!("`#[{name}]` is given twice; keep one"));
            } else {
                marks.push(attr.clone());
            }
            false
        });
        Self(marks)
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Attribute> {
        let index = self.0.iter().position(|attr| attr.path().is_ident(name))?;
        Some(self.0.remove(index))
    }
}

fn misplaced(name: &str, known: &[&str]) -> String {
    if MARKERS.contains(&name) {
        return format!("`#[{name}]` says nothing here; remove it");
    }
    match nearest(name, known).or_else(|| nearest(name, MARKERS)) {
        Some(near) => format!("unknown marker `{name}`; did you mean `{near}`?"),
        None if known.is_empty() => format!("unknown marker `{name}`; remove it"),
        None => format!(
            "unknown marker `{name}`; expected one of: {}",
            known.join(", ")
        ),
    }
}

/// Conditions apart from what is passed on.
pub(super) fn split(attrs: Vec<Attribute>) -> Attrs {
    let (cfgs, others) = attrs
        .into_iter()
        .partition(|attr| attr.path().is_ident("cfg"));
    Attrs { cfgs, others }
}
