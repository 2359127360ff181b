//! Status types.

use super::{Context, allowed};
use crate::model::Status;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn expand(status: &Status, context: &Context<'_>) -> TokenStream {
    let (krate, root) = (context.krate, context.library);
    let (cfgs, attrs) = (&status.attrs.cfgs, &status.attrs.others);
    let Status { vis, ident, ty, .. } = status;
    let pat = &status.ok.pat;
    let allowed = allowed();
    let text = text(status, context);
    let of_c = quote_spanned!(ty.span()=> #ty);
    quote! {
        #(#cfgs)*
        #(#attrs)*
        #vis struct #ident(#ty);

        #(#cfgs)*
        #allowed
        impl<__L: ::core::convert::Into<#root>> #krate::__private::StatusType<__L> for #ident {
            type Code = #of_c;

            fn is_ok(code: #ty) -> ::core::primitive::bool {
                match code {
                    #pat => true,
                    _ => false,
                }
            }

            fn text(
                code: #ty,
                library: __L,
            ) -> ::core::option::Option<::std::string::String> {
                let library: #root = library.into();
                #text
            }
        }

        #(#cfgs)*
        // SAFETY: C gets the number.
        #allowed
        unsafe impl<__L> #krate::IntoForeign<__L> for #ident {
            type C = #ty;
            type Held = #ty;
            type Refusal = ::core::convert::Infallible;

            fn hold(self, _: __L) -> ::core::result::Result<#ty, ::core::convert::Infallible> {
                ::core::result::Result::Ok(self.0)
            }

            fn give(held: &mut #ty) -> #ty {
                *held
            }
        }

        #(#cfgs)*
        // SAFETY: every number is one.
        #allowed
        unsafe impl<__L> #krate::FromForeign<__L> for #ident {
            type C = #ty;

            unsafe fn from_foreign(
                value: #ty,
                _: __L,
            ) -> ::core::result::Result<Self, #krate::Absent> {
                ::core::result::Result::Ok(Self(value))
            }
        }
    }
}

/// The library's words for `code`.
fn text(status: &Status, context: &Context<'_>) -> TokenStream {
    let krate = context.krate;
    let function = status
        .text
        .as_ref()
        .and_then(|text| context.model.function(text));
    match function {
        Some(function) if !function.broken => {
            let method = &function.method;
            quote!(#krate::__private::Message::into_message(library.#method(code)))
        }
        _ => quote! {
            let _ = (code, library);
            ::core::option::Option::None
        },
    }
}
