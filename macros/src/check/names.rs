//! Rules on names: each leads to one thing.

use crate::diagnostics::Errors;
use crate::lifetime;
use crate::model::{Function, Module, Presence, Role};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use std::collections::HashMap;

/// The methods that every library type has.
const RESERVED: &[&str] = &[
    "load",
    "load_from",
    "from_library",
    "global",
    "library",
    "of",
];

/// On what a method stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    Library,
    Handle(usize),
    Version(usize),
}

pub(super) fn methods_differ(model: &mut Module, errors: &mut Errors) {
    let mut seen: HashMap<(Owner, String), Ident> = HashMap::new();
    for version in &model.versions {
        let key = (Owner::Library, version.method.to_string());
        seen.insert(key, version.method.clone());
    }
    let mut again = Vec::new();
    for (index, function) in model.functions.iter().enumerate() {
        let owner = owner(
            function.receiver.as_ref().map(|r| r.handle),
            function.presence,
        );
        let mut names = vec![function.method.to_string()];
        if has_test(function) {
            names.push(test_name(&function.method));
        }
        let before = errors.count();
        for name in names {
            differs(
                &mut seen,
                owner,
                name,
                &function.ident,
                &function.attrs.cfgs,
                errors,
            );
        }
        if errors.count() > before {
            again.push(index);
        }
    }
    for variable in &model.variables {
        let (owner, name) = (owner(None, variable.presence), variable.method.to_string());
        differs(
            &mut seen,
            owner,
            name,
            &variable.ident,
            &variable.attrs.cfgs,
            errors,
        );
    }
    // A second method of one name would be a second error.
    for index in again.into_iter().rev() {
        model.functions.remove(index);
    }
}

fn owner(handle: Option<usize>, presence: Presence) -> Owner {
    match (handle, presence) {
        (Some(handle), _) => Owner::Handle(handle),
        (None, Presence::Since(version)) => Owner::Version(version),
        (None, _) => Owner::Library,
    }
}

fn differs(
    seen: &mut HashMap<(Owner, String), Ident>,
    owner: Owner,
    name: String,
    ident: &Ident,
    cfgs: &[syn::Attribute],
    errors: &mut Errors,
) {
    if owner == Owner::Library && RESERVED.contains(&name.as_str()) {
        errors.at(
            ident,
            format_args!("every library type has a method `{name}`; give this one another name, as in `#[symbol(\"{ident}\")] fn {ident}_it`"),
        );
        return;
    }
    // Of those under conditions, only one may be there.
    if !cfgs.is_empty() {
        return;
    }
    if let Some(first) = seen.get(&(owner, name.clone())) {
        errors.at(
            ident,
            format_args!("`{first}` has the method `{name}` already; give this one another name, as in `#[symbol(\"{ident}\")] fn {ident}2`"),
        );
        return;
    }
    seen.insert((owner, name), ident.clone());
}

/// Whether a method tells if the function is there.
pub(crate) fn has_test(function: &Function) -> bool {
    matches!(function.presence, Presence::Optional | Presence::Lazy)
}

/// The name of the method that tells if a function is there.
pub(crate) fn test_name(method: &Ident) -> String {
    format!("has_{}", syn::ext::IdentExt::unraw(method))
}

/// Two declarations of one symbol pass as many parameters, and the same types before `...`.
pub(super) fn symbols_have_one_type(model: &Module, errors: &mut Errors) {
    let mut seen: HashMap<&str, &Function> = HashMap::new();
    for function in model.functions.iter().filter(|f| f.attrs.cfgs.is_empty()) {
        let Some(symbol) = function.symbols.first() else {
            continue;
        };
        let Some(first) = seen.get(symbol.as_str()) else {
            seen.insert(symbol, function);
            continue;
        };
        if !agree(first, function) {
            let first = &first.ident;
            errors.at(
                &function.ident,
                format_args!("`{first}` declares the symbol `{symbol}` with other parameters or another result; a symbol has one type, of which overloads change only what is `#[variadic]`"),
            );
        }
    }
}

/// Whether two declarations can be of one function, as far as it can be seen: C sees one type in
/// several of Rust.
fn agree(a: &Function, b: &Function) -> bool {
    match (is_variadic(a), is_variadic(b)) {
        (true, true) => fixed_part(a) == fixed_part(b),
        (false, false) => a.params.len() == b.params.len(),
        _ => false,
    }
}

fn is_variadic(function: &Function) -> bool {
    let mut params = function.params.iter();
    function.variadic.is_some() || params.any(|p| matches!(p.role, Role::Variadic))
}

/// What a declaration says of a function apart from its variadic arguments.
fn fixed_part(function: &Function) -> String {
    let fixed = function
        .params
        .iter()
        .filter(|p| !matches!(p.role, Role::Variadic));
    let types = fixed.map(|param| lifetime::stripped(&param.ty).into_token_stream());
    let types: Vec<TokenStream> = types.collect();
    let output = function.output.as_ref().map(lifetime::stripped);
    quote!((#(#types),*) #output).to_string()
}
