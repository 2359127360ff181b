//! The call itself: its arguments, its target, its buffer.

use super::{Body, is_pointer, pointee};
use crate::expand::method::code;
use crate::expand::{local, numbered};
use crate::model::{Presence, Role};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

impl Body<'_> {
    /// What is passed for each parameter of C.
    fn arguments(&self) -> Vec<TokenStream> {
        let (krate, library, p) = (self.context.krate, self.context.library, self.private());
        let params = self.function.params.iter().enumerate();
        let arguments = params.map(|(index, param)| {
            if let Some((ty, _)) = self.passed(index) {
                let name = numbered("held", index);
                let span = param.ty.span();
                let given = quote_spanned! {span=>
                    <#ty as #krate::IntoForeign<#library>>::give(&mut #name)
                };
                return match param.role {
                    Role::Variadic => quote_spanned! {span=>
                        #p::VariadicArgument::promote(#given)
                    },
                    _ => given,
                };
            }
            match &param.role {
                Role::LenOf(_) => {
                    let name = numbered("length", index);
                    match is_pointer(&param.ty) {
                        true => quote!(&raw mut #name),
                        false => quote!(#name),
                    }
                }
                Role::Grow(_) => local("buffer").to_token_stream(),
                Role::Plain => local("count").to_token_stream(),
                Role::Closure(closure) => {
                    let functions = numbered("functions", closure.context_param);
                    let mut closures = self.function.closures(closure.context_param);
                    let place = closures.position(|(param, _)| param == index);
                    quote!(#functions[#place])
                }
                Role::Context(_) => {
                    let name = numbered("context", index);
                    quote!(#name.pointer())
                }
                Role::Destroy(context) => {
                    let name = numbered("context", *context);
                    quote!(#name.destroy())
                }
                _ => {
                    let name = numbered("place", index);
                    let ty = pointee(&self.types.params[index]);
                    quote_spanned!(ty.span()=> <#ty as #p::Out<#library>>::pointer(&mut #name))
                }
            }
        });
        arguments.collect()
    }

    /// What C returns.
    fn result_type(&self) -> TokenStream {
        let (krate, library) = (self.context.krate, self.context.library);
        match &self.types.output {
            _ if self.function.failure.status.is_some() => code(self.function, self.context),
            Some(ty) => quote_spanned!(ty.span()=> <#ty as #krate::FromForeign<#library>>::C),
            None => quote!(()),
        }
    }

    /// The address of the function.
    fn address(&self) -> TokenStream {
        let (index, library) = (self.index, &self.library);
        match self.function.presence {
            Presence::Optional => quote!(#library.0.optional(#index)?),
            Presence::Lazy => quote!(#library.0.lazy(#index)?),
            Presence::Required | Presence::Since(_) => quote!(#library.0.address(#index)),
        }
    }

    pub(super) fn call(&self) -> TokenStream {
        self.collecting(self.plain_call())
    }

    fn plain_call(&self) -> TokenStream {
        let (p, result) = (self.private(), &self.result);
        let (address, arguments, ty) = (self.address(), self.arguments(), self.result_type());
        let (target, contexts) = (local("target"), self.contexts());
        if self.function.variadic.is_some() {
            let krate = self.context.krate;
            return self.preset(
                quote! {
                    let #target = #address;
                    #contexts
                    let fixed = (#(#arguments,)*);
                },
                quote! {
                    // SAFETY: the declaration says that the function is variadic, and the caller that
                    // it understands the arguments.
                    let #result: #ty = unsafe {
                        #krate::VariadicArguments::call_variadic(arguments, #target, fixed)
                    };
                },
            );
        }
        let abi = &self.function.abi;
        let fixed = self.fixed();
        let mut params: Vec<_> = (0..fixed).map(|_| quote!(_)).collect();
        if fixed < arguments.len() {
            params.push(quote!(...));
        }
        let target_type = quote!(unsafe extern #abi fn(#(#params),*) -> #ty);
        let prepare = quote! {
            // SAFETY: the slot has the address of the function, whose type the author of the
            // declaration vouches for.
            let #target: #target_type = unsafe { #p::as_function(#address) };
        };
        if self.function.grow().is_some() {
            return quote!(#prepare)
                .into_iter()
                .chain(self.growing(&target, &arguments))
                .collect();
        }
        let names: Vec<_> = (0..arguments.len())
            .map(|index| numbered("given", index))
            .collect();
        self.preset(
            quote! {
                #prepare
                #contexts
                #(let #names = #arguments;)*
            },
            quote! {
                // SAFETY: the arguments are what the declaration says; the rest is forwarded to
                // the author of the declaration, or to the caller.
                let #result: #ty = unsafe { #target(#(#names),*) };
            },
        )
    }

    /// How many parameters are not variadic.
    fn fixed(&self) -> usize {
        let mut params = self.function.params.iter();
        let variadic = params.position(|param| matches!(param.role, Role::Variadic));
        variadic.unwrap_or(self.function.params.len())
    }

    /// `prepare` and `call`, with the reason of a failure cleared before and read after the call.
    fn preset(&self, prepare: TokenStream, call: TokenStream) -> TokenStream {
        let krate = self.context.krate;
        let reason = local("reason");
        let failure = &self.function.failure;
        if let Some(errno) = &failure.errno {
            let _ = errno;
            return quote! {
                #prepare
                #krate::Errno(0).set();
                #call
                let #reason = #krate::Errno::last();
            };
        }
        if failure.last_error.is_some() {
            // Elsewhere nothing leaves such a number, and the error has none.
            return quote! {
                #prepare
                #[cfg(windows)]
                #krate::LastError(0).set();
                #call
                #[cfg(windows)]
                let #reason = #krate::LastError::last().0;
                #[cfg(not(windows))]
                let #reason = 0;
            };
        }
        quote!(#prepare #call)
    }

    /// Calls a function until its buffer is large enough.
    fn growing(&self, target: &Ident, arguments: &[TokenStream]) -> TokenStream {
        let Some((buffer_index, len_index)) = self.function.grow() else {
            return TokenStream::new();
        };
        let (p, result) = (self.private(), &self.result);
        let again = self.given_up_between();
        let (buffer, count, bytes) = (local("buffer"), local("count"), local("bytes"));
        let element = pointee(&self.function.params[buffer_index].ty);
        let len = pointee(&self.function.params[len_index].ty);
        let call = self.preset(
            TokenStream::new(),
            quote!(let #result = unsafe { #target(#(#arguments),*) };),
        );
        let reason = match self.has_reason() {
            true => local("reason").to_token_stream(),
            false => quote!(()),
        };
        let returned = quote!((#result, #reason));
        let pattern = quote!((#bytes, #result, #reason));
        if self.function.grows_by_result() {
            return quote! {
                // SAFETY: as for every call; the buffer is as large as it says.
                let #pattern = #p::grow_by_result::<#element, #len, _, _>(
                    |#buffer, #count| { #again #call #returned },
                );
            };
        }
        let ok = self.is_ok();
        quote! {
            // SAFETY: as for every call; the buffer is as large as it says.
            let #pattern = #p::grow_in_out::<#element, #len, _, _>(
                |#buffer, #count| { #again #call #returned },
                |#result| #ok,
            );
        }
    }

    /// Gives up what C stored in a call whose buffer was too small, before the next one.
    fn given_up_between(&self) -> TokenStream {
        let (p, library) = (self.private(), self.context.library);
        let instance = &self.library;
        let mut tokens = TokenStream::new();
        for (index, param) in self.function.params.iter().enumerate() {
            if matches!(param.role, Role::Out | Role::Message) {
                let (name, ty) = (numbered("place", index), pointee(&self.types.params[index]));
                tokens.extend(quote! {
                    let before = ::core::mem::replace(
                        &mut #name,
                        <#ty as #p::Out<#library>>::place(),
                    );
                    // SAFETY: C has returned, or has not been called.
                    ::core::mem::drop(unsafe {
                        <#ty as #p::Out<#library>>::abandon(before, #instance)
                    });
                });
            }
        }
        tokens
    }
}
