//! The rules, one function each; they read the model and report.

use super::model::{Body, Field, Model};
use crate::diagnostics::Errors;
use syn::Variant;

pub(crate) fn foreign_type(model: &Model<'_>, errors: &mut Errors) {
    match &model.body {
        Body::Struct(_) => {
            layout_is_known(model, errors);
            has_fields(model, errors);
            wraps_one_field(model, errors);
        }
        Body::Union(_) => {
            union_is_c(model, errors);
            has_fields(model, errors);
        }
        Body::Enum(_, variants) => {
            storage_is_known(model, errors);
            has_no_payload(variants, errors);
        }
    }
}

pub(crate) fn foreign_result(model: &Model<'_>, errors: &mut Errors) {
    if let Body::Enum(token, _) = &model.body {
        let name = model.ident;
        errors.at(
            token,
            format_args!(
                "C can return a number that no variant of `{name}` has; return the integer, and convert it with `TryFrom`"
            ),
        );
    }
}

fn layout_is_known(model: &Model<'_>, errors: &mut Errors) {
    let repr = &model.repr;
    if let Some(word) = &repr.other {
        errors.at(
            word,
            format_args!("C does not know the layout `{word}`; write `#[repr(C)]`"),
        );
    } else if !repr.is_c && repr.transparent.is_none() {
        no_repr(model, "`#[repr(C)]`", errors);
    }
}

fn union_is_c(model: &Model<'_>, errors: &mut Errors) {
    let repr = &model.repr;
    if let Some(word) = repr.other.as_ref().or(repr.transparent.as_ref()) {
        errors.at(
            word,
            format_args!("C does not know a `{word}` union; write `#[repr(C)]`"),
        );
    } else if !repr.is_c {
        no_repr(model, "`#[repr(C)]`", errors);
    }
}

fn storage_is_known(model: &Model<'_>, errors: &mut Errors) {
    let repr = &model.repr;
    if let Some(word) = repr.other.as_ref().or(repr.transparent.as_ref()) {
        errors.at(
            word,
            format_args!(
                "C does not know a `{word}` enum; write `#[repr(C)]`, or an integer of at most 64 bits as in `#[repr(u8)]`"
            ),
        );
    } else if !repr.is_c && repr.integer.is_none() {
        no_repr(
            model,
            "`#[repr(C)]`, or the integer that C stores it in, as in `#[repr(u8)]`",
            errors,
        );
    }
}

fn no_repr(model: &Model<'_>, expected: &str, errors: &mut Errors) {
    let name = model.ident;
    errors.at(
        name,
        format_args!("Rust chooses the layout of `{name}`; add {expected}"),
    );
}

fn has_fields(model: &Model<'_>, errors: &mut Errors) {
    if model.values().next().is_none() {
        let name = model.ident;
        errors.at(
            name,
            format_args!(
                "`{name}` has no fields, and C has no empty records; for an opaque type, pass a pointer to it"
            ),
        );
    }
}

fn wraps_one_field(model: &Model<'_>, errors: &mut Errors) {
    if model.repr.transparent.is_some() {
        for Field { ty, .. } in model.values().skip(1) {
            errors.at(
                ty,
                "a transparent struct has one field besides `PhantomData`; write `#[repr(C)]`",
            );
        }
    }
}

fn has_no_payload(variants: &[&Variant], errors: &mut Errors) {
    for variant in variants.iter().filter(|v| !v.fields.is_empty()) {
        let name = &variant.ident;
        errors.at(
            &variant.fields,
            format_args!(
                "C has no enums with fields; keep `{name}` alone, and put the fields into a `#[repr(C)]` union"
            ),
        );
    }
}
