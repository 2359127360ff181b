//! Handles and status types.

use super::attrs;
use crate::args::{HandleArgs, StatusArgs};
use crate::diagnostics::Errors;
use crate::model::{Form, Handle, Module, Status};
use proc_macro2::TokenStream;
use syn::{
    Attribute, Fields, GenericArgument, GenericParam, Item, ItemStruct, Meta, PathArguments, Type,
};

pub(super) fn handle(attr: Attribute, item: ItemStruct, model: &mut Module, errors: &mut Errors) {
    let mut args = HandleArgs::parse(arguments(&attr), errors);
    let Some(ty) = only_field(&item) else {
        errors.at(
            &item.ident,
            "a handle is a struct around the C value, as in `struct Connection(*mut c_void);`",
        );
        model.items.push(Item::Struct(item));
        return;
    };
    let mut params = item.generics.params.iter();
    if let Some(param) = params.find(|param| !matches!(param, GenericParam::Lifetime(_))) {
        errors.at(
            param,
            "a handle has lifetimes only; write one type for each kind of it",
        );
        model.items.push(Item::Struct(item));
        return;
    }
    let form = form(ty);
    if let (Form::Boxed(_), Some(invalid)) = (&form, &args.invalid) {
        errors.at(invalid, "a boxed record is always valid; remove `invalid`");
        args.invalid = None;
    }
    model.handles.push(Handle {
        attrs: attrs::split(item.attrs),
        vis: item.vis,
        ident: item.ident,
        generics: item.generics,
        args,
        form,
    });
}

pub(super) fn status(attr: Attribute, item: ItemStruct, model: &mut Module, errors: &mut Errors) {
    let args = StatusArgs::parse(arguments(&attr), errors);
    let Some(ty) = only_field(&item) else {
        errors.at(
            &item.ident,
            "a status is a struct around the number that C returns, as in `struct Status(c_int);`",
        );
        model.items.push(Item::Struct(item));
        return;
    };
    if !item.generics.params.is_empty() {
        errors.at(&item.generics, "a status has no parameters; remove them");
    }
    let ok = args.ok.unwrap_or_else(|| {
        errors.at(
            &attr,
            "say which values mean that all is well, as in `#[status(ok = 0)]`",
        );
        crate::args::Values {
            pat: syn::parse_quote!(0),
            single: true,
        }
    });
    model.statuses.push(Status {
        attrs: attrs::split(item.attrs),
        vis: item.vis,
        ident: item.ident,
        ty,
        ok,
        text: args.text,
    });
}

/// What stands between the parentheses of an attribute.
pub(super) fn arguments(attr: &Attribute) -> TokenStream {
    match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}

fn only_field(item: &ItemStruct) -> Option<Type> {
    match &item.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Some(fields.unnamed[0].ty.clone()),
        _ => None,
    }
}

/// A handle is what its field is written as: a pointer to `c_char` is a text, a `Box` a record.
fn form(ty: Type) -> Form {
    if let Some(record) = boxed(&ty) {
        return Form::Boxed(record);
    }
    match &ty {
        Type::Ptr(pointer) if is_char(&pointer.elem) => Form::Text(ty),
        _ => Form::Value(ty),
    }
}

fn boxed(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(list) = &last.arguments else {
        return None;
    };
    match list.args.first() {
        Some(GenericArgument::Type(ty)) if last.ident == "Box" && list.args.len() == 1 => {
            Some(ty.clone())
        }
        _ => None,
    }
}

fn is_char(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|s| s.ident == "c_char"),
        _ => false,
    }
}
