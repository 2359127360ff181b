//! The traits by which values cross the boundary of declared functions.

use super::model::{Body, Model};
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Generics, Variant};

/// C may take the value; of an enum, it may also return the number.
pub(super) fn passed(model: &Model<'_>, generics: &Generics) -> TokenStream {
    let (krate, name) = (&model.krate, model.ident);
    let (_, arguments, clause) = generics.split_for_impl();
    let with_library = with_library(generics);
    let (parameters, _, _) = with_library.split_for_impl();
    let native = native(krate);
    let checked = match &model.body {
        Body::Enum(_, variants) if variants.iter().all(|v| v.fields.is_empty()) => {
            checked(model, variants, generics)
        }
        _ => TokenStream::new(),
    };
    quote! {
        // SAFETY: C gets the value itself.
        #[automatically_derived]
        #[allow(deprecated)]
        unsafe impl #parameters #krate::IntoForeign<__L> for #name #arguments #clause {
            type C = Self;
            type Held = ::core::mem::ManuallyDrop<Self>;
            type Refusal = ::core::convert::Infallible;

            #[inline(always)]
            fn hold(
                self,
                _: __L,
            ) -> ::core::result::Result<Self::Held, ::core::convert::Infallible> {
                ::core::result::Result::Ok(::core::mem::ManuallyDrop::new(self))
            }

            #[inline(always)]
            fn give(held: &mut Self::Held) -> Self {
                #native
                // SAFETY: it is given once, and not dropped after that.
                unsafe { ::core::ptr::read(&**held) }
            }
        }
        #checked
    }
}

/// Values of a record may come from C as they are.
pub(super) fn returned(model: &Model<'_>, generics: &Generics) -> TokenStream {
    let (krate, name) = (&model.krate, model.ident);
    let (_, arguments, clause) = generics.split_for_impl();
    let with_library = with_library(generics);
    let (parameters, _, _) = with_library.split_for_impl();
    let native = native(krate);
    quote! {
        // SAFETY: every bit pattern is valid.
        #[automatically_derived]
        #[allow(deprecated)]
        unsafe impl #parameters #krate::FromForeign<__L> for #name #arguments #clause {
            type C = Self;

            #[inline(always)]
            unsafe fn from_foreign(
                value: Self,
                _: __L,
            ) -> ::core::result::Result<Self, #krate::Absent> {
                #native
                ::core::result::Result::Ok(value)
            }
        }
    }
}

/// Refuses to compile a call by rustc with a type that it does not pass as C does.
fn native(krate: &syn::Path) -> TokenStream {
    quote! {
        const {
            ::core::assert!(
                <Self as #krate::ForeignType>::TYPE.is_native(),
                "rustc does not pass this type as C does, because it holds a `long double`, a \
                 `_Float16` or a vector; call the function with `Function::call`",
            );
        }
    }
}

/// Numbers from C become the variants that have them.
fn checked(model: &Model<'_>, variants: &[&Variant], generics: &Generics) -> TokenStream {
    let (krate, name) = (&model.krate, model.ident);
    let (_, arguments, clause) = generics.split_for_impl();
    let with_library = with_library(generics);
    let (parameters, _, _) = with_library.split_for_impl();
    let storage = match &model.repr.integer {
        Some(integer) => {
            let integer = integer.unraw();
            quote!(::core::primitive::#integer)
        }
        None => quote!(::core::ffi::c_int),
    };
    let text = name.unraw().to_string();
    let variants = variants.iter().map(|variant| &variant.ident);
    quote! {
        // SAFETY: only numbers that a variant has become one.
        #[automatically_derived]
        #[allow(deprecated)]
        unsafe impl #parameters #krate::FromForeign<__L> for #name #arguments #clause {
            type C = #storage;

            #[inline]
            unsafe fn from_foreign(
                value: #storage,
                _: __L,
            ) -> ::core::result::Result<Self, #krate::Absent> {
                const {
                    ::core::assert!(
                        ::core::mem::size_of::<Self>() == ::core::mem::size_of::<#storage>(),
                        "this enumeration is no `int`; say which integer it is, as in `#[repr(i64)]`",
                    );
                }
                #(
                    if value == Self::#variants as #storage {
                        return ::core::result::Result::Ok(Self::#variants);
                    }
                )*
                ::core::result::Result::Err(#krate::Absent::Unknown {
                    ty: #text,
                    found: value as ::core::primitive::i128,
                })
            }
        }

        #[automatically_derived]
        #[allow(deprecated)]
        impl #parameters #krate::NullableResult<__L> for #name #arguments #clause {}
    }
}

/// The generics, with a parameter for the library type.
fn with_library(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    generics.params.push(syn::parse_quote!(__L));
    generics
}
