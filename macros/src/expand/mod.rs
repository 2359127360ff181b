//! The model as Rust code.
//!
//! Guarantee: generated code names only public items of `farcall` and of its `__private` module,
//! and of a type only what a trait says.

mod body;
mod descriptor;
mod docs;
mod handle;
mod library;
mod method;
mod note;
mod status;
mod variable;

use crate::model::{Function, Module, Presence};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Path, Type};

/// What all expansions know.
pub(crate) struct Context<'a> {
    pub(crate) model: &'a Module,
    /// Where `farcall` is.
    pub(crate) krate: &'a Path,
    /// The library type.
    pub(crate) library: &'a Ident,
}

impl Context<'_> {
    /// The number of slots.
    fn slots(&self) -> usize {
        self.model.functions.len() + self.model.variables.len() + self.model.versions.len()
    }

    fn variable_slot(&self, index: usize) -> usize {
        self.model.functions.len() + index
    }

    fn version_slot(&self, index: usize) -> usize {
        self.model.functions.len() + self.model.variables.len() + index
    }

    /// The library type by which a library is asked, of which this module may be a part.
    fn root(&self) -> TokenStream {
        let library = self.library;
        match &self.model.args.part_of {
            Some(root) => quote!(#root),
            None => quote!(#library),
        }
    }
}

/// The whole module; without a library type, only what passes through.
pub(crate) fn module(model: &Module, errors: &TokenStream) -> TokenStream {
    let Module {
        attrs,
        vis,
        ident,
        items,
        ..
    } = model;
    let generated = model.library.as_ref().map(|library| {
        let context = Context {
            model,
            krate: &model.args.krate,
            library: &library.ident,
        };
        generated(&context, library)
    });
    quote! {
        #(#attrs)*
        #vis mod #ident {
            #(#items)*
            #generated
            #errors
        }
    }
}

fn generated(context: &Context<'_>, library: &crate::model::Library) -> TokenStream {
    let statuses = context.model.statuses.iter();
    let statuses = statuses.map(|status| status::expand(status, context));
    let handles = context.model.handles.iter();
    let handles = handles.map(|handle| handle::expand(handle, context));
    let library = library::expand(library, context);
    let methods = methods(context);
    let note = note::expand(context);
    quote! {
        #library
        #(#statuses)*
        #(#handles)*
        #methods
        #note
    }
}

/// The methods, those that stand on one type together in one block.
fn methods(context: &Context<'_>) -> TokenStream {
    let mut blocks: Vec<(String, TokenStream, Vec<TokenStream>)> = Vec::new();
    let mut add = |head: TokenStream, method: TokenStream| {
        let text = head.to_string();
        match blocks.iter_mut().find(|block| block.0 == text) {
            Some(block) => block.2.push(method),
            None => blocks.push((text, head, vec![method])),
        }
    };
    for (index, function) in context.model.functions.iter().enumerate() {
        add(
            method::head(function, context),
            method::expand(index, function, context),
        );
    }
    for (index, variable) in context.model.variables.iter().enumerate() {
        let head = owner(variable.presence, context);
        add(
            quote!(impl #head),
            variable::expand(index, variable, context),
        );
    }
    let allowed = allowed();
    let blocks = blocks.into_iter().map(|(_, head, methods)| {
        quote! {
            #allowed
            #head {
                #(#methods)*
            }
        }
    });
    quote!(#(#blocks)*)
}

/// The type on which what has no handle stands.
fn owner(presence: Presence, context: &Context<'_>) -> TokenStream {
    let library = context.library;
    match presence {
        Presence::Since(version) => {
            let ty = &context.model.versions[version].ty;
            quote!(#ty)
        }
        _ => quote!(#library),
    }
}

/// What the user's lints say about code that the user did not write.
fn allowed() -> TokenStream {
    quote! {
        #[allow(
            unsafe_code,
            dead_code,
            non_snake_case,
            deprecated,
            unreachable_patterns,
            unused_parens,
            unused_unsafe,
            unused_qualifications,
            single_use_lifetimes,
            clippy::all,
            clippy::pedantic,
            clippy::nursery,
            clippy::restriction,
            reason = "generated from C prototypes"
        )]
    }
}

/// A name that no other code can see.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Such a name for one parameter.
fn numbered(name: &str, index: usize) -> Ident {
    format_ident!("{name}{index}", span = Span::mixed_site())
}

/// The type with all its tokens where the first one stands: rustc tells a mistake once for each
/// place.
fn at_one_place(ty: &Type) -> Type {
    match ty {
        Type::Ptr(pointer) => {
            let mut pointer = pointer.clone();
            *pointer.elem = at_one_place(&pointer.elem);
            Type::Ptr(pointer)
        }
        ty => {
            let tokens = located(ty.to_token_stream(), ty.span());
            syn::parse2(tokens).unwrap_or_else(|_| ty.clone())
        }
    }
}

/// The same tokens, all at one place, where names are those of the user.
fn located(tokens: TokenStream, place: Span) -> TokenStream {
    let token = |token: TokenTree| match token {
        TokenTree::Group(group) => {
            let mut group = Group::new(group.delimiter(), located(group.stream(), place));
            group.set_span(place);
            TokenTree::Group(group)
        }
        mut token => {
            token.set_span(place);
            token
        }
    };
    tokens.into_iter().map(token).collect()
}

/// Whether `#[derive(…)]` has a trait of this name.
fn derives(attrs: &[Attribute], name: &str) -> bool {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("derive"))
        .any(|attr| {
            let mut found = false;
            let _ = attr.parse_nested_meta(|meta| {
                let last = meta.path.segments.last();
                found |= last.is_some_and(|segment| segment.ident == name);
                Ok(())
            });
            found
        })
}

/// What a function says of itself, for errors.
fn declaration(index: usize, context: &Context<'_>) -> TokenStream {
    let library = context.library;
    quote!(&<#library>::DECLARATION.functions[#index])
}

/// The value that leads to the library, in a method of `function`.
fn library_value(function: &Function) -> TokenStream {
    match &function.receiver {
        Some(_) => quote!(self.1),
        None => library_value_of(function.presence),
    }
}

/// The value that leads to the library, in a method that stands on no handle.
fn library_value_of(presence: Presence) -> TokenStream {
    match presence {
        Presence::Since(_) => quote!(self.0),
        _ => quote!(self),
    }
}
