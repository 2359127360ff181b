//! A file of C for a batch of cases: what is the same in both directions.
#![forbid(unsafe_code)]

use crate::ctype::{CType, PRELUDE, define};
use crate::emit;
use crate::generate::{Case, Variant};

/// The records with more scalars than this are always logged whole.
pub(crate) const MANY: usize = 12;

/// Where each argument lies in a log, and the end of the log.
pub(crate) fn places(params: &[CType]) -> (Vec<usize>, usize) {
    let mut end = 0;
    let place = |param: &CType| {
        let at = end;
        end += param.size().next_multiple_of(16);
        at
    };
    (params.iter().map(place).collect(), end)
}

/// The definitions of the records of a case.
fn records(case: &Case) -> String {
    let (mut known, mut text) = (Vec::new(), String::new());
    for ty in case.params.iter().chain(&case.result) {
        define(ty, &mut known, &mut text);
    }
    text
}

/// The file for all variants of some cases; by variants, because gcc takes long to change from one
/// convention to the other.
pub(crate) fn file(cases: &[Case], compiler: &str) -> String {
    let mut text = format!("{PRELUDE}\n{}", emit::PRELUDE);
    let used = |case: &&Case| Variant::ALL.into_iter().any(|one| case.has(one, compiler));
    text.extend(cases.iter().filter(used).map(records));
    for variant in Variant::ALL {
        for case in cases.iter().filter(|case| case.has(variant, compiler)) {
            emit::function(case, variant, &mut text);
        }
    }
    text
}

/// A case in C, for people.
pub(crate) fn describe(case: &Case, compiler: &str) -> String {
    let mut text = records(case);
    let variants = Variant::ALL
        .into_iter()
        .filter(|one| case.has(*one, compiler));
    text.extend(variants.map(|variant| emit::describe(case, variant)));
    text
}
