//! The errors of one declaration, reported together.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::fmt::Display;

/// Collects errors, so that one compilation shows all of them.
#[derive(Default)]
pub(crate) struct Errors {
    all: Option<syn::Error>,
    count: usize,
}

impl Errors {
    /// Adds an error at `tokens`: lower-case, without a full stop, saying what to write instead.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.count += 1;
        match &mut self.all {
            Some(errors) => errors.combine(error),
            None => self.all = Some(error),
        }
    }

    /// How many there are, to see whether a part of the declaration has added one.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The errors as items that fail to compile; `None` if there are none.
    pub(crate) fn into_items(self) -> Option<TokenStream> {
        self.all.map(|errors| errors.to_compile_error())
    }
}

/// The known word that is most like `word`, if one is.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|known| (distance(word, known), *known));
    let (distance, near) = scored.min()?;
    (distance <= near.len().max(word.len()).div_ceil(3)).then_some(near)
}

/// How many letters must be put in, left out or changed to make `a` of `b`.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word_is_found() {
        let known = ["out", "optional", "len_of", "errno"];
        assert_eq!(nearest("optinal", &known), Some("optional"));
        assert_eq!(nearest("lenof", &known), Some("len_of"));
        assert_eq!(nearest("inline", &known), None);
    }
}
