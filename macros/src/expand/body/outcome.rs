//! What comes of a call: an error with the library's words, or the values of the method.

use super::{Body, is_pointer, pointee};
use crate::args::Values;
use crate::expand::{local, numbered};
use crate::model::{Mode, On, Role};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Pat, Type};

impl Body<'_> {
    pub(super) fn has_reason(&self) -> bool {
        let failure = &self.function.failure;
        failure.errno.is_some() || failure.last_error.is_some()
    }

    /// Whether the result says that all is well.
    pub(super) fn is_ok(&self) -> TokenStream {
        let (p, result) = (self.private(), &self.result);
        let failure = &self.function.failure;
        if let Some(status) = &failure.status {
            if let Some(Values { pat, .. }) = &status.ok {
                return matches(result, pat);
            }
            let (ty, library) = (&self.function.output, self.context.library);
            return quote!(<#ty as #p::StatusType<#library>>::is_ok(#result));
        }
        let on = [&failure.errno, &failure.last_error].into_iter().flatten();
        match on.filter_map(|reason| reason.on.as_ref()).next() {
            Some(On::Null) => quote!(!#p::Pointer::is_null(#result)),
            Some(On::Values(Values { pat, .. })) => {
                let failed = matches(result, pat);
                quote!(!#failed)
            }
            None => quote!(true),
        }
    }

    /// Returns the error if the call failed.
    pub(super) fn judged(&self) -> TokenStream {
        let failure = &self.function.failure;
        let has_sign = failure.status.is_some()
            || [&failure.errno, &failure.last_error]
                .into_iter()
                .flatten()
                .any(|reason| reason.on.is_some());
        let p = self.private();
        let (result, declaration, blamed) = (&self.result, self.declaration(), self.blamed());
        let mut tokens = TokenStream::new();
        if self.function.grows_by_result() {
            let error = match self.has_reason() {
                true => self.reason(),
                false => quote!(#p::failed(
                    #result, ::core::option::Option::None, #declaration, #blamed
                )),
            };
            tokens.extend(quote! {
                if #p::Count::is_negative(#result) {
                    return ::core::result::Result::Err(#error);
                }
            });
        }
        if !has_sign {
            return tokens;
        }
        let ok = self.is_ok();
        let words = self.words();
        let error = match self.has_reason() {
            true => self.reason(),
            false => quote!(#p::failed(#result, words, #declaration, #blamed)),
        };
        tokens.extend(quote! {
            if !#ok {
                #words
                return ::core::result::Result::Err(#error);
            }
        });
        tokens
    }

    /// The error with the reason that C left.
    fn reason(&self) -> TokenStream {
        let (krate, reason, library) = (self.context.krate, local("reason"), &self.library);
        let declaration = self.declaration();
        let kind = match self.function.failure.errno {
            Some(_) => quote!(#krate::ErrorKind::Errno(#reason)),
            None => quote!(#krate::ErrorKind::LastError { code: #reason }),
        };
        quote!(#library.0.error(#declaration, #kind))
    }

    /// Collects the library's own words about a failure, and gives up what it stored.
    fn words(&self) -> TokenStream {
        let (krate, library, p) = (self.context.krate, self.context.library, self.private());
        let (instance, result) = (&self.library, &self.result);
        let mut tokens = TokenStream::new();
        let keeps = !self.has_reason();
        let mut add = |words: TokenStream| {
            tokens.extend(match keeps {
                true => quote!(let words = words.or_else(|| #words);),
                false => TokenStream::new(),
            });
        };
        add(quote!(
            ::core::option::Option::<::std::string::String>::None
        ));
        let params = self.function.params.iter().enumerate();
        for (index, _) in params
            .clone()
            .filter(|(_, p)| matches!(p.role, Role::Message))
        {
            let (name, ty) = (numbered("place", index), pointee(&self.types.params[index]));
            add(quote! {
                // SAFETY: C has returned.
                unsafe { <#ty as #p::Out<#library>>::take(#name, #instance) }
                    .ok()
                    .and_then(#p::Message::into_message)
            });
        }
        for (index, param) in params.clone() {
            let is_handle = matches!(param.role, Role::Receiver)
                || matches!((&param.role, &param.ty), (Role::Plain, Type::Reference(_)));
            let owned = matches!(
                self.function.receiver.as_ref().map(|r| &r.mode),
                Some(Mode::Owned)
            );
            let given = matches!(param.role, Role::Receiver) && owned;
            if let (true, false, Some((ty, _))) = (is_handle, given, self.passed(index)) {
                let name = numbered("held", index);
                add(quote!(<#ty as #krate::IntoForeign<#library>>::message(&#name)));
            }
        }
        let mut tokens = match keeps {
            true => {
                quote!(let words = ::core::option::Option::None::<::std::string::String>; #tokens)
            }
            false => TokenStream::new(),
        };
        for (index, _) in params.filter(|(_, p)| matches!(p.role, Role::Out)) {
            let (name, ty) = (numbered("place", index), pointee(&self.types.params[index]));
            let abandoned = quote! {
                // SAFETY: C has returned.
                let more = unsafe { <#ty as #p::Out<#library>>::abandon(#name, #instance) };
            };
            tokens.extend(match keeps {
                true => quote!(#abandoned let words = words.or(more);),
                false => quote!(#abandoned let _ = more;),
            });
        }
        if let (Some(_), true) = (&self.function.failure.status, keeps) {
            let ty = &self.function.output;
            tokens.extend(quote! {
                let words = words.or_else(|| {
                    <#ty as #p::StatusType<#library>>::text(#result, #instance)
                });
            });
        }
        tokens
    }

    /// What the method returns.
    pub(super) fn taken(&self) -> TokenStream {
        let mut tokens = TokenStream::new();
        let mut values = Vec::new();
        let (krate, library, p) = (self.context.krate, self.context.library, self.private());
        let (instance, result) = (&self.library, &self.result);
        // All are taken before the first that is absent is told, so that each is dropped.
        for (index, param) in self.function.params.iter().enumerate() {
            let (name, ty) = (numbered("place", index), pointee(&self.types.params[index]));
            let taken = quote_spanned! {ty.span()=>
                // SAFETY: C has returned, and says that all is well.
                let #name = unsafe { <#ty as #p::Out<#library>>::take(#name, #instance) };
            };
            match param.role {
                Role::Out => tokens.extend(taken),
                Role::Message => tokens.extend(quote!(#taken ::core::mem::drop(#name);)),
                _ => {}
            }
        }
        if let Some(status) = &self.function.failure.status {
            let local = status
                .local
                .map(|local| &self.context.model.statuses[local].ok);
            if status.ok.as_ref().or(local).is_some_and(|ok| !ok.single) {
                values.push(quote!(#result));
            }
        } else if let (Some(ty), false) = (&self.types.output, self.function.grows_by_result()) {
            let value = quote_spanned! {ty.span()=>
                // SAFETY: it comes from the function, whose declaration says what it is.
                unsafe { <#ty as #krate::FromForeign<#library>>::from_foreign(#result, #instance) }
            };
            values.push(self.present(&value, None));
        }
        for (index, param) in self.function.params.iter().enumerate() {
            match &param.role {
                Role::Out => {
                    let name = numbered("place", index);
                    values.push(self.present(&name.to_token_stream(), Some(index)));
                }
                Role::LenOf(_) if is_pointer(&param.ty) => {
                    let name = numbered("length", index);
                    values.push(quote!(#p::Count::to_length(#name)));
                }
                Role::Grow(_) => values.push(local("bytes").to_token_stream()),
                _ => {}
            }
        }
        let value = match &values[..] {
            [only] => only.clone(),
            several => quote!((#(#several),*)),
        };
        let settled = self.settled(&quote!(true));
        match self.function.is_fallible() {
            true if self.function.failure.null_is_error.is_some() && !settled.is_empty() => {
                quote! {
                    #tokens
                    let value = #value;
                    #settled
                    ::core::result::Result::Ok(value)
                }
            }
            true => quote!(#tokens ::core::result::Result::Ok(#value)),
            false => quote!(#tokens #value),
        }
    }

    /// A value that may be absent, which is an error or a panic.
    fn present(&self, value: &TokenStream, param: Option<usize>) -> TokenStream {
        let (p, declaration, blamed) = (self.private(), self.declaration(), self.blamed());
        let param = match param {
            Some(index) => quote!(::core::option::Option::Some(#index)),
            None => quote!(::core::option::Option::None),
        };
        let has_reason = self.has_reason() && self.function.failure.null_is_error.is_some();
        if has_reason {
            let reason = self.reason();
            return quote! {
                match #value {
                    ::core::result::Result::Ok(value) => value,
                    ::core::result::Result::Err(_) => {
                        return ::core::result::Result::Err(#reason);
                    }
                }
            };
        }
        match self.function.is_fallible() {
            true => quote!(#p::wanted(#value, #declaration, #param, #blamed)?),
            false => quote!(#p::present(#value, #declaration, #param, #blamed)),
        }
    }
}

fn matches(result: &Ident, pat: &Pat) -> TokenStream {
    // A range without a start is no `pat` of a macro.
    quote!((match #result { #pat => true, _ => false }))
}
