//! What a handle does besides crossing the boundary.

use super::Parts;
use crate::expand::derives;
use crate::model::Form;
use proc_macro2::TokenStream;
use quote::quote;

impl Parts<'_> {
    /// Drops a handle by its destructor.
    pub(super) fn drop(&self) -> TokenStream {
        let destructor = self.handle.args.drop.as_ref();
        let function = destructor.and_then(|name| self.context.model.function(name));
        let function = function.filter(|function| !function.broken);
        let (ty, start, lifetimes) = (&self.ty, &self.start, &self.lifetimes);
        let end = match function {
            Some(function) => {
                let method = &function.method;
                quote! {
                    // SAFETY: this one is not used again, and owns nothing by its fields.
                    let handle = unsafe { ::core::ptr::read(self) };
                    let _ = handle.#method();
                }
            }
            None => self.freed(),
        };
        if end.is_empty() {
            return end;
        }
        quote! {
            #start
            impl<#(#lifetimes),*> ::core::ops::Drop for #ty {
                #[inline]
                fn drop(&mut self) {
                    #end
                }
            }
        }
    }

    /// A text is read like a C string.
    pub(super) fn text(&self) -> TokenStream {
        let Form::Text(_) = self.handle.form else {
            return TokenStream::new();
        };
        let krate = self.context.krate;
        let (ty, start, lifetimes) = (&self.ty, &self.start, &self.lifetimes);
        quote! {
            #start
            impl<#(#lifetimes),*> ::core::ops::Deref for #ty {
                type Target = ::core::ffi::CStr;

                fn deref(&self) -> &::core::ffi::CStr {
                    // SAFETY: the library made a text of it, which lives as long as the handle.
                    unsafe { ::core::ffi::CStr::from_ptr(self.0) }
                }
            }

            #start
            impl<#(#lifetimes),*> #krate::__private::Message for #ty {
                fn into_message(self) -> ::core::option::Option<::std::string::String> {
                    let text: &::core::ffi::CStr = &self;
                    #krate::__private::Message::into_message(text)
                }
            }
        }
    }

    pub(super) fn debug(&self) -> TokenStream {
        if derives(&self.handle.attrs.others, "Debug") {
            return TokenStream::new();
        }
        let (ty, start, lifetimes) = (&self.ty, &self.start, &self.lifetimes);
        let name = self.handle.ident.to_string();
        let value = match self.handle.form {
            Form::Text(_) => quote!(&&**self),
            Form::Boxed(_) => quote!(&self.0.as_ptr()),
            Form::Value(_) => quote!(&self.0),
        };
        quote! {
            #start
            impl<#(#lifetimes),*> ::core::fmt::Debug for #ty {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.debug_tuple(#name).field(#value).finish()
                }
            }
        }
    }

    pub(super) fn threads(&self) -> TokenStream {
        let (ty, start, lifetimes) = (&self.ty, &self.start, &self.lifetimes);
        let args = &self.handle.args;
        let send = args.send.as_ref().map(|_| {
            quote! {
                // SAFETY: the author of the declaration claims it.
                #start
                unsafe impl<#(#lifetimes),*> ::core::marker::Send for #ty {}
            }
        });
        let sync = args.sync.as_ref().map(|_| {
            quote! {
                // SAFETY: as above.
                #start
                unsafe impl<#(#lifetimes),*> ::core::marker::Sync for #ty {}
            }
        });
        quote!(#send #sync)
    }
}
