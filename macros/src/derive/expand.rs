//! The implementations as Rust code.

use super::crossing;
use super::model::{Body, Field, Model};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Generics, Type};

pub(crate) fn foreign_type(model: &Model<'_>) -> TokenStream {
    let (krate, name) = (&model.krate, model.ident);
    let ty = match &model.body {
        Body::Struct(fields) if model.repr.transparent.is_some() => inner_type(model, fields),
        Body::Struct(fields) => record(model, fields, &quote!(Struct)),
        Body::Union(fields) => record(model, fields, &quote!(Union)),
        Body::Enum(..) => storage(model),
    };
    let generics = bounded(model, &quote!(ForeignType));
    let (parameters, arguments, clause) = generics.split_for_impl();
    let markers = markers_are_empty(model, &generics);
    let crossing = crossing::passed(model, &generics);
    quote! {
        // SAFETY: `repr` fixes the layout, the compiler itself gives sizes and offsets, and every
        // field that C sees keeps the same promise; what C does not see is empty.
        #[automatically_derived]
        #[allow(deprecated)]
        unsafe impl #parameters #krate::ForeignType for #name #arguments #clause {
            const TYPE: #krate::RustType = #ty;
        }
        #crossing
        #markers
    }
}

pub(crate) fn foreign_result(model: &Model<'_>) -> TokenStream {
    let (krate, name) = (&model.krate, model.ident);
    let generics = bounded(model, &quote!(ForeignResult));
    let (parameters, arguments, clause) = generics.split_for_impl();
    let bound = quote!(#krate::ForeignResult);
    let fields = assert_each(
        model,
        &generics,
        model.values(),
        &bound,
        &TokenStream::new(),
    );
    let crossing = crossing::returned(model, &generics);
    quote! {
        // SAFETY: every bit pattern is valid for each field, which is asserted below.
        #[automatically_derived]
        #[allow(deprecated)]
        unsafe impl #parameters #krate::ForeignResult for #name #arguments #clause {}
        #crossing
        #fields
    }
}

/// The errors, and an implementation that spares the reader further ones.
pub(crate) fn fallback_type(model: &Model<'_>, errors: &TokenStream) -> TokenStream {
    let (krate, name) = (&model.krate, model.ident);
    let (parameters, arguments, clause) = model.generics.split_for_impl();
    let crossing = crossing::passed(model, model.generics);
    quote! {
        #errors
        #crossing
        // SAFETY: nothing runs that contains the errors above.
        #[automatically_derived]
        unsafe impl #parameters #krate::ForeignType for #name #arguments #clause {
            const TYPE: #krate::RustType = #krate::RustType::Void;
        }
    }
}

/// The errors, and an implementation that spares the reader further ones.
pub(crate) fn fallback_result(model: &Model<'_>, errors: &TokenStream) -> TokenStream {
    let (krate, name) = (&model.krate, model.ident);
    let (parameters, arguments, clause) = model.generics.split_for_impl();
    let crossing = match &model.body {
        // It has the other derive's.
        Body::Enum(..) => TokenStream::new(),
        _ => crossing::returned(model, model.generics),
    };
    quote! {
        #errors
        #crossing
        // SAFETY: nothing runs that contains the errors above.
        #[automatically_derived]
        unsafe impl #parameters #krate::ForeignResult for #name #arguments #clause {}
    }
}

fn record(model: &Model<'_>, fields: &[Field<'_>], kind: &TokenStream) -> TokenStream {
    let krate = &model.krate;
    let name = model.ident.unraw().to_string();
    let fields = fields.iter().filter(|field| !field.is_marker).map(|field| {
        let Field {
            member, name, ty, ..
        } = field;
        quote! {
            #krate::RustField {
                name: #name,
                offset: ::core::mem::offset_of!(Self, #member),
                ty: <#ty as #krate::ForeignType>::TYPE,
            }
        }
    });
    quote! {
        #krate::RustType::Record(&#krate::ForeignRecord {
            name: #name,
            kind: #krate::RecordKind::#kind,
            size: ::core::mem::size_of::<Self>(),
            align: ::core::mem::align_of::<Self>(),
            fields: &[#(#fields),*],
        })
    }
}

/// What C sees of a transparent struct: its one field.
fn inner_type(model: &Model<'_>, fields: &[Field<'_>]) -> TokenStream {
    let krate = &model.krate;
    let values = fields.iter().filter(|field| !field.is_marker);
    let inner = values.map(|field| {
        let ty = field.ty;
        quote!(<#ty as #krate::ForeignType>::TYPE)
    });
    quote!(#(#inner)*)
}

/// What C sees of an enum: its integer. `#[repr(C)]` leaves the size to the platform.
fn storage(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    match &model.repr.integer {
        Some(integer) => {
            let integer = integer.unraw();
            quote!(<::core::primitive::#integer as #krate::ForeignType>::TYPE)
        }
        None => quote! {
            match ::core::mem::size_of::<Self>() {
                1 => <::core::primitive::i8 as #krate::ForeignType>::TYPE,
                2 => <::core::primitive::i16 as #krate::ForeignType>::TYPE,
                4 => <::core::primitive::i32 as #krate::ForeignType>::TYPE,
                _ => <::core::primitive::i64 as #krate::ForeignType>::TYPE,
            }
        },
    }
}

/// The generics, with `bound` for every type parameter that a field holds.
fn bounded(model: &Model<'_>, bound: &TokenStream) -> Generics {
    let krate = &model.krate;
    let mut generics = model.generics.clone();
    for parameter in generics.type_params_mut() {
        if model
            .values()
            .any(|field| holds(field.ty, &parameter.ident))
        {
            parameter.bounds.push(syn::parse_quote!(#krate::#bound));
        }
    }
    generics
}

/// Whether a field of type `ty` contains `parameter` other than behind a raw pointer, which
/// promises nothing about what it points to.
fn holds(ty: &Type, parameter: &Ident) -> bool {
    !matches!(ty, Type::Ptr(_)) && mentions(ty.to_token_stream(), parameter)
}

fn mentions(tokens: TokenStream, parameter: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *parameter,
        TokenTree::Group(group) => mentions(group.stream(), parameter),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Proves that what is written as `PhantomData` is the one of the standard library.
fn markers_are_empty(model: &Model<'_>, generics: &Generics) -> TokenStream {
    let real = quote! {
        #[diagnostic::on_unimplemented(
            message = "`{Self}` is not the `PhantomData` of the standard library",
            label = "C would not see this field; give the type another name"
        )]
        trait __Marker {}
        impl<__T: ?::core::marker::Sized> __Marker for ::core::marker::PhantomData<__T> {}
    };
    assert_each(model, generics, model.markers(), &quote!(__Marker), &real)
}

/// Code that compiles only if the type of each field satisfies `bound`, with errors that point at
/// the field. It stands in an implementation, where field types may say `Self`.
fn assert_each<'a>(
    model: &Model<'_>,
    generics: &Generics,
    fields: impl Iterator<Item = &'a Field<'a>>,
    bound: &TokenStream,
    helpers: &TokenStream,
) -> TokenStream {
    let types: Vec<_> = fields.map(|field| field.ty).collect();
    if types.is_empty() {
        return TokenStream::new();
    }
    let name = model.ident;
    let (parameters, arguments, clause) = generics.split_for_impl();
    quote! {
        #[allow(dead_code, deprecated)]
        const _: () = {
            #helpers
            fn __assert<__T: #bound>() {}
            trait __Fields {
                fn __check();
            }
            #[automatically_derived]
            impl #parameters __Fields for #name #arguments #clause {
                fn __check() {
                    #(__assert::<#types>();)*
                }
            }
        };
    }
}
