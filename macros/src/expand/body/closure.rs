//! Closures: what C gets in their place, and what comes of their failures.

use super::{Body, pointee};
use crate::expand::{local, located, numbered};
use crate::lifetime;
use crate::model::{Closure, Conduct, ContextOf, Passed, Role};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

/// `FnMut(c_int, &CStr) -> c_int`
pub(in crate::expand) fn call_trait(closure: &Closure, conduct: Conduct) -> TokenStream {
    let params = closure.passed().map(|(_, passed)| &passed.ty);
    let output = closure.output.iter();
    let name = match conduct.once {
        true => quote!(::core::ops::FnMut),
        false => quote!(::core::ops::Fn),
    };
    quote!(#name(#(#params),*) #(-> #output)*)
}

/// What the method takes for a closure.
pub(in crate::expand) fn param_type(closure: &Closure, conduct: Conduct) -> TokenStream {
    let call = call_trait(closure, conduct);
    let sent = conduct.any_thread && (conduct.owned || conduct.once);
    let send = sent.then(|| quote!(+ ::core::marker::Send));
    let shared = conduct.any_thread && !conduct.once;
    let sync = shared.then(|| quote!(+ ::core::marker::Sync));
    let outlives = conduct.owned.then(|| quote!(+ 'static));
    match (closure.nullable, conduct.owned, conduct.once) {
        (false, ..) => quote!(impl #call #send #sync #outlives),
        (true, true, _) => quote! {
            ::core::option::Option<::std::boxed::Box<dyn #call #send #sync>>
        },
        (true, false, true) => quote!(::core::option::Option<&mut (dyn #call #send #sync)>),
        (true, false, false) => quote!(::core::option::Option<&(dyn #call #send #sync)>),
    }
}

impl Closure {
    /// What C passes besides the context, with its index among C's arguments.
    fn passed(&self) -> impl Iterator<Item = (usize, &Passed)> {
        let params = self.params.iter().enumerate();
        params.filter(|(index, _)| *index != self.context)
    }
}

impl Body<'_> {
    /// Where closures are kept, asked for while the handle is still at hand.
    pub(super) fn keepers(&self) -> TokenStream {
        let mut tokens = TokenStream::new();
        for (index, context) in self.function.contexts() {
            if let Some(until) = &context.until {
                let name = numbered("keeper", index);
                tokens.extend(quote!(let #name = #until.3.keeper();));
            }
        }
        tokens
    }

    /// The blocks that C gets the addresses of.
    pub(super) fn contexts(&self) -> TokenStream {
        let contexts = self.function.contexts();
        let contexts = contexts.map(|(index, context)| self.context(index, context));
        contexts.collect()
    }

    fn context(&self, index: usize, context: &ContextOf) -> TokenStream {
        let (p, library, ty) = (self.private(), &self.library, self.context.library);
        let (declaration, blamed) = (self.declaration(), self.blamed());
        let conduct = self.context.model.conduct(self.function, context);
        let (closures, functions) = (numbered("closures", index), numbered("functions", index));
        let name = numbered("context", index);
        let values = self.function.closures(index).map(|(param, closure)| {
            let ident = &self.function.params[param].ident;
            match closure.nullable {
                true => quote!(#ident),
                false => quote!(::core::option::Option::Some(#ident)),
            }
        });
        let places: Vec<_> = (0..self.function.closures(index).count())
            .map(Literal::usize_unsuffixed)
            .collect();
        let shims = self.shims(index, conduct);
        let threads = match conduct.any_thread {
            true => quote!(#p::Threads::Any),
            false => quote!(#p::Threads::Own),
        };
        let arguments = quote! {
            false #(|| #closures.#places.is_some())*,
            #library,
            #closures,
            #threads,
            #p::Origin { function: #declaration, library: #blamed },
        };
        let block = match (&context.until, &context.destroy) {
            (Some(_), _) => {
                let keeper = numbered("keeper", index);
                quote! {
                    let #name = #keeper.keep(#p::Unkept::new::<#ty, _>(#arguments), #declaration);
                }
            }
            (None, Some(_)) => quote!(let mut #name = #p::Notified::new::<#ty, _>(#arguments);),
            (None, None) => quote!(let mut #name = #p::Borrowed::<#ty, _>::new(#arguments);),
        };
        quote! {
            let #closures = (#(#values,)*);
            let #functions = { #shims }(&#closures);
            #block
        }
    }

    /// A function that tells what C calls for each of the closures of a context. All of it stands
    /// at one place, so that rustc tells once what is wrong with a type.
    fn shims(&self, context: usize, conduct: Conduct) -> TokenStream {
        let closures: Vec<_> = self.function.closures(context).collect();
        let place = closures.first().map(|(_, closure)| closure.abi.span());
        let place = place.unwrap_or_else(Span::call_site);
        let types: Vec<_> = (0..closures.len()).map(|i| numbered("F", i)).collect();
        let bounds = closures.iter().map(|(_, c)| call_trait(c, conduct));
        let count = closures.len();
        let (mut fallbacks, mut shims) = (TokenStream::new(), TokenStream::new());
        let mut addresses = Vec::new();
        for (number, (param, closure)) in closures.iter().enumerate() {
            fallbacks.extend(self.fallback(number, closure, place));
            shims.extend(self.shim((number, *param), closure, conduct, &types));
            let name = numbered("shim", number);
            let index = Literal::usize_unsuffixed(number);
            addresses.push(quote! {
                match &closures.#index {
                    ::core::option::Option::Some(_) => #name::<#(#types),*> as *const (),
                    ::core::option::Option::None => ::core::ptr::null(),
                }
            });
        }
        let shims = quote! {
            #shims
            #[inline(always)]
            fn shims<#(#types: #bounds),*>(
                closures: &(#(::core::option::Option<#types>,)*),
            ) -> [*const (); #count] {
                [#(#addresses),*]
            }
            shims
        };
        let shims = located(shims, place);
        quote!(#fallbacks #shims)
    }

    /// What C gets from a closure that does not run or fails.
    fn fallback(&self, number: usize, closure: &Closure, place: Span) -> TokenStream {
        let name = format_ident!("FALLBACK{number}", span = place);
        let result = self.c_result(closure);
        let ty = located(quote!(::core::mem::MaybeUninit<#result>), place);
        let value = match &closure.fallback {
            Some(fallback) => {
                let new = located(quote!(<::core::mem::MaybeUninit<#result>>::new), place);
                quote_spanned!(fallback.span()=> #new(#fallback))
            }
            None => located(quote!(::core::mem::MaybeUninit::zeroed()), place),
        };
        quote!(const #name: #ty = #value;)
    }

    /// What C gets from a closure.
    fn c_result(&self, closure: &Closure) -> TokenStream {
        let p = self.private();
        match &closure.output {
            Some(ty) => quote!(<#ty as #p::ClosureResult>::C),
            None => quote!(()),
        }
    }

    /// What C calls for one closure.
    fn shim(
        &self,
        (number, param): (usize, usize),
        closure: &Closure,
        conduct: Conduct,
        types: &[Ident],
    ) -> TokenStream {
        let (krate, p, library) = (self.context.krate, self.private(), self.context.library);
        let (name, fallback) = (numbered("shim", number), numbered("FALLBACK", number));
        let (abi, once) = (&closure.abi, conduct.once);
        let index = Literal::usize_unsuffixed(number);
        let bounded = types.iter().enumerate().map(|(i, ty)| match i == number {
            true => {
                let call = call_trait(closure, conduct);
                quote!(#ty: #call)
            }
            false => ty.to_token_stream(),
        });
        let result = self.c_result(closure);
        let params = closure.params.iter().enumerate().map(|(i, passed)| {
            let (name, ty) = (numbered("passed", i), lifetime::erased(&passed.ty));
            match i == closure.context {
                true => quote!(context: *mut ::core::ffi::c_void),
                false => quote!(#name: <#ty as #krate::FromForeign<#library>>::C),
            }
        });
        let taken = closure.passed().map(|(i, passed)| {
            let (name, ty) = (numbered("passed", i), &passed.ty);
            let spelling = option(passed.ident.as_ref().map(ToString::to_string));
            quote! {
                // SAFETY: it comes from the library, whose declaration says what it is.
                let #name = unsafe {
                    <#ty as #krate::FromForeign<#library>>::from_foreign(#name, _library)
                };
                let #name = #p::argument(#name, _head, SITE, #i + 1, #spelling)?;
            }
        });
        let arguments = closure.passed().map(|(i, _)| numbered("passed", i));
        let access = match once {
            true => quote!(as_mut),
            false => quote!(as_ref),
        };
        let returned = closure.output.iter();
        quote! {
            #[allow(improper_ctypes_definitions, reason = "the traits say what C passes")]
            unsafe extern #abi fn #name<#(#bounded),*>(
                #(#params),*
            ) -> ::core::mem::MaybeUninit<#result> {
                const SITE: #p::Site = #p::Site { closure: #index, param: #param };
                // SAFETY: the author of the declaration vouches for it that C hands back the context
                // of these closures, and only as long as they are lent or kept.
                unsafe {
                    #p::enter::<#once, #library, (#(::core::option::Option<#types>,)*), #result>(
                        context,
                        SITE,
                        #fallback,
                        |closures, _library, _head| {
                            // SAFETY: it runs once at a time, or is shared.
                            let closure = unsafe { (*closures).#index.#access() };
                            #(#taken)*
                            match closure {
                                ::core::option::Option::Some(closure) => {
                                    let value #(: #returned)* = closure(#(#arguments),*);
                                    #p::ClosureResult::into_c(value)
                                }
                                // Impossible: for a closure that is `None` C has a null pointer in
                                // place of this shim. Unwinding would end at `enter` anyhow.
                                ::core::option::Option::None => ::core::unreachable!(),
                            }
                        },
                    )
                }
            }
        }
    }

    /// `call` as one that collects.
    pub(super) fn collecting(&self, call: TokenStream) -> TokenStream {
        if !self.function.collects() {
            return call;
        }
        let p = self.private();
        let (place, calling, waits) = (local("place"), local("calling"), local("waits"));
        let settled = match self.function.failure.null_is_error {
            Some(_) => TokenStream::new(),
            None => self.settled(&self.is_ok()),
        };
        let failed = self.failed();
        quote! {
            let #place = #p::Place::uninit();
            let #calling = #p::Calling::begin(&#place);
            #call
            let #waits = #calling.end();
            #settled
            #failed
        }
    }

    /// Notes that C has the closures, if `ok` says that the call succeeded.
    pub(super) fn settled(&self, ok: &TokenStream) -> TokenStream {
        let mut tokens = TokenStream::new();
        for (index, context) in self.function.contexts() {
            let name = numbered("context", index);
            if context.destroy.is_some() {
                tokens.extend(quote!(#name.taken();));
            } else if context.replaces.is_some() {
                tokens.extend(quote!(#name.replaces();));
            }
        }
        match tokens.is_empty() {
            true => tokens,
            false => quote!(if #ok { #tokens }),
        }
    }

    /// Goes on with the failure of a closure, after what C gave out is given up.
    fn failed(&self) -> TokenStream {
        let p = self.private();
        let (waits, place) = (local("waits"), local("place"));
        let (declaration, blamed) = (self.declaration(), self.blamed());
        let lent = self.function.contexts();
        let lent = lent.filter(|(_, c)| c.until.is_none() && c.destroy.is_none());
        let lent: Vec<_> = lent.map(|(index, _)| numbered("context", index)).collect();
        let given_up = self.given_up();
        let end = match self.function.is_fallible() {
            true => quote!(return ::core::result::Result::Err(#p::resumed(failure));),
            false => quote! {
                let failure = ::core::result::Result::Err(#p::resumed(failure));
                match #p::surely::<::core::convert::Infallible>(failure) {}
            },
        };
        quote! {
            let elsewhere: ::core::primitive::u32 = 0 #(+ #lent.elsewhere())*;
            if #waits || elsewhere != 0 {
                let failure = #p::Calling::failure(&#place).or_else(|| {
                    (elsewhere != 0).then(|| #p::elsewhere(elsewhere, #declaration, #blamed))
                });
                if let ::core::option::Option::Some(failure) = failure {
                    #given_up
                    #end
                }
            }
        }
    }

    /// Gives up what C gave out in a call that the failure of a closure ends.
    fn given_up(&self) -> TokenStream {
        let (krate, library, p) = (self.context.krate, self.context.library, self.private());
        let (instance, result) = (&self.library, &self.result);
        let mut tokens = TokenStream::new();
        let is_value = self.function.failure.status.is_none() && !self.function.grows_by_result();
        let ok = self.is_ok();
        tokens.extend(quote!(let ok: ::core::primitive::bool = #ok;));
        if let (Some(ty), true) = (&self.types.output, is_value) {
            let value = quote! {
                // SAFETY: it comes from the function, whose declaration says what it is.
                unsafe { <#ty as #krate::FromForeign<#library>>::from_foreign(#result, #instance) }
            };
            tokens.extend(match self.function.failure.null_is_error {
                Some(_) => {
                    let settled = self.settled(&quote!(ok));
                    quote!(let ok = ok && #value.is_ok(); #settled)
                }
                None => quote!(::core::mem::drop(#value);),
            });
        }
        for (index, param) in self.function.params.iter().enumerate() {
            if !matches!(param.role, Role::Out | Role::Message) {
                continue;
            }
            let (name, ty) = (numbered("place", index), pointee(&self.types.params[index]));
            tokens.extend(quote! {
                if ok {
                    // SAFETY: C has returned.
                    ::core::mem::drop(unsafe { <#ty as #p::Out<#library>>::take(#name, #instance) });
                } else {
                    // SAFETY: C has returned.
                    ::core::mem::drop(unsafe { <#ty as #p::Out<#library>>::abandon(#name, #instance) });
                }
            });
        }
        tokens
    }
}

fn option(name: Option<String>) -> TokenStream {
    match name {
        Some(name) => quote!(::core::option::Option::Some(#name)),
        None => quote!(::core::option::Option::None),
    }
}
