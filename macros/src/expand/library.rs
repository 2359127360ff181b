//! The library type: how it is found, and its versions.

use super::{Context, allowed, derives, descriptor};
use crate::model::Library;
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn expand(library: &Library, context: &Context<'_>) -> TokenStream {
    let krate = context.krate;
    let Library { attrs, vis, ident } = library;
    let slots = context.slots();
    let has_docs = attrs.iter().any(|attr| attr.path().is_ident("doc"));
    let docs = (!has_docs).then(|| quote!(#[doc = "A library that is found at run time."]));
    let more = fields(context);
    let clone = missing(attrs, &["Clone", "Copy"]);
    let debug = debug(library, context);
    let declaration = descriptor::expand(context);
    let loading = match &context.model.args.part_of {
        Some(_) => part(context),
        None => loading(library, context),
    };
    let versions = versions(library, context);
    let identity = identity(context);
    let allowed = allowed();
    let name = ident.to_string();
    quote! {
        #docs
        #(#attrs)*
        #clone
        #vis struct #ident(&'static #krate::__private::Instance<#slots> #more);

        #allowed
        impl #ident {
            /// What is declared, as data.
            pub const DECLARATION: &'static #krate::Declaration = #declaration;

            #loading

            /// The library itself.
            #[must_use]
            pub fn library(self) -> &'static #krate::Library {
                self.0.library()
            }
        }

        #allowed
        impl #krate::__private::ForeignLibrary for #ident {
            const NAME: &'static ::core::primitive::str = #name;

            fn identity(self) -> *const ::core::ffi::c_void {
                #identity
            }
        }

        #debug
        #versions
    }
}

/// The fields besides the instance.
fn fields(context: &Context<'_>) -> TokenStream {
    let args = &context.model.args;
    match (&args.part_of, &args.sync) {
        (Some(root), _) => quote!(, #root),
        (None, Some(_)) => TokenStream::new(),
        // Neither sent to another thread nor shared with one.
        (None, None) => quote!(, ::core::marker::PhantomData<*mut ()>),
    }
}

fn identity(context: &Context<'_>) -> TokenStream {
    let krate = context.krate;
    match &context.model.args.part_of {
        Some(_) => quote!(#krate::__private::ForeignLibrary::identity(self.1)),
        None => quote!(::core::ptr::from_ref(self.0).cast()),
    }
}

/// Derives what the user does not derive.
fn missing(attrs: &[syn::Attribute], names: &[&str]) -> TokenStream {
    let names = names.iter().filter(|name| !derives(attrs, name));
    let paths = names.map(|name| match *name {
        "Clone" => quote!(::core::clone::Clone),
        _ => quote!(::core::marker::Copy),
    });
    quote!(#[derive(#(#paths),*)])
}

fn debug(library: &Library, context: &Context<'_>) -> TokenStream {
    let ident = &library.ident;
    if derives(&library.attrs, "Debug") {
        return TokenStream::new();
    }
    let name = ident.to_string();
    let allowed = allowed();
    let krate = context.krate;
    quote! {
        #allowed
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let library: &#krate::Library = self.0.library();
                f.debug_tuple(#name).field(&library.name()).finish()
            }
        }
    }
}

/// How a library is found.
fn loading(library: &Library, context: &Context<'_>) -> TokenStream {
    let args = &context.model.args;
    let krate = context.krate;
    let slots = context.slots();
    let wrap = wrap(context);
    let has_name = !args.names.is_empty() || args.this_process.is_some();
    let by_name = has_name.then(|| by_name(library, context));
    quote! {
        #by_name

        /// Loads the library at this path or under this name.
        ///
        /// # Safety
        /// - It is the library that is declared.
        /// - Its initialisers may run here, as `Library::open` says.
        ///
        /// # Errors
        /// The library cannot be opened, lacks what is declared, or is in use on another thread.
        pub unsafe fn load_from(
            path: impl ::core::convert::AsRef<::std::ffi::OsStr>,
        ) -> #krate::Result<Self> {
            let path = ::core::convert::AsRef::as_ref(&path);
            // SAFETY: forwarded to the caller.
            let instance = unsafe {
                #krate::__private::load_from::<#slots>(Self::DECLARATION, path)?
            };
            ::core::result::Result::Ok(#wrap)
        }

        /// Takes a library that is open.
        ///
        /// # Safety
        /// It is the library that is declared.
        ///
        /// # Errors
        /// The library lacks what is declared, or is in use on another thread.
        pub unsafe fn from_library(library: #krate::Library) -> #krate::Result<Self> {
            let instance = #krate::__private::bind::<#slots>(Self::DECLARATION, library)?;
            ::core::result::Result::Ok(#wrap)
        }
    }
}

fn by_name(library: &Library, context: &Context<'_>) -> TokenStream {
    let krate = context.krate;
    let slots = context.slots();
    let wrap = wrap(context);
    let ident = &library.ident;
    let claimed = context.model.args.load.is_some();
    let unsafety = (!claimed).then(|| quote!(unsafe));
    let safety = (!claimed).then(|| {
        quote! {
            ///
            /// # Safety
            /// - What is found under the declared names is the library that is declared.
            /// - Its initialisers may run here, as `Library::open` says.
        }
    });
    let global = format!(
        "The library, loaded by the first call; all calls have its `{ident}` or its error."
    );
    quote! {
        /// Loads the library under the first of its names that has what is declared.
        #safety
        ///
        /// # Errors
        /// The library cannot be opened, lacks what is declared, or is in use on another thread; the
        /// error lists every name and path that was tried, and every symbol that is missing.
        pub #unsafety fn load() -> #krate::Result<Self> {
            // SAFETY: the author of the declaration or the caller has promised it.
            let instance = unsafe { #krate::__private::load::<#slots>(Self::DECLARATION)? };
            ::core::result::Result::Ok(#wrap)
        }

        #[doc = #global]
        #safety
        ///
        /// # Errors
        /// As `load`, the same one each time.
        pub #unsafety fn global() -> #krate::Result<Self> {
            static GLOBAL: #krate::__private::Global<#slots> = #krate::__private::Global::new();
            // SAFETY: the author of the declaration or the caller has promised it.
            let instance = unsafe { GLOBAL.get(Self::DECLARATION)? };
            ::core::result::Result::Ok(#wrap)
        }
    }
}

/// The library type around `instance`.
fn wrap(context: &Context<'_>) -> TokenStream {
    match &context.model.args.sync {
        Some(_) => quote!(Self(instance)),
        None => quote!(Self(instance, ::core::marker::PhantomData)),
    }
}

/// How a part of a library is found.
fn part(context: &Context<'_>) -> TokenStream {
    let krate = context.krate;
    let root = context.root();
    let slots = context.slots();
    quote! {
        /// This part of a library that is loaded.
        ///
        /// # Errors
        /// The library lacks what is declared; the error lists every symbol that is missing.
        pub fn of(library: #root) -> #krate::Result<Self> {
            let whole = ::core::clone::Clone::clone(library.library());
            let instance = #krate::__private::bind::<#slots>(Self::DECLARATION, whole)?;
            ::core::result::Result::Ok(Self(instance, library))
        }
    }
}

/// The types of versions, and what leads to them; for a part, the way back to its library.
fn versions(library: &Library, context: &Context<'_>) -> TokenStream {
    let (vis, ident) = (&library.vis, &library.ident);
    let allowed = allowed();
    let back = context.model.args.part_of.as_ref().map(|root| {
        quote! {
            #allowed
            impl ::core::convert::From<#ident> for #root {
                fn from(part: #ident) -> Self {
                    part.1
                }
            }
        }
    });
    let versions = context
        .model
        .versions
        .iter()
        .enumerate()
        .map(|(index, version)| {
            let (method, ty) = (&version.method, &version.ty);
            let slot = context.version_slot(index);
            let text = version.text.value();
            let of_type = format!("The functions that `{ident}` has since version {text}.");
            let of_method =
                format!("The functions of version {text}, if the library has all of them.");
            quote! {
                #[doc = #of_type]
                #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
                #[allow(non_camel_case_types, dead_code, reason = "named by its version")]
                #vis struct #ty(#ident);

                #allowed
                impl #ident {
                    #[doc = #of_method]
                    #[must_use]
                    #vis fn #method(self) -> ::core::option::Option<#ty> {
                        self.0.has(#slot).then_some(#ty(self))
                    }
                }
            }
        });
    quote!(#back #(#versions)*)
}
