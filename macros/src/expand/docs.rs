//! The documentation of methods: the user's, and what every method has to say.

use super::Context;
use crate::model::Function;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, Lit, Meta};

/// The attributes of a method.
pub(super) fn of_method(function: &Function, context: &Context<'_>) -> TokenStream {
    let attrs = &function.attrs.others;
    let written = text(attrs);
    let symbol = function.symbols.first().map_or("", String::as_str);
    let first = written
        .trim()
        .is_empty()
        .then(|| format!(" Calls C's `{symbol}`."));
    let has = |section: &str| written.lines().any(|line| line.trim() == section);
    let mut more = String::new();
    if context.model.is_unsafe(function) && !has("# Safety") {
        more += "\n\n# Safety\nWhat C's documentation asks for.";
    }
    if function.is_fallible() && !has("# Errors") {
        more += "\n\n# Errors\n";
        more += &errors(function, symbol);
    }
    if function.collects() && !has("# Panics") {
        more += "\n\n# Panics\nIf a closure panics that C calls meanwhile.";
    }
    let more = (!more.is_empty()).then_some(more);
    let first = first.iter();
    let more = more.iter();
    let alias = alias(symbol, &function.method);
    quote! {
        #(#[doc = #first])*
        #(#attrs)*
        #(#[doc = #more])*
        #alias
    }
}

fn errors(function: &Function, symbol: &str) -> String {
    let failure = &function.failure;
    let mut reasons = Vec::new();
    if failure.status.is_some() || failure.errno.is_some() || failure.last_error.is_some() {
        reasons.push(format!("- `{symbol}` reports that it failed."));
    }
    if failure.null_is_error.is_some() {
        reasons.push(format!("- `{symbol}` returns nothing."));
    }
    if crate::check::has_test(function) {
        reasons.push("- The library does not have it.".to_owned());
    }
    if function.collects() {
        reasons.push("- A closure fails, or may not run where C calls it.".to_owned());
    }
    if failure.fallible.is_some() || reasons.is_empty() {
        reasons.push("- C cannot take an argument.".to_owned());
    }
    reasons.join("\n")
}

/// C's name, to find the method by.
pub(super) fn alias(symbol: &str, method: &proc_macro2::Ident) -> TokenStream {
    let is_alias = |c: char| c.is_ascii_graphic() && c != '"' && c != '\'';
    if *method == symbol || symbol.is_empty() || !symbol.chars().all(is_alias) {
        return TokenStream::new();
    }
    quote!(#[doc(alias = #symbol)])
}

/// The text of the documentation.
pub(super) fn text(attrs: &[Attribute]) -> String {
    let mut text = String::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        let line = match &attr.meta {
            Meta::NameValue(meta) => match &meta.value {
                Expr::Lit(value) => match &value.lit {
                    Lit::Str(line) => line.value(),
                    _ => continue,
                },
                // It is a macro, and says something.
                _ => "…".to_owned(),
            },
            _ => continue,
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}
