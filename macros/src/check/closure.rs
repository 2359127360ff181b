//! Rules on closures.
#![forbid(unsafe_code)]

use crate::diagnostics::Errors;
use crate::lifetime::{self, Place};
use crate::model::{Closure, ContextOf, Function, Module, Role};
use crate::parse::LIFETIMES;
use syn::Type;

pub(super) fn all(function: &Function, model: &Module, errors: &mut Errors) {
    for (index, context) in function.contexts() {
        has_one_owner(context, errors);
        owner_is_a_handle(function, context, model, errors);
        for (_, closure) in function.closures(index) {
            arguments_are_of_this_call(closure, errors);
            result_borrows_nothing(closure, errors);
        }
    }
    fallback_is_of_a_closure(function, errors);
    is_called_once(function, errors);
    collects_by_itself(function, errors);
}

fn has_one_owner(context: &ContextOf, errors: &mut Errors) {
    if let (Some(_), Some(destroy)) = (&context.until, &context.destroy) {
        errors.at(
            destroy,
            "closures are freed once; keep `until`, or `destroy`",
        );
    }
    if let (None, Some(replaces)) = (&context.until, &context.replaces) {
        errors.at(
            replaces,
            "nothing keeps what this could replace; add `until`, or remove `replaces`",
        );
    }
    if let (Some(_), Some(reentrant)) = (&context.any_thread, &context.reentrant) {
        errors.at(
            reentrant,
            "what any thread may call may be entered again; remove `reentrant`",
        );
    }
}

fn owner_is_a_handle(
    function: &Function,
    context: &ContextOf,
    model: &Module,
    errors: &mut Errors,
) {
    let Some(until) = &context.until else { return };
    let param = function.param(until);
    if param
        .and_then(|param| model.borrowed(function, param))
        .is_none()
    {
        errors.at(
            until,
            "a closure is kept by a handle of this module that the function borrows, as in `self: &Connection`",
        );
    }
}

fn arguments_are_of_this_call(closure: &Closure, errors: &mut Errors) {
    for (index, passed) in closure.params.iter().enumerate() {
        if index != closure.context && names_lifetimes(&passed.ty) {
            errors.at(&passed.ty, LIFETIMES);
        }
        if let Type::ImplTrait(ty) = &passed.ty {
            errors.at(ty, "C passes one type; write it");
        }
    }
}

fn names_lifetimes(ty: &Type) -> bool {
    let mut named = false;
    lifetime::visit(&mut ty.clone(), &mut |place| {
        let lifetime = match place {
            Place::Reference(lifetime) => lifetime.clone(),
            Place::Argument(lifetime) => Some(lifetime.clone()),
        };
        named |= lifetime.is_some_and(|lifetime| lifetime.ident != "_");
    });
    named
}

fn result_borrows_nothing(closure: &Closure, errors: &mut Errors) {
    let Some(output) = &closure.output else {
        return;
    };
    if lifetime::elided(output) > 0 || names_lifetimes(output) {
        errors.at(
            output,
            "nothing keeps what a closure returns; return a raw pointer, whose target the closure owns",
        );
    }
    if let Type::ImplTrait(ty) = output {
        errors.at(ty, "C takes one type; write it");
    }
}

fn fallback_is_of_a_closure(function: &Function, errors: &mut Errors) {
    for param in &function.params {
        let Some(fallback) = &param.fallback else {
            continue;
        };
        let message = match &param.role {
            Role::Closure(closure) if closure.output.is_some() => continue,
            Role::Closure(_) => "this closure returns nothing; remove `#[fallback]`",
            _ => {
                "only a closure has a fallback; add `#[context_of]` to the parameter that C passes to it, or remove this"
            }
        };
        errors.at(fallback, message);
    }
}

fn is_called_once(function: &Function, errors: &mut Errors) {
    if function.grow().is_none() {
        return;
    }
    for name in function.contexts().flat_map(|(_, c)| &c.callbacks) {
        errors.at(
            name,
            "a function with a growing buffer is called several times, and takes no closures",
        );
    }
}

fn collects_by_itself(function: &Function, errors: &mut Errors) {
    if let (Some(span), Some(_)) = (function.calls_back, function.contexts().next()) {
        errors.push(syn::Error::new(
            span,
            "a function that takes closures collects what becomes of them; remove `#[calls_back]`",
        ));
    }
}
