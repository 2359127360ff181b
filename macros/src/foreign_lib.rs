//! `#[foreign_lib]`: from a module of C prototypes to a library type with methods.
//!
//! Guarantee: a declaration that breaks rules is reported with all of its errors, each at the
//! tokens that broke it, and everything that breaks none is generated.

use crate::args::LibraryArgs;
use crate::diagnostics::Errors;
use crate::{check, expand, parse};
use proc_macro2::TokenStream;
use syn::Item;

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = LibraryArgs::parse(args, &mut errors);
    let module = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Mod(module)) if module.content.is_some() => module,
        Ok(Item::Mod(module)) => {
            errors.at(
                module.semi,
                "the declarations must be seen; write `mod name { … }`",
            );
            return with(item, errors);
        }
        Ok(other) => {
            errors.at(
                &other,
                "expected a module, as in `pub mod sqlite { pub struct Sqlite; … }`",
            );
            return with(item, errors);
        }
        Err(error) => {
            errors.push(error);
            return with(TokenStream::new(), errors);
        }
    };
    let mut model = parse::module(args, module, &mut errors);
    check::module(&mut model, &mut errors);
    let errors = errors.into_items().unwrap_or_default();
    expand::module(&model, &errors)
}

fn with(item: TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_items().unwrap_or_default();
    quote::quote!(#item #errors)
}
