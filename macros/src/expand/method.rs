//! The methods of functions: their signatures.

use super::{Context, at_one_place, body, docs, owner};
use crate::check::{has_test, test_name};
use crate::lifetime;
use crate::model::{Function, Mode, Presence, Receiver, Role};
use crate::names;
use crate::sources::{self, Place, Source};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Lifetime, LifetimeParam, Type};

/// `impl Connection`, …
pub(super) fn head(function: &Function, context: &Context<'_>) -> TokenStream {
    let Some(receiver) = &function.receiver else {
        let owner = owner(function.presence, context);
        return quote!(impl #owner);
    };
    let ty = &receiver.ty;
    let params = lifetime::named(ty);
    let params = params.iter().map(|lifetime| param(function, lifetime));
    quote!(impl<#(#params),*> #ty)
}

/// A lifetime as it is declared.
fn param(function: &Function, lifetime: &Lifetime) -> LifetimeParam {
    let mut declared = function.generics.lifetimes();
    let declared = declared.find(|param| param.lifetime == *lifetime);
    declared
        .cloned()
        .unwrap_or_else(|| LifetimeParam::new(lifetime.clone()))
}

/// The method of a function, and the one that tells if it is there.
pub(super) fn expand(index: usize, function: &Function, context: &Context<'_>) -> TokenStream {
    let signature = Signature::new(function, context);
    let docs = docs::of_method(function, context);
    let cfgs = &function.attrs.cfgs;
    let vis = match context.model.is_destructor(function) {
        // Whoever has the handle may end it.
        true if matches!(function.vis, syn::Visibility::Inherited) => {
            let handle = function.receiver.as_ref().map(|receiver| receiver.handle);
            handle.map_or(&function.vis, |handle| &context.model.handles[handle].vis)
        }
        _ => &function.vis,
    };
    let unsafety = context.model.is_unsafe(function).then(|| quote!(unsafe));
    let method = &function.method;
    let Signature {
        generics,
        receiver,
        params,
        output,
        types,
    } = &signature;
    let body = match function.broken {
        true => broken(function),
        false => body::expand(index, function, types.at_one_place(), context),
    };
    let unused = function
        .broken
        .then(|| quote!(#[allow(unused_variables, reason = "it has an error")]));
    let test = has_test(function).then(|| test(index, function));
    quote! {
        #(#cfgs)*
        #docs
        #[inline]
        #unused
        #vis #unsafety fn #method #generics (#receiver #(#params),*) #output {
            #body
        }

        #test
    }
}

/// The body of a method that has an error; what it does not take is named, so that nothing more is
/// said of it.
fn broken(function: &Function) -> TokenStream {
    let params = function.params.iter();
    let hidden = params.filter(|param| {
        matches!(
            param.role,
            Role::Closure(_) | Role::Context(_) | Role::Destroy(_) | Role::Value(_)
        )
    });
    let types = hidden.map(|param| &param.ty);
    quote! {
        let _ = |#(_: #types),*| {};
        ::core::unreachable!()
    }
}

/// `has_f()`
fn test(index: usize, function: &Function) -> TokenStream {
    let (cfgs, vis) = (&function.attrs.cfgs, &function.vis);
    let name = names::ident(&test_name(&function.method), function.ident.span());
    let docs = format!(
        "Whether the library has `{}`.",
        function.symbols.join("` or `")
    );
    let (receiver, library) = match function.receiver {
        Some(_) => (quote!(&self), quote!(self.1)),
        None => (quote!(self), quote!(self)),
    };
    let has = match function.presence {
        Presence::Lazy => quote!(has_lazy),
        _ => quote!(has),
    };
    quote! {
        #(#cfgs)*
        #[doc = #docs]
        #[must_use]
        #vis fn #name(#receiver) -> ::core::primitive::bool {
            #library.0.#has(#index)
        }
    }
}

/// The parts of a method's signature.
pub(super) struct Signature {
    generics: TokenStream,
    receiver: TokenStream,
    params: Vec<TokenStream>,
    output: TokenStream,
    types: Types,
}

/// The types of a function with every lifetime that its results need.
pub(super) struct Types {
    /// Of its parameters.
    pub(super) params: Vec<Type>,
    /// Of its result, if that is more than a status.
    pub(super) output: Option<Type>,
}

impl Types {
    fn at_one_place(&self) -> Self {
        Self {
            params: self.params.iter().map(at_one_place).collect(),
            output: self.output.as_ref().map(at_one_place),
        }
    }
}

impl Signature {
    fn new(function: &Function, context: &Context<'_>) -> Self {
        let source = sources::result(function, &mut |_| {});
        let types = types(function, source.as_ref());
        let mut params = Vec::new();
        for (index, param) in function.params.iter().enumerate() {
            if let Role::Closure(closure) = &param.role
                && let Role::Context(of) = &function.params[closure.context_param].role
            {
                let conduct = context.model.conduct(function, of);
                let (ident, ty) = (&param.ident, body::param_type(closure, conduct));
                params.push(quote!(#ident: #ty));
            }
            let is_passed = matches!(param.role, Role::Plain | Role::Variadic);
            if is_passed && !function.is_grow_len(index) {
                let (ident, ty) = (&param.ident, &types.params[index]);
                params.push(quote!(#ident: #ty));
            }
        }
        if function.variadic.is_some() {
            let krate = context.krate;
            params.push(quote!(arguments: impl #krate::VariadicArguments));
        }
        Self {
            generics: generics(function, source.as_ref()),
            receiver: receiver(function.receiver.as_ref(), source.as_ref()),
            output: output(function, &types, context),
            params,
            types,
        }
    }
}

/// The lifetimes of the method: those that its handle does not have, and the one that results need.
fn generics(function: &Function, source: Option<&Source>) -> TokenStream {
    let of_handle = function
        .receiver
        .as_ref()
        .map(|receiver| lifetime::named(&receiver.ty));
    let of_handle = of_handle.unwrap_or_default();
    let fresh = source.filter(|source| source.place.is_some());
    let fresh = fresh.map(|source| source.lifetime.to_token_stream());
    let declared = function.generics.lifetimes();
    let declared = declared.filter(|param| !of_handle.contains(&param.lifetime));
    let all = declared.map(ToTokens::to_token_stream).chain(fresh);
    let all: Vec<_> = all.collect();
    match all.is_empty() {
        true => TokenStream::new(),
        false => quote!(<#(#all),*>),
    }
}

fn receiver(receiver: Option<&Receiver>, source: Option<&Source>) -> TokenStream {
    let fresh = source.filter(|source| matches!(source.place, Some(Place::Receiver)));
    let fresh = fresh.map(|source| &source.lifetime);
    match receiver.map(|receiver| &receiver.mode) {
        None | Some(Mode::Owned) => quote!(self,),
        Some(Mode::Shared(lifetime)) => {
            let lifetime = lifetime.as_ref().or(fresh);
            quote!(&#lifetime self,)
        }
        Some(Mode::Mutable(lifetime)) => {
            let lifetime = lifetime.as_ref().or(fresh);
            quote!(&#lifetime mut self,)
        }
    }
}

fn types(function: &Function, source: Option<&Source>) -> Types {
    let mut params: Vec<Type> = function
        .params
        .iter()
        .map(|param| param.ty.clone())
        .collect();
    let mut output = function
        .output
        .clone()
        .filter(|_| function.failure.status.is_none());
    // After an error, so that it stays the only one.
    let forever = function.broken.then(|| Source {
        lifetime: Lifetime::new("'static", function.ident.span()),
        place: None,
    });
    if let Some(source) = source.or(forever.as_ref()) {
        let outs = function.params.iter().zip(&mut params);
        let outs = outs.filter(|(param, _)| matches!(param.role, Role::Out));
        let outs = outs.map(|(_, ty)| ty);
        for ty in outs.chain(&mut output) {
            lifetime::name_elided(ty, &source.lifetime);
        }
        if let Some(Place::Param(index)) = source.place {
            lifetime::name_elided(&mut params[index], &source.lifetime);
        }
    }
    Types { params, output }
}

/// What the method returns: the result, what C stores, lengths and buffers, in this order.
fn output(function: &Function, types: &Types, context: &Context<'_>) -> TokenStream {
    let values: Vec<TokenStream> = returned(function, types, context);
    let value = match &values[..] {
        [] => quote!(()),
        [only] => only.clone(),
        several => quote!((#(#several),*)),
    };
    let krate = context.krate;
    match function.is_fallible() {
        true => quote!(-> #krate::Result<#value>),
        false if values.is_empty() => TokenStream::new(),
        false => quote!(-> #value),
    }
}

/// The types that make up what the method returns.
fn returned(function: &Function, types: &Types, context: &Context<'_>) -> Vec<TokenStream> {
    let mut values = Vec::new();
    if let Some(status) = &function.failure.status {
        let ok = status
            .ok
            .as_ref()
            .or(status.local.map(|local| &context.model.statuses[local].ok));
        if ok.is_some_and(|ok| !ok.single) {
            values.push(code(function, context));
        }
    } else if !function.grows_by_result() {
        values.extend(types.output.as_ref().map(ToTokens::to_token_stream));
    }
    for (index, param) in function.params.iter().enumerate() {
        let pointee = body::pointee(&types.params[index]);
        match &param.role {
            Role::Out => values.push(pointee.to_token_stream()),
            Role::Grow(_) => values.push(quote!(::std::vec::Vec<#pointee>)),
            Role::LenOf(_) if body::is_pointer(&param.ty) => {
                values.push(quote!(::core::primitive::usize));
            }
            _ => {}
        }
    }
    values
}

/// The number that a status is.
pub(super) fn code(function: &Function, context: &Context<'_>) -> TokenStream {
    let local = function
        .failure
        .status
        .as_ref()
        .and_then(|status| status.local);
    if let Some(local) = local {
        return context.model.statuses[local].ty.to_token_stream();
    }
    let (krate, library, ty) = (context.krate, context.library, &function.output);
    quote!(<#ty as #krate::__private::StatusType<#library>>::Code)
}
