//! Handles.

mod conduct;

use super::{Context, allowed};
use crate::model::{Form, Handle};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Lifetime;
use syn::spanned::Spanned;

pub(super) fn expand(handle: &Handle, context: &Context<'_>) -> TokenStream {
    let parts = Parts::new(handle, context);
    let structure = parts.structure();
    let value = parts.value();
    let passed = parts.passed();
    let made = match handle.form {
        Form::Boxed(_) => parts.stored(),
        Form::Value(_) | Form::Text(_) => parts.returned(),
    };
    let drop = parts.drop();
    let text = parts.text();
    let debug = parts.debug();
    let threads = parts.threads();
    quote!(#structure #value #passed #made #drop #text #debug #threads)
}

/// What the parts of an expansion share.
struct Parts<'a> {
    handle: &'a Handle,
    context: &'a Context<'a>,
    lifetimes: Vec<&'a Lifetime>,
    /// The handle with its lifetimes.
    ty: TokenStream,
    /// What C sees.
    c: TokenStream,
    /// What every item starts with.
    start: TokenStream,
    /// A field for the closures that it keeps, if functions have it keep some.
    kept: Option<TokenStream>,
}

impl<'a> Parts<'a> {
    fn new(handle: &'a Handle, context: &'a Context<'a>) -> Self {
        let lifetimes: Vec<_> = handle.generics.lifetimes().map(|p| &p.lifetime).collect();
        let ident = &handle.ident;
        let ty = match lifetimes.is_empty() {
            true => quote!(#ident),
            false => quote!(#ident<#(#lifetimes),*>),
        };
        let c = match &handle.form {
            Form::Value(ty) | Form::Text(ty) => ty.to_token_stream(),
            Form::Boxed(record) => quote!(*mut #record),
        };
        let (cfgs, allowed) = (&handle.attrs.cfgs, allowed());
        let index = context
            .model
            .handles
            .iter()
            .position(|h| h.ident == handle.ident);
        let keeps = index.is_some_and(|index| context.model.keeps_closures(index));
        let krate = context.krate;
        Self {
            kept: keeps.then(|| quote!(#krate::__private::Kept)),
            start: quote!(#(#cfgs)* #allowed),
            handle,
            context,
            lifetimes,
            ty,
            c,
        }
    }

    fn structure(&self) -> TokenStream {
        let Handle {
            attrs,
            vis,
            ident,
            generics,
            form,
            ..
        } = self.handle;
        let (krate, library) = (self.context.krate, self.context.library);
        let (cfgs, others) = (&attrs.cfgs, &attrs.others);
        let (lifetimes, kept) = (&self.lifetimes, self.kept.iter());
        let field = match form {
            Form::Value(ty) | Form::Text(ty) => ty.to_token_stream(),
            Form::Boxed(record) => quote!(#krate::__private::Record<#record>),
        };
        quote! {
            #(#cfgs)*
            #(#others)*
            #vis struct #ident #generics(
                #field,
                #library,
                // Neither sent to another thread nor shared with one, unless that is claimed.
                ::core::marker::PhantomData<(*mut (), #(&#lifetimes (),)*)>,
                #(#kept,)*
            );
        }
    }

    /// The C value, and what is to be done when C has taken the handle back.
    fn value(&self) -> TokenStream {
        let (krate, ty, c, start) = (self.context.krate, &self.ty, &self.c, &self.start);
        let lifetimes = &self.lifetimes;
        let value = match self.handle.form {
            Form::Boxed(_) => quote!(self.0.as_ptr()),
            _ => quote!(self.0),
        };
        let freed = self.freed();
        let release = (!freed.is_empty()).then(|| {
            quote! {
                unsafe fn release(&mut self) {
                    #freed
                }
            }
        });
        quote! {
            // SAFETY: `drop` below runs the destructor, and `release` frees the record.
            #start
            unsafe impl<#(#lifetimes),*> #krate::__private::Handle for #ty {
                type C = #c;

                #[inline(always)]
                fn value(&self) -> #c {
                    #value
                }

                #release
            }
        }
    }

    /// Frees what the handle has besides the C value.
    fn freed(&self) -> TokenStream {
        let record = matches!(self.handle.form, Form::Boxed(_)).then(|| {
            quote! {
                // SAFETY: forwarded to the caller.
                unsafe { self.0.free() }
            }
        });
        let kept = self.kept.as_ref().map(|_| {
            quote! {
                // SAFETY: as above: this is the end of the handle.
                unsafe { self.3.free() }
            }
        });
        quote!(#kept #record)
    }

    /// What C sees in place of a handle.
    fn invalid(&self) -> TokenStream {
        let (krate, c) = (self.context.krate, &self.c);
        match (&self.handle.args.invalid, &self.handle.form) {
            (Some(invalid), _) => quote!(#invalid),
            (None, Form::Boxed(_)) => quote!(::core::ptr::null_mut()),
            (None, Form::Value(ty) | Form::Text(ty)) => {
                quote_spanned!(ty.span()=> <#c as #krate::__private::HandleValue>::INVALID)
            }
        }
    }

    /// References and the handle itself as arguments.
    fn passed(&self) -> TokenStream {
        let ty = &self.ty;
        let shared = self.argument(&quote!(&#ty), false);
        let mutable = self.argument(&quote!(&mut #ty), false);
        let owned = self.argument(&quote!(#ty), true);
        quote!(#shared #mutable #owned)
    }

    fn argument(&self, argument: &TokenStream, owned: bool) -> TokenStream {
        let (krate, c, start) = (self.context.krate, &self.c, &self.start);
        let lifetimes = &self.lifetimes;
        let p = quote!(#krate::__private);
        let (ty, name) = (&self.ty, self.handle.ident.to_string());
        let invalid = self.invalid();
        let (held, hold, give) = match owned {
            true => (
                quote!(#p::Owned<#ty>),
                quote!(#p::Owned::new(self)),
                quote!(held.give()),
            ),
            false => (
                quote!(Self),
                quote!(self),
                quote!(#p::Handle::value(&**held)),
            ),
        };
        let message = (!owned).then(|| self.message()).flatten();
        let message = message.map(|message| {
            quote! {
                fn message(held: &Self) -> ::core::option::Option<::std::string::String> {
                    let handle: &#ty = held;
                    #message
                }
            }
        });
        quote! {
            // SAFETY: C gets the C value, of a handle that is borrowed until it returns or owned.
            #start
            unsafe impl<#(#lifetimes,)* __L: #p::ForeignLibrary> #krate::IntoForeign<__L>
                for #argument
            {
                type C = #c;
                type Held = #held;
                type Refusal = ::core::convert::Infallible;

                #[inline(always)]
                #[track_caller]
                fn hold(
                    self,
                    library: __L,
                ) -> ::core::result::Result<#held, ::core::convert::Infallible> {
                    #p::same_instance(self.1, library, #name);
                    ::core::result::Result::Ok(#hold)
                }

                #[inline(always)]
                fn give(held: &mut #held) -> #c {
                    #give
                }

                #message
            }

            #start
            impl<#(#lifetimes,)* __L: #p::ForeignLibrary> #krate::NullableArgument<__L>
                for #argument
            {
                #[inline(always)]
                fn null() -> #c {
                    #invalid
                }
            }
        }
    }

    /// The library's words about its last failure with `handle`.
    fn message(&self) -> Option<TokenStream> {
        let krate = self.context.krate;
        let name = self.handle.args.message.as_ref()?;
        let function = self.context.model.function(name).filter(|f| !f.broken)?;
        let method = &function.method;
        Some(quote!(#krate::__private::Message::into_message(handle.#method())))
    }

    /// A handle that C returns or stores.
    fn returned(&self) -> TokenStream {
        let (krate, library) = (self.context.krate, self.context.library);
        let (ty, c, start, lifetimes) = (&self.ty, &self.c, &self.start, &self.lifetimes);
        let name = self.handle.ident.to_string();
        let invalid = self.invalid();
        let message = self.message();
        let abandoned = match &message {
            Some(message) => quote!(let handle = &handle; #message),
            None => quote! {
                ::core::mem::drop(handle);
                ::core::option::Option::None
            },
        };
        let into = quote!(::core::convert::Into<#library>);
        let kept = self.kept.iter();
        quote! {
            // SAFETY: what stands for no handle is absent; every other value is one.
            #start
            unsafe impl<#(#lifetimes,)* __L: #into> #krate::FromForeign<__L> for #ty {
                type C = #c;

                #[inline(always)]
                unsafe fn from_foreign(
                    value: #c,
                    library: __L,
                ) -> ::core::result::Result<Self, #krate::Absent> {
                    if value == #invalid {
                        return ::core::result::Result::Err(#krate::Absent::Null { ty: #name });
                    }
                    let library: #library = library.into();
                    ::core::result::Result::Ok(Self(
                        value,
                        library,
                        ::core::marker::PhantomData,
                        #(#kept::new(),)*
                    ))
                }

                #[inline(always)]
                fn vacant() -> #c {
                    #invalid
                }

                unsafe fn abandon(
                    value: #c,
                    library: __L,
                ) -> ::core::option::Option<::std::string::String> {
                    // SAFETY: forwarded to the caller.
                    let handle = unsafe {
                        <Self as #krate::FromForeign<__L>>::from_foreign(value, library)
                    };
                    let handle = handle.ok()?;
                    #abandoned
                }
            }

            #start
            impl<#(#lifetimes,)* __L: #into> #krate::NullableResult<__L> for #ty {}
        }
    }

    /// A record that C fills.
    fn stored(&self) -> TokenStream {
        let Form::Boxed(record) = &self.handle.form else {
            return TokenStream::new();
        };
        let (krate, library) = (self.context.krate, self.context.library);
        let (ty, start, lifetimes) = (&self.ty, &self.start, &self.lifetimes);
        let p = quote!(#krate::__private);
        let kept = self.kept.iter();
        let zeroed = quote_spanned!(record.span()=> #p::Record::<#record>::zeroed());
        quote! {
            // SAFETY: the place is a record of its own.
            #start
            unsafe impl<#(#lifetimes),*> #p::Out<#library> for #ty {
                type Place = #p::Record<#record>;
                type C = #record;

                fn place() -> Self::Place {
                    #zeroed
                }

                #[inline(always)]
                fn pointer(place: &mut Self::Place) -> *mut #record {
                    place.as_ptr()
                }

                #[inline(always)]
                unsafe fn take(
                    place: Self::Place,
                    library: #library,
                ) -> ::core::result::Result<Self, #krate::Absent> {
                    ::core::result::Result::Ok(Self(
                        place,
                        library,
                        ::core::marker::PhantomData,
                        #(#kept::new(),)*
                    ))
                }

                unsafe fn abandon(
                    mut place: Self::Place,
                    _: #library,
                ) -> ::core::option::Option<::std::string::String> {
                    // SAFETY: C says that it failed, and keeps no record that it did not fill.
                    unsafe { place.free() };
                    ::core::option::Option::None
                }
            }
        }
    }
}
