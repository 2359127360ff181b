//! Rules on functions.

use super::library::pointee;
use crate::diagnostics::{Errors, nearest};
use crate::lifetime;
use crate::model::{Form, Function, Mode, Module, Param, Presence, Role, path_ident};
use proc_macro2::Ident;
use syn::{PathArguments, Type};

pub(super) fn all(function: &Function, model: &Module, errors: &mut Errors) {
    safe_has_no_raw_pointers(function, errors);
    stored_behind_pointers(function, errors);
    lengths_belong_to_slices(function, errors);
    buffers_grow_by_a_length(function, errors);
    variadic_comes_last(function, errors);
    variadic_is_of_c(function, errors);
    reasons_have_a_sign(function, errors);
    words_come_with_failures(function, errors);
    null_is_of_a_result(function, errors);
    versions_have_no_receivers(function, errors);
    lifetimes_are_visible(function, model, errors);
    records_are_stored(function, model, errors);
    super::closure::all(function, model, errors);
    crate::sources::result(function, &mut |ty| {
        errors.at(
            ty,
            "nothing says how long this is valid; name the lifetime, as in `fn f<'a>(a: &'a CStr, b: &CStr) -> &'a CStr`, or return `CString` for a copy",
        );
    });
}

fn safe_has_no_raw_pointers(function: &Function, errors: &mut Errors) {
    if !function.is_safe {
        return;
    }
    for (index, param) in function.params.iter().enumerate() {
        let is_passed = matches!(param.role, Role::Plain | Role::Variadic);
        if is_passed && holds_pointer(&param.ty) && !function.is_grow_len(index) {
            errors.at(
                &param.ty,
                "a safe function takes no raw pointers; take a reference, a slice, `&CStr` or a handle, mark what C stores with `#[out]`, or remove `safe`",
            );
        }
    }
}

/// Whether a type is a raw pointer, or an `Option` of one.
fn holds_pointer(ty: &Type) -> bool {
    match ty {
        Type::Ptr(_) => true,
        Type::Group(group) => holds_pointer(&group.elem),
        Type::Paren(paren) => holds_pointer(&paren.elem),
        _ => false,
    }
}

fn stored_behind_pointers(function: &Function, errors: &mut Errors) {
    for param in &function.params {
        let word = match param.role {
            Role::Out => "out",
            Role::Message => "message",
            Role::Grow(_) => "grow",
            _ => continue,
        };
        if pointee(&param.ty).is_none() {
            errors.at(
                &param.ty,
                format_args!(
                    "C stores what is `#[{word}]` behind a pointer; write `*mut` before the type"
                ),
            );
        }
    }
}

fn lengths_belong_to_slices(function: &Function, errors: &mut Errors) {
    let mut seen: Vec<&Ident> = Vec::new();
    for param in &function.params {
        let Role::LenOf(slices) = &param.role else {
            continue;
        };
        for slice in slices {
            let Some(named) = named_param(function, slice, errors) else {
                continue;
            };
            if !matches!(named.role, Role::Plain) || !may_be_slice(&named.ty) {
                errors.at(
                    slice,
                    format_args!("`{slice}` is no slice; a length is that of a `&[T]`, `&mut [T]`, `&str`, `&CStr` or an `Option` of one"),
                );
            }
            if seen.contains(&slice) {
                errors.at(
                    slice,
                    format_args!("`{slice}` has a length already; keep one"),
                );
            }
            seen.push(slice);
        }
        if let (true, Some(more)) = (pointee(&param.ty).is_some(), slices.get(1)) {
            errors.at(more, "C tells the used length of one slice; name one");
        }
    }
}

/// Whether a type may have a length, as far as it can be seen: references and what is named.
fn may_be_slice(ty: &Type) -> bool {
    match ty {
        Type::Reference(_) => true,
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| !matches!(last.arguments, PathArguments::None))
        }
        Type::Group(group) => may_be_slice(&group.elem),
        Type::Paren(paren) => may_be_slice(&paren.elem),
        _ => false,
    }
}

fn named_param<'a>(function: &'a Function, name: &Ident, errors: &mut Errors) -> Option<&'a Param> {
    let found = function.params.iter().find(|param| param.ident == *name);
    if found.is_none() {
        let known: Vec<String> = function
            .params
            .iter()
            .map(|p| p.ident.to_string())
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let message = match nearest(&name.to_string(), &known) {
            Some(near) => format!("there is no parameter `{name}`; did you mean `{near}`?"),
            None => format!("there is no parameter `{name}`"),
        };
        errors.at(name, message);
    }
    found
}

fn buffers_grow_by_a_length(function: &Function, errors: &mut Errors) {
    let mut buffers = 0;
    for param in &function.params {
        let Role::Grow(len) = &param.role else {
            continue;
        };
        buffers += 1;
        if buffers > 1 {
            errors.at(
                len,
                "a function has one growing buffer; pass the other as a slice",
            );
        }
        let named = named_param(function, len, errors);
        if named.is_some_and(|named| !matches!(named.role, Role::Plain)) {
            errors.at(
                len,
                "this parameter has another role; name the one that tells the size",
            );
        }
    }
    if buffers == 0 {
        return;
    }
    if function.grows_by_result()
        && (function.output.is_none() || function.failure.status.is_some())
    {
        errors.at(
            &function.ident,
            "C must tell how much it needs: by its result, or behind the pointer that has the length",
        );
    }
    if matches!(
        function.receiver.as_ref().map(|r| &r.mode),
        Some(Mode::Owned)
    ) {
        errors.at(
            &function.ident,
            "a function with a growing buffer is called several times; take the handle by reference",
        );
    }
    if function.variadic.is_some() {
        errors.at(
            function.variadic,
            "a function with a growing buffer is not variadic",
        );
    }
}

/// Further arguments are passed by the runtime, which knows C's convention.
fn variadic_is_of_c(function: &Function, errors: &mut Errors) {
    if let (Some(dots), true) = (&function.variadic, function.abi.value() != "C") {
        errors.at(
            dots,
            "only `extern \"C\"` functions are variadic; move it to such a block",
        );
    }
}

fn variadic_comes_last(function: &Function, errors: &mut Errors) {
    let is_variadic = |param: &Param| matches!(param.role, Role::Variadic);
    let Some(first) = function.params.iter().position(is_variadic) else {
        if let (Some(dots), true) = (function.variadic, function.params.is_empty()) {
            errors.at(
                dots,
                "a variadic function has a fixed parameter before `...`",
            );
        }
        if let (Some(dots), true) = (function.variadic, function.params.len() > 6) {
            errors.at(dots, "a variadic function has at most 6 fixed parameters here; declare overloads with `#[variadic]`");
        }
        return;
    };
    if let Some(dots) = &function.variadic {
        errors.at(
            dots,
            "the parameters with `#[variadic]` stand for `...`; remove it",
        );
    }
    if first == 0 {
        errors.at(
            &function.params[0].ident,
            "a variadic function has a fixed parameter before the variadic ones",
        );
    }
    for param in function.params[first..].iter().filter(|p| !is_variadic(p)) {
        errors.at(
            &param.ident,
            "what follows a `#[variadic]` parameter is variadic too; mark it",
        );
    }
}

fn reasons_have_a_sign(function: &Function, errors: &mut Errors) {
    let failure = &function.failure;
    if let (Some(_), Some(last_error)) = (&failure.errno, &failure.last_error) {
        errors.push(syn::Error::new(
            last_error.span,
            "a function leaves its reason in one place; keep `#[errno]` or `#[last_error]`",
        ));
    }
    let known = failure.status.is_some() || failure.null_is_error.is_some();
    for (word, reason) in [
        ("errno", &failure.errno),
        ("last_error", &failure.last_error),
    ] {
        let Some(reason) = reason else { continue };
        let message = match (&reason.on, known) {
            (None, false) => {
                format!("say which results mean that it failed, as in `#[{word}(on = -1)]`")
            }
            (Some(_), true) => {
                "the status or `#[null_is_error]` says when it failed; remove `on`".to_owned()
            }
            (Some(_), false) if function.output.is_none() => {
                "this function returns nothing that could say that it failed".to_owned()
            }
            _ => continue,
        };
        errors.push(syn::Error::new(reason.span, message));
    }
}

fn words_come_with_failures(function: &Function, errors: &mut Errors) {
    let messages = function
        .params
        .iter()
        .filter(|p| matches!(p.role, Role::Message));
    for (index, param) in messages.enumerate() {
        if function.failure.status.is_none() {
            errors.at(
                &param.ident,
                "words come with a status; let the function return one, or mark this with `#[out]`",
            );
        }
        if index > 0 {
            errors.at(
                &param.ident,
                "a function stores its words once; mark this with `#[out]`",
            );
        }
    }
}

fn null_is_of_a_result(function: &Function, errors: &mut Errors) {
    let Some(span) = function.failure.null_is_error else {
        return;
    };
    let message = match (&function.output, &function.failure.status) {
        (None, _) => "this function returns nothing that could be null; remove it",
        (Some(_), Some(_)) => "a status is never null; remove it",
        _ => return,
    };
    errors.push(syn::Error::new(span, message));
}

fn versions_have_no_receivers(function: &Function, errors: &mut Errors) {
    let Presence::Since(_) = function.presence else {
        return;
    };
    if function.receiver.is_some() {
        errors.at(
            &function.params[0].ident,
            "functions of a version are methods of its own type; write the handle as an argument, as in `db: &Connection`",
        );
    }
}

/// A handle with lifetimes shows them, or nobody sees what it borrows.
fn lifetimes_are_visible(function: &Function, model: &Module, errors: &mut Errors) {
    let types = function.params.iter().map(|param| &param.ty);
    for ty in types.chain(&function.output) {
        for_each_path(ty, &mut |ty| {
            let Some((_, handle)) = model.handle(ty) else {
                return;
            };
            let count = handle.generics.params.len();
            let written = lifetime::elided(ty) + lifetime::named(ty).len() + statics(ty);
            if written < count {
                let name = &handle.ident;
                let marks = vec!["'_"; count].join(", ");
                errors.at(
                    ty,
                    format_args!("`{name}` borrows; write `{name}<{marks}>`"),
                );
            }
        });
    }
}

fn statics(ty: &Type) -> usize {
    let mut count = 0;
    lifetime::visit(&mut ty.clone(), &mut |place| {
        if let lifetime::Place::Argument(lifetime) = place {
            count += usize::from(lifetime.ident == "static");
        }
    });
    count
}

/// A boxed record is made by this side, for C to fill.
fn records_are_stored(function: &Function, model: &Module, errors: &mut Errors) {
    let Some(output) = &function.output else {
        return;
    };
    for_each_path(output, &mut |ty| {
        if let Some((_, handle)) = model.handle(ty)
            && let Form::Boxed(_) = handle.form
        {
            errors.at(
                ty,
                format_args!(
                    "C returns no boxed record; take it as `#[out] handle: *mut {}`",
                    handle.ident
                ),
            );
        }
    });
}

/// Calls `action` for a type and what it points to, refers to or has as its arguments.
fn for_each_path(ty: &Type, action: &mut dyn FnMut(&Type)) {
    match ty {
        Type::Path(path) => {
            if path_ident(ty).is_some() {
                action(ty);
            }
            for segment in &path.path.segments {
                if let PathArguments::AngleBracketed(list) = &segment.arguments {
                    for argument in &list.args {
                        if let syn::GenericArgument::Type(ty) = argument {
                            for_each_path(ty, action);
                        }
                    }
                }
            }
        }
        Type::Ptr(pointer) => for_each_path(&pointer.elem, action),
        Type::Reference(reference) => for_each_path(&reference.elem, action),
        Type::Group(group) => for_each_path(&group.elem, action),
        Type::Paren(paren) => for_each_path(&paren.elem, action),
        _ => {}
    }
}
