//! Rules on the library, its handles and its status types.

use crate::args::LibraryArgs;
use crate::diagnostics::{Errors, nearest};
use crate::model::{Function, Handle, Mode, Module, Presence, Role, Status};
use proc_macro2::Ident;
use syn::Type;

pub(super) fn finds_its_library(args: &LibraryArgs, errors: &mut Errors) {
    if let (Some(word), false) = (&args.this_process, args.names.is_empty()) {
        errors.at(
            word,
            "the running program has no other name; remove `names` or this",
        );
    }
    if let (Some(claim), true, None, None) = (
        &args.load,
        args.names.is_empty(),
        &args.this_process,
        &args.part_of,
    ) {
        errors.at(
            claim,
            "without a name there is nothing to load; add `names(\"z\")` or `this_process`",
        );
    }
    if let (Some(env), true, None) = (&args.env, args.names.is_empty(), &args.part_of) {
        errors.at(env, "the variable stands in for names; add `names(\"z\")`");
    }
}

pub(super) fn parts_have_no_library(args: &LibraryArgs, errors: &mut Errors) {
    let Some(part_of) = &args.part_of else {
        return;
    };
    let says_how = !args.names.is_empty()
        || args.env.is_some()
        || !args.dirs.is_empty()
        || args.this_process.is_some()
        || args.load.is_some()
        || args.sync.is_some();
    if says_how {
        errors.at(
            part_of,
            "a part is found with its library; move `names`, `env`, `dirs`, `this_process`, `unsafe(load)` and `unsafe(sync)` there",
        );
    }
}

pub(super) fn destructor_is_declared(handle: &Handle, model: &Module, errors: &mut Errors) {
    let Some(name) = &handle.args.drop else {
        return;
    };
    let ty = &handle.ident;
    let Some(function) = model.function(name) else {
        return undeclared(name, &format!("fn {name}(handle: {ty});"), model, errors);
    };
    let takes_it = function
        .receiver
        .as_ref()
        .is_some_and(|r| model.handles[r.handle].ident == *ty && matches!(r.mode, Mode::Owned));
    let others = function
        .params
        .iter()
        .filter(|param| !matches!(param.role, Role::Receiver | Role::Value(_)));
    if !takes_it || others.count() > 0 || function.variadic.is_some() {
        errors.at(
            &function.ident,
            format_args!(
                "a destructor takes the handle and nothing else; write `fn {name}(handle: {ty});`"
            ),
        );
    }
    if function.presence != Presence::Required {
        errors.at(
            &function.ident,
            "a destructor must be in the library; move it to a block that is neither `lazy` nor `since`, without `#[optional]`",
        );
    }
}

pub(super) fn message_is_declared(handle: &Handle, model: &Module, errors: &mut Errors) {
    let Some(name) = &handle.args.message else {
        return;
    };
    let ty = &handle.ident;
    let Some(function) = model.function(name) else {
        let form = format!("safe fn {name}(self: &{ty}) -> CString;");
        return undeclared(name, &form, model, errors);
    };
    let receiver = function.receiver.as_ref();
    let borrows_it = receiver
        .is_some_and(|r| model.handles[r.handle].ident == *ty && matches!(r.mode, Mode::Shared(_)));
    if !borrows_it || !is_short(function) || !function.is_safe || function.output.is_none() {
        errors.at(
            &function.ident,
            format_args!("words about a failure come from the handle alone; write `safe fn {name}(self: &{ty}) -> CString;`"),
        );
    }
}

pub(super) fn text_is_declared(status: &Status, model: &Module, errors: &mut Errors) {
    let Some(name) = &status.text else {
        return;
    };
    let Some(function) = model.function(name) else {
        let form = format!("safe fn {name}(code: c_int) -> &'static CStr;");
        return undeclared(name, &form, model, errors);
    };
    let plain = |role: &Role| matches!(role, Role::Plain);
    let takes_code = function.params.len() == 1 && plain(&function.params[0].role);
    let is_free = function.receiver.is_none() && !matches!(function.presence, Presence::Since(_));
    if !takes_code || !is_free || !function.is_safe || function.output.is_none() {
        errors.at(
            &function.ident,
            format_args!("words for a code come from the code alone; write `safe fn {name}(code: c_int) -> &'static CStr;`"),
        );
    }
}

fn is_short(function: &Function) -> bool {
    let mut params = function.params.iter();
    params.all(|param| matches!(param.role, Role::Receiver | Role::Value(_)))
}

fn undeclared(name: &Ident, form: &str, model: &Module, errors: &mut Errors) {
    let known: Vec<String> = model
        .functions
        .iter()
        .map(|f| f.ident.to_string())
        .collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let message = match nearest(&name.to_string(), &known) {
        Some(near) => format!("`{name}` is not declared; did you mean `{near}`?"),
        None => format!("`{name}` is not declared; add `{form}` to an `extern` block"),
    };
    errors.at(name, message);
}

pub(super) fn threads_are_claimed(handle: &Handle, model: &Module, errors: &mut Errors) {
    if model.args.sync.is_some() || model.args.part_of.is_some() {
        return;
    }
    for claim in [&handle.args.send, &handle.args.sync].into_iter().flatten() {
        errors.at(
            claim,
            "the library itself stays on one thread; add `unsafe(sync)` to `#[foreign_lib]` if it bears several",
        );
    }
}

/// The type behind a `*mut`.
pub(super) fn pointee(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Ptr(pointer) if matches!(pointer.mutability, syn::PointerMutability::Mut(_)) => {
            Some(&pointer.elem)
        }
        Type::Group(group) => pointee(&group.elem),
        Type::Paren(paren) => pointee(&paren.elem),
        _ => None,
    }
}
