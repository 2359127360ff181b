//! `#[derive(ForeignType)]` and `#[derive(ForeignResult)]`.
//!
//! Guarantee: an implementation is written only for a type whose layout C knows and whose fields
//! satisfy the same trait. After an error the type still gets an implementation, so that one
//! mistake is one message.

mod check;
mod crossing;
mod expand;
mod model;

use crate::diagnostics::Errors;
use model::Model;
use proc_macro2::TokenStream;
use syn::DeriveInput;

pub(crate) fn foreign_type(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let model = Model::read(input, &mut errors);
    check::foreign_type(&model, &mut errors);
    match errors.into_items() {
        None => expand::foreign_type(&model),
        Some(errors) => expand::fallback_type(&model, &errors),
    }
}

pub(crate) fn foreign_result(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let model = Model::read(input, &mut errors);
    check::foreign_result(&model, &mut errors);
    match errors.into_items() {
        None => expand::foreign_result(&model),
        Some(errors) => expand::fallback_result(&model, &errors),
    }
}
