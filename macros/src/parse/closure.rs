//! Closures: contexts, the function pointers that they belong to, and C's word that it is done.
#![forbid(unsafe_code)]

use crate::diagnostics::{Errors, nearest};
use crate::model::{Closure, ContextOf, Param, Passed, Role};
use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{
    Attribute, GenericArgument, LitStr, NamedArg, PathArguments, ReturnType, Token, Type, TypeFnPtr,
};

/// The words that are no names of parameters.
const WORDS: &[&str] = &["reentrant", "any_thread", "replaces"];

/// `#[context_of(f, g, until = db, replaces)]`
pub(super) fn context_of(attr: &Attribute) -> syn::Result<ContextOf> {
    attr.parse_args_with(|input: ParseStream<'_>| {
        let mut context = ContextOf {
            callbacks: Vec::new(),
            until: None,
            destroy: None,
            reentrant: None,
            any_thread: None,
            replaces: None,
        };
        while !input.is_empty() {
            let word = Ident::parse_any(input)?;
            let place = match word.to_string().as_str() {
                "reentrant" => &mut context.reentrant,
                "any_thread" => &mut context.any_thread,
                "replaces" => &mut context.replaces,
                _ if input.peek(Token![=]) => {
                    context.owner(word, input)?;
                    comma(input)?;
                    continue;
                }
                _ => {
                    context.callbacks.push(word);
                    comma(input)?;
                    continue;
                }
            };
            *place = Some(word);
            comma(input)?;
        }
        Ok(context)
    })
    .and_then(|context| match context.callbacks.is_empty() {
        true => Err(syn::Error::new_spanned(
            attr,
            "name the callback, as in `#[context_of(f)]`",
        )),
        false => Ok(context),
    })
}

impl ContextOf {
    /// `until = db`, `destroy = free`
    fn owner(&mut self, word: Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let place = match word.to_string().as_str() {
            "until" => &mut self.until,
            "destroy" => &mut self.destroy,
            _ => {
                return Err(crate::args::unknown(
                    "argument",
                    &word,
                    &["until", "destroy"],
                ));
            }
        };
        input.parse::<Token![=]>()?;
        *place = Some(Ident::parse_any(input)?);
        Ok(())
    }
}

fn comma(input: ParseStream<'_>) -> syn::Result<()> {
    match input.is_empty() {
        true => Ok(()),
        false => input.parse::<Token![,]>().map(drop),
    }
}

/// Gives the parameters that contexts name their roles.
pub(super) fn resolve(params: &mut [Param], errors: &mut Errors) {
    for index in 0..params.len() {
        let Role::Context(context) = &params[index].role else {
            continue;
        };
        let (callbacks, destroy) = (context.callbacks.clone(), context.destroy.clone());
        if !is_pointer(&params[index].ty) {
            errors.at(
                &params[index].ty,
                "C's context is a pointer; write `*mut c_void`",
            );
        }
        for callback in callbacks {
            let before = errors.count();
            if let Some(closure) = of_callback(&callback, index, params, errors) {
                let param = params.iter_mut().find(|param| param.ident == callback);
                if let Some(param) = param {
                    param.role = Role::Closure(Box::new(closure));
                }
            }
            if errors.count() > before {
                forget_markers(&callback, params);
            }
        }
        if let Some(destroy) = destroy {
            of_destroy(&destroy, index, params, errors);
        }
    }
}

/// The closure that a context names.
fn of_callback(
    name: &Ident,
    context: usize,
    params: &[Param],
    errors: &mut Errors,
) -> Option<Closure> {
    let Some(found) = params.iter().find(|param| param.ident == *name) else {
        unknown(name, params, errors);
        return None;
    };
    match found.role {
        Role::Plain => {}
        Role::Closure(_) => {
            errors.at(
                name,
                format_args!("`{name}` has a context already; keep one"),
            );
            return None;
        }
        _ => {
            errors.at(
                name,
                "this parameter has another role; name the one that C calls",
            );
            return None;
        }
    }
    let (pointer, nullable) = match function_pointer(&found.ty) {
        Some(found) => found,
        None => {
            errors.at(
                &found.ty,
                format_args!("`{name}` is no function pointer; write what C calls in place, as in `extern \"C\" fn(context: *mut c_void)`, without an alias that hides what it passes"),
            );
            return None;
        }
    };
    let mut closure = closure(pointer, name, &params[context].ident, errors)?;
    closure.nullable = nullable;
    closure.context_param = context;
    closure.fallback.clone_from(&found.fallback);
    Some(closure)
}

/// Takes markers out of a type, which would be unknown attributes.
fn forget_markers(name: &Ident, params: &mut [Param]) {
    let param = params.iter_mut().find(|param| param.ident == *name);
    if let Some(Type::FnPtr(pointer)) = param.map(|param| &mut param.ty) {
        for input in &mut pointer.inputs {
            input.attrs.clear();
        }
    }
}

fn unknown(name: &Ident, params: &[Param], errors: &mut Errors) {
    let names: Vec<String> = params.iter().map(|p| p.ident.to_string()).collect();
    let names = names.iter().map(String::as_str);
    let known: Vec<&str> = names.chain(WORDS.iter().copied()).collect();
    let message = match nearest(&name.to_string(), &known) {
        Some(near) => format!("there is no parameter `{name}`; did you mean `{near}`?"),
        None => format!("there is no parameter `{name}`"),
    };
    errors.at(name, message);
}

/// A function pointer, and whether it may be null.
fn function_pointer(ty: &Type) -> Option<(&TypeFnPtr, bool)> {
    match ty {
        Type::FnPtr(pointer) => Some((pointer, false)),
        Type::Group(group) => function_pointer(&group.elem),
        Type::Paren(paren) => function_pointer(&paren.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let PathArguments::AngleBracketed(list) = &last.arguments else {
                return None;
            };
            match list.args.first() {
                Some(GenericArgument::Type(inner)) if last.ident == "Option" => {
                    Some((function_pointer(inner)?.0, true))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn closure(
    pointer: &TypeFnPtr,
    name: &Ident,
    context: &Ident,
    errors: &mut Errors,
) -> Option<Closure> {
    let before = errors.count();
    let Some(abi) = &pointer.abi else {
        errors.at(
            pointer.fn_token,
            "C calls functions of its own convention; write `extern \"C\" fn`",
        );
        return None;
    };
    if let Some(lifetimes) = &pointer.lifetimes {
        errors.at(lifetimes, LIFETIMES);
    }
    if let Some(variadic) = &pointer.variadic {
        errors.at(
            variadic,
            "a closure has no variadic arguments; leave this a function pointer in a function without `safe`",
        );
    }
    for attr in pointer.inputs.iter().flat_map(|input| &input.attrs) {
        errors.at(
            attr,
            "a marker says nothing inside a callback; its closure takes what C passes",
        );
    }
    let index = context_index(pointer, name, context, errors);
    let output = match &pointer.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some((**ty).clone()),
    };
    let params = pointer.inputs.iter().map(|input| Passed {
        ident: input.name.as_ref().map(|(ident, _)| ident.clone()),
        ty: input.ty.clone(),
    });
    let default = || LitStr::new("C", abi.extern_token.span);
    (errors.count() == before).then(|| Closure {
        nullable: false,
        abi: abi.name.clone().unwrap_or_else(default),
        params: params.collect(),
        context: index.unwrap_or_default(),
        output,
        context_param: 0,
        fallback: None,
    })
}

pub(crate) const LIFETIMES: &str =
    "what C passes is valid during this one call; leave its lifetimes out, as in `text: &CStr`";

/// Which parameter of the callback is the context.
fn context_index(
    pointer: &TypeFnPtr,
    name: &Ident,
    context: &Ident,
    errors: &mut Errors,
) -> Option<usize> {
    let is_context = |input: &NamedArg| {
        let name = input.name.as_ref().map(|(ident, _)| ident.unraw());
        name.is_some_and(|name| name == context.unraw())
    };
    let mut found = pointer
        .inputs
        .iter()
        .enumerate()
        .filter(|(_, input)| is_context(input));
    let Some((index, input)) = found.next() else {
        errors.at(
            pointer,
            format_args!("no parameter of `{name}` is called `{context}`; give this name to the one that C passes the context in"),
        );
        return None;
    };
    if let Some((_, second)) = found.next() {
        errors.at(
            second.to_token_stream(),
            format_args!("`{context}` is given twice; C passes the context in one parameter"),
        );
    }
    if !is_pointer(&input.ty) {
        errors.at(&input.ty, "C's context is a pointer; write `*mut c_void`");
    }
    Some(index)
}

/// Gives C's word that it is done its role.
fn of_destroy(name: &Ident, context: usize, params: &mut [Param], errors: &mut Errors) {
    let Some(found) = params.iter().position(|param| param.ident == *name) else {
        unknown(name, params, errors);
        return;
    };
    if !matches!(params[found].role, Role::Plain) {
        errors.at(
            name,
            "this parameter has another role; name the one that C calls when it is done",
        );
        return;
    }
    let pointer = function_pointer(&params[found].ty);
    if !pointer.is_some_and(|(pointer, _)| is_destroy(pointer)) {
        errors.at(
            &params[found].ty,
            "what C calls when it is done takes the context and returns nothing; write `Option<unsafe extern \"C\" fn(*mut c_void)>`",
        );
        return;
    }
    params[found].role = Role::Destroy(context);
}

fn is_destroy(pointer: &TypeFnPtr) -> bool {
    let is_c = |name: &LitStr| matches!(name.value().as_str(), "C" | "C-unwind");
    let abi = pointer.abi.as_ref();
    abi.is_some_and(|abi| abi.name.as_ref().is_none_or(is_c))
        && pointer.inputs.len() == 1
        && is_pointer(&pointer.inputs[0].ty)
        && pointer.variadic.is_none()
        && matches!(pointer.output, ReturnType::Default)
}

fn is_pointer(ty: &Type) -> bool {
    match ty {
        Type::Ptr(_) => true,
        Type::Group(group) => is_pointer(&group.elem),
        Type::Paren(paren) => is_pointer(&paren.elem),
        _ => false,
    }
}
