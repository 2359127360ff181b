//! The declaration as data.

use super::Context;
use super::method::code;
use crate::lifetime;
use crate::model::{Form, Function, Module, Param, Presence, Role, Variable};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, GenericArgument, PathArguments, Type};

const RAW: &str = "a safe function takes no raw pointers, and this type is one; take a reference, a slice, `&CStr` or a handle, or remove `safe`";

/// The value of the library type's `DECLARATION`.
pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let krate = context.krate;
    let args = &context.model.args;
    let name = context.library.to_string();
    let slots = context.slots();
    let all = all_slots(context);
    let functions = context.model.functions.iter().enumerate();
    let functions = functions.map(|(index, f)| function(index, f, context));
    let variables = context.model.variables.iter().enumerate();
    let variables = variables.map(|(index, v)| variable(index, v, context));
    let names = args.names.iter().map(|names| {
        let system = names
            .system
            .as_ref()
            .map_or_else(String::new, ToString::to_string);
        let names = &names.names;
        quote!(#krate::__private::Names { system: #system, names: &[#(#names),*] })
    });
    let env = match &args.env {
        Some(env) => quote!(::core::option::Option::Some(#env)),
        None => quote!(::core::option::Option::None),
    };
    let dirs = &args.dirs;
    let this_process = args.this_process.is_some();
    // A part is where its library is.
    let sync = args.sync.is_some() || args.part_of.is_some();
    quote! {
        {
            #[allow(unused_imports, reason = "for types that may not cross the boundary")]
            use #krate::__private::Unknown as _;

            static SLOTS: [#krate::__private::SlotDeclaration; #slots] = [#(#all),*];
            static DECLARATION: #krate::Declaration = #krate::Declaration {
                name: #name,
                file: ::core::file!(),
                names: &[#(#names),*],
                env: #env,
                dirs: &[#(#dirs),*],
                this_process: #this_process,
                sync: #sync,
                slots: &SLOTS,
                functions: &[#(#functions),*],
                variables: &[#(#variables),*],
            };
            &DECLARATION
        }
    }
}

/// One for each function, variable and version, in this order.
fn all_slots(context: &Context<'_>) -> Vec<TokenStream> {
    let mut slots = Vec::new();
    for function in &context.model.functions {
        let (symbols, cfgs) = (&function.symbols, &function.attrs.cfgs);
        slots.push(slot(
            &function.ident,
            symbols,
            cfgs,
            function.presence,
            context,
        ));
    }
    for variable in &context.model.variables {
        let (symbols, cfgs) = (&variable.symbols, &variable.attrs.cfgs);
        slots.push(slot(
            &variable.ident,
            symbols,
            cfgs,
            variable.presence,
            context,
        ));
    }
    for version in &context.model.versions {
        let (krate, text) = (context.krate, &version.text);
        slots.push(quote! {
            #krate::__private::SlotDeclaration {
                names: &[],
                line: 0,
                presence: #krate::Presence::Version(#text),
            }
        });
    }
    slots
}

fn slot(
    ident: &proc_macro2::Ident,
    symbols: &[String],
    cfgs: &[Attribute],
    presence: Presence,
    context: &Context<'_>,
) -> TokenStream {
    let krate = context.krate;
    let line = quote_spanned!(ident.span()=> ::core::line!());
    let of = |presence: TokenStream| {
        quote! {
            #krate::__private::SlotDeclaration {
                names: &[#(#symbols),*],
                line: #line,
                presence: #krate::Presence::#presence,
            }
        }
    };
    let here = of(match presence {
        Presence::Required => quote!(Required),
        Presence::Optional => quote!(Optional),
        Presence::Lazy => quote!(Lazy),
        Presence::Since(version) => {
            let text = &context.model.versions[version].text;
            quote!(Since(#text))
        }
    });
    let conditions = conditions(cfgs);
    if conditions.is_empty() {
        return here;
    }
    // The number of slots is the same whatever holds.
    let elsewhere = of(quote!(Nowhere));
    quote! {
        #[cfg(all(#(#conditions),*))]
        #here,
        #[cfg(not(all(#(#conditions),*)))]
        #elsewhere
    }
}

/// What stands inside `#[cfg(…)]`.
fn conditions(cfgs: &[Attribute]) -> Vec<TokenStream> {
    let inner = |attr: &Attribute| attr.parse_args::<TokenStream>().unwrap_or_default();
    cfgs.iter().map(inner).collect()
}

/// `here` under conditions, and something of the same type where they do not hold.
fn under(cfgs: &[Attribute], here: TokenStream, elsewhere: TokenStream) -> TokenStream {
    let conditions = conditions(cfgs);
    match conditions.is_empty() {
        true => here,
        false => quote! {
            #[cfg(all(#(#conditions),*))]
            #here,
            #[cfg(not(all(#(#conditions),*)))]
            #elsewhere
        },
    }
}

fn function(index: usize, function: &Function, context: &Context<'_>) -> TokenStream {
    let krate = context.krate;
    let method = syn::ext::IdentExt::unraw(&function.method).to_string();
    let abi = &function.abi;
    let void = quote! {
        #krate::__private::ForeignValue { ty: #krate::RustType::Void, spelling: "()" }
    };
    let entry = |params: TokenStream, fixed: TokenStream, result: TokenStream| {
        quote! {
            #krate::FunctionDeclaration {
                method: #method,
                slot: &SLOTS[#index],
                conv: #abi,
                params: &[#params],
                fixed: #fixed,
                result: #result,
            }
        }
    };
    let none = quote!(::core::option::Option::None);
    let elsewhere = entry(TokenStream::new(), none.clone(), void.clone());
    if function.broken {
        return elsewhere;
    }
    let params = function.params.iter().map(|param| {
        let name = syn::ext::IdentExt::unraw(&param.ident).to_string();
        let value = param_value(param, function, context);
        quote!(#krate::ParamDeclaration { name: #name, value: #value })
    });
    let variadic = function
        .params
        .iter()
        .position(|p| matches!(p.role, Role::Variadic));
    let fixed = match (variadic, &function.variadic) {
        (Some(fixed), _) => quote!(::core::option::Option::Some(#fixed)),
        (None, Some(_)) => {
            let fixed = function.params.len();
            quote!(::core::option::Option::Some(#fixed))
        }
        (None, None) => none,
    };
    let result = match &function.output {
        None => void,
        Some(ty) => result_value(ty, function, context),
    };
    let here = entry(quote!(#(#params),*), fixed, result);
    under(&function.attrs.cfgs, here, elsewhere)
}

fn param_value(param: &Param, function: &Function, context: &Context<'_>) -> TokenStream {
    let (krate, library) = (context.krate, context.library);
    let spelling = spelling(&param.ty, context.model);
    let ty = lifetime::erased(&param.ty);
    let is_passed = match param.role {
        Role::Plain | Role::Receiver | Role::Value(_) | Role::Variadic => true,
        Role::LenOf(_) | Role::Out | Role::Message | Role::Grow(_) | Role::Context(_) => false,
        Role::Closure(_) | Role::Destroy(_) => {
            return quote!(#krate::__private::ForeignValue {
                ty: <*const () as #krate::ForeignType>::TYPE,
                spelling: #spelling,
            });
        }
    };
    let grown = function.params.iter().position(|p| std::ptr::eq(p, param));
    let is_count = grown.is_some_and(|index| function.is_grow_len(index));
    // An alias may hide a pointer from the rules on what is written.
    let is_checked = function.is_safe && matches!(param.role, Role::Plain | Role::Variadic);
    let machine = match is_passed && !is_count {
        true => {
            let passed = quote!(#krate::__private::Passed::<#ty, #library>);
            let checked = is_checked.then(|| {
                quote_spanned! {param.ty.span()=>
                    ::core::assert!(!#passed::RAW, #RAW);
                }
            });
            quote!({ #checked #passed::TYPE })
        }
        false => quote_spanned!(param.ty.span()=> <#ty as #krate::ForeignType>::TYPE),
    };
    quote!(#krate::__private::ForeignValue { ty: #machine, spelling: #spelling })
}

fn result_value(ty: &Type, function: &Function, context: &Context<'_>) -> TokenStream {
    let (krate, library) = (context.krate, context.library);
    let spelling = spelling(ty, context.model);
    let erased = lifetime::erased(ty);
    let machine = match &function.failure.status {
        Some(_) => {
            let code = code(function, context);
            quote!(<#code as #krate::ForeignType>::TYPE)
        }
        None => quote!(#krate::__private::Returned::<#erased, #library>::TYPE),
    };
    quote!(#krate::__private::ForeignValue { ty: #machine, spelling: #spelling })
}

fn variable(index: usize, variable: &Variable, context: &Context<'_>) -> TokenStream {
    let krate = context.krate;
    let method = syn::ext::IdentExt::unraw(&variable.method).to_string();
    let slot = context.variable_slot(index);
    let mutable = variable.mutable;
    let spelling = spelling(&variable.ty, context.model);
    let ty = lifetime::erased(&variable.ty);
    let entry = |machine: TokenStream| {
        quote! {
            #krate::VariableDeclaration {
                method: #method,
                slot: &SLOTS[#slot],
                value: #krate::__private::ForeignValue { ty: #machine, spelling: #spelling },
                mutable: #mutable,
            }
        }
    };
    let here = entry(quote!(#krate::__private::Variable::<#ty>::TYPE));
    let elsewhere = entry(quote!(#krate::RustType::Void));
    under(&variable.attrs.cfgs, here, elsewhere)
}

/// A type as the declaration spells it, with what C sees in place of handles and status types.
fn spelling(ty: &Type, model: &Module) -> String {
    resolved(&lifetime::stripped(ty), model)
        .to_token_stream()
        .to_string()
}

fn resolved(ty: &Type, model: &Module) -> Type {
    if let Type::Reference(reference) = ty
        && let Some((_, handle)) = model.handle(&reference.elem)
    {
        return c_value(&handle.form);
    }
    if let Some((_, handle)) = model.handle(ty) {
        return c_value(&handle.form);
    }
    if let Some(status) = model.status(ty) {
        return model.statuses[status].ty.clone();
    }
    let mut ty = ty.clone();
    match &mut ty {
        Type::Ptr(pointer) => {
            // A boxed record is stored where it is; its pointer is not stored anywhere.
            if let Some((_, handle)) = model.handle(&pointer.elem)
                && let Form::Boxed(record) = &handle.form
            {
                return syn::parse_quote!(*mut #record);
            }
            *pointer.elem = resolved(&pointer.elem, model);
        }
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                if let PathArguments::AngleBracketed(list) = &mut segment.arguments {
                    for argument in &mut list.args {
                        if let GenericArgument::Type(ty) = argument {
                            *ty = resolved(ty, model);
                        }
                    }
                }
            }
        }
        _ => {}
    }
    ty
}

fn c_value(form: &Form) -> Type {
    match form {
        Form::Value(ty) | Form::Text(ty) => ty.clone(),
        Form::Boxed(record) => syn::parse_quote!(*mut #record),
    }
}
