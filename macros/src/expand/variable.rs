//! The methods of variables.

use super::{Context, docs, library_value_of};
use crate::model::{Presence, Variable};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn expand(index: usize, variable: &Variable, context: &Context<'_>) -> TokenStream {
    let krate = context.krate;
    let slot = context.variable_slot(index);
    let (vis, method, ty) = (&variable.vis, &variable.method, &variable.ty);
    let (cfgs, attrs) = (&variable.attrs.cfgs, &variable.attrs.others);
    let symbol = variable.symbols.first().map_or("", String::as_str);
    let written = docs::text(attrs);
    let first = match written.trim().is_empty() {
        true => Some(format!(" C's variable `{symbol}`.")),
        false => None,
    };
    let first = first.iter();
    let alias = docs::alias(symbol, method);
    let library = library_value_of(variable.presence);
    let fallible = matches!(variable.presence, Presence::Optional | Presence::Lazy);
    let address = match variable.presence {
        Presence::Optional => quote!(#library.0.optional(#slot)?),
        Presence::Lazy => quote!(#library.0.lazy(#slot)?),
        _ => quote!(#library.0.address(#slot)),
    };
    let (output, value) = match variable.mutable {
        true => (
            quote!(*mut #ty),
            quote!((#address).cast_mut().cast::<#ty>()),
        ),
        false => (
            quote!(&'static #ty),
            quote_spanned! {ty.span()=>
                // SAFETY: the author of the declaration vouches for the variable's type, and
                // that nobody writes to it.
                unsafe { <#ty as #krate::__private::ForeignVariable>::at(#address) }
            },
        ),
    };
    let (output, value) = match fallible {
        true => (
            quote!(#krate::Result<#output>),
            quote!(::core::result::Result::Ok(#value)),
        ),
        false => (output, value),
    };
    // The address alone harms nobody.
    let is_unsafe = !variable.is_safe && !variable.mutable;
    let unsafety = is_unsafe.then(|| quote!(unsafe));
    let safety = (is_unsafe && !written.contains("# Safety"))
        .then_some("\n\n# Safety\nIt has the declared type, and nobody writes to it.");
    let safety = safety.iter();
    let errors = (fallible && !written.contains("# Errors"))
        .then_some("\n\n# Errors\nThe library does not have it.");
    let errors = errors.iter();
    let pointer = variable
        .mutable
        .then_some("\n\nIts address; C may read and write it at any time.");
    let pointer = pointer.iter();
    quote! {
        #(#cfgs)*
        #(#[doc = #first])*
        #(#attrs)*
        #(#[doc = #pointer])*
        #(#[doc = #safety])*
        #(#[doc = #errors])*
        #alias
        #[inline]
        #vis #unsafety fn #method(self) -> #output {
            #value
        }
    }
}
