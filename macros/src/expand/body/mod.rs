//! The methods of functions: what they do.
//!
//! ```text
//! lengths   C's integers for the lengths of slices
//! keepers   the handles that will keep closures
//! hold      every argument becomes what will be passed, or is refused
//! places    memory for what C stores
//! contexts  the blocks of closures
//! call      the slot, loaded, called with what `give` returns
//! collect   the failure of a closure, and out
//! judge     the status, the sign of failure: the library's words, and out
//! take      the result and what C stored become what the method returns
//! ```

mod call;
mod closure;
mod outcome;

use super::method::Types;
use super::{Context, declaration, library_value, local, numbered};
use crate::model::{Fixed, Function, Mode, Role};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

/// What the steps share.
struct Body<'a> {
    index: usize,
    function: &'a Function,
    types: Types,
    context: &'a Context<'a>,
    library: Ident,
    result: Ident,
}

pub(super) use closure::param_type;

pub(super) fn expand(
    index: usize,
    function: &Function,
    types: Types,
    context: &Context<'_>,
) -> TokenStream {
    let body = Body {
        index,
        function,
        types,
        context,
        library: local("library"),
        result: local("result"),
    };
    let library = &body.library;
    let value = library_value(function);
    let ty = context.library;
    let keepers = body.keepers();
    let (lengths, held, places) = (body.lengths(), body.held(), body.places());
    let call = body.call();
    let judged = body.judged();
    let taken = body.taken();
    quote! {
        let #library: #ty = #value;
        #lengths
        #keepers
        #held
        #places
        #call
        #judged
        #taken
    }
}

/// The type behind a pointer; the type itself if it is none.
pub(super) fn pointee(ty: &Type) -> &Type {
    match ty {
        Type::Ptr(pointer) => &pointer.elem,
        Type::Group(group) => pointee(&group.elem),
        Type::Paren(paren) => pointee(&paren.elem),
        other => other,
    }
}

pub(super) fn is_pointer(ty: &Type) -> bool {
    matches!(ty, Type::Ptr(_))
}

impl Body<'_> {
    fn private(&self) -> TokenStream {
        let krate = self.context.krate;
        quote!(#krate::__private)
    }

    /// The library, for errors.
    fn blamed(&self) -> TokenStream {
        let library = &self.library;
        quote!(#library.0.library())
    }

    fn declaration(&self) -> TokenStream {
        declaration(self.index, self.context)
    }

    /// The value of a `Result`, with its error returned or, if there is no way to, told in a panic.
    fn unwrapped(&self, result: &TokenStream) -> TokenStream {
        let p = self.private();
        match self.function.is_fallible() {
            true => quote!(#result?),
            false => quote!(#p::surely(#result)),
        }
    }

    fn lengths(&self) -> TokenStream {
        let mut tokens = TokenStream::new();
        let p = self.private();
        let (declaration, blamed) = (self.declaration(), self.blamed());
        for (index, param) in self.function.params.iter().enumerate() {
            let Role::LenOf(slices) = &param.role else {
                continue;
            };
            let mut lengths = slices
                .iter()
                .map(|slice| quote_spanned!(slice.span()=> #p::Length::length(&#slice)));
            let length = match slices.len() {
                1 => lengths.next().unwrap_or_default(),
                _ => self.unwrapped(&quote! {
                    #p::shared([#(#lengths),*], #declaration, #blamed)
                }),
            };
            let name = numbered("length", index);
            let ty = pointee(&param.ty);
            let number = self.unwrapped(&quote_spanned! {ty.span()=>
                #p::counted::<#ty>(#length, #declaration, #index, #blamed)
            });
            tokens.extend(quote!(let mut #name: #ty = #number;));
        }
        tokens
    }

    /// The type of a parameter and the value that is passed for it, if it is one that is passed.
    fn passed(&self, index: usize) -> Option<(TokenStream, TokenStream)> {
        let param = &self.function.params[index];
        let ty = &self.types.params[index];
        let ident = &param.ident;
        Some(match &param.role {
            Role::Plain if self.function.is_grow_len(index) => return None,
            Role::Plain | Role::Variadic => (ty.to_token_stream(), quote!(#ident)),
            Role::Receiver => {
                let receiver = self.function.receiver.as_ref()?;
                let ty = match receiver.mode {
                    Mode::Shared(_) => quote!(&Self),
                    Mode::Mutable(_) => quote!(&mut Self),
                    Mode::Owned => quote!(Self),
                };
                (ty, quote!(self))
            }
            Role::Value(fixed) => {
                let p = self.private();
                let constant = crate::lifetime::erased(ty);
                let value = match fixed {
                    Fixed::Null => quote!(<#constant as #p::Null>::NULL),
                    Fixed::Expr(expr) => quote!(#expr),
                };
                (
                    ty.to_token_stream(),
                    quote!(const { let fixed: #constant = #value; fixed }),
                )
            }
            Role::Out
            | Role::Message
            | Role::LenOf(_)
            | Role::Grow(_)
            | Role::Closure(_)
            | Role::Context(_)
            | Role::Destroy(_) => return None,
        })
    }

    fn held(&self) -> TokenStream {
        let mut tokens = TokenStream::new();
        let (krate, library) = (self.context.krate, self.context.library);
        let (p, instance) = (self.private(), &self.library);
        for index in 0..self.function.params.len() {
            let Some((ty, value)) = self.passed(index) else {
                continue;
            };
            let span = self.function.params[index].ty.span();
            let name = numbered("held", index);
            let held = quote_spanned! {span=>
                <#ty as #krate::IntoForeign<#library>>::hold(#value, #instance)
            };
            let held = match self.function.is_fallible() {
                true => {
                    let (declaration, blamed) = (self.declaration(), self.blamed());
                    quote! {
                        match #held {
                            ::core::result::Result::Ok(held) => held,
                            ::core::result::Result::Err(refusal) => {
                                return ::core::result::Result::Err(
                                    #p::refused(refusal, #declaration, #index, #blamed),
                                );
                            }
                        }
                    }
                }
                false => quote_spanned!(span=> #p::certain(#held)),
            };
            tokens.extend(quote!(let mut #name = #held;));
        }
        tokens
    }

    fn places(&self) -> TokenStream {
        let mut tokens = TokenStream::new();
        let (p, library) = (self.private(), self.context.library);
        for (index, param) in self.function.params.iter().enumerate() {
            if matches!(param.role, Role::Out | Role::Message) {
                let name = numbered("place", index);
                let ty = pointee(&self.types.params[index]);
                tokens.extend(quote_spanned! {ty.span()=>
                    let mut #name = <#ty as #p::Out<#library>>::place();
                });
            }
        }
        tokens
    }
}
