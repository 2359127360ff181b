//! The parameters of functions, and the handle that a method stands on.

use super::attrs::Marks;
use super::closure;
use crate::diagnostics::Errors;
use crate::model::{Fixed, Mode, Module, Param, Receiver, Role};
use proc_macro2::Ident;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, FnArg, Pat, ReceiverKind, Token, Type};

pub(super) fn params(
    function: &Ident,
    inputs: Punctuated<FnArg, Token![,]>,
    model: &Module,
    errors: &mut Errors,
) -> (Vec<Param>, Option<Receiver>) {
    let mut receiver = None;
    let mut params = Vec::new();
    for (index, input) in inputs.into_iter().enumerate() {
        match input {
            FnArg::Receiver(input) => {
                let ReceiverKind::Typed(_, ty) = input.kind else {
                    errors.at(&input, "say what C takes, as in `self: &Connection`");
                    continue;
                };
                receiver = self_param(&ty, model, errors);
                params.push(Param {
                    ident: Ident::new("self", input.self_token.span),
                    ty: *ty,
                    role: Role::Receiver,
                    fallback: None,
                });
            }
            FnArg::Typed(input) => {
                let mut attrs = input.attrs;
                let (role, fallback) = role(&mut attrs, errors);
                let ident = param_name(&input.pat, index, errors);
                if let Type::ImplTrait(ty) = &*input.ty {
                    errors.at(ty, "C takes one type; write it");
                }
                params.push(Param {
                    ident,
                    ty: *input.ty,
                    role,
                    fallback,
                });
            }
        }
    }
    if receiver.is_none() {
        receiver = destroyed(function, &mut params, model);
    }
    closure::resolve(&mut params, errors);
    (params, receiver)
}

/// The handle that a destructor takes, which is its receiver.
fn destroyed(function: &Ident, params: &mut [Param], model: &Module) -> Option<Receiver> {
    let destroys = |handle: usize| model.handles[handle].args.drop.as_ref() == Some(function);
    params.iter_mut().find_map(|param| {
        let (handle, _) = model
            .handle(&param.ty)
            .filter(|(handle, _)| destroys(*handle))?;
        param.role = Role::Receiver;
        Some(Receiver {
            handle,
            ty: param.ty.clone(),
            mode: Mode::Owned,
        })
    })
}

fn self_param(ty: &Type, model: &Module, errors: &mut Errors) -> Option<Receiver> {
    let (inner, mode) = match ty {
        Type::Reference(reference) => {
            let lifetime = reference.lifetime.clone().filter(|l| l.ident != "_");
            let mode = match reference.mutability {
                None => Mode::Shared(lifetime),
                Some(_) => Mode::Mutable(lifetime),
            };
            (&*reference.elem, mode)
        }
        ty => (ty, Mode::Owned),
    };
    let Some((handle, _)) = model.handle(inner) else {
        errors.at(
            ty,
            "`self` is a handle of this module, as in `self: &Connection`; give the parameter a name to make it an argument",
        );
        return None;
    };
    Some(Receiver {
        handle,
        ty: inner.clone(),
        mode,
    })
}

fn param_name(pat: &Pat, index: usize, errors: &mut Errors) -> Ident {
    match pat {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => name.ident.clone(),
        Pat::Wild(wild) => Ident::new(&format!("argument{index}"), wild.span()),
        other => {
            errors.at(other, "a parameter has a plain name; write `name: Type`");
            Ident::new(&format!("argument{index}"), other.span())
        }
    }
}

/// What becomes of a parameter, and what a closure that does not run returns.
fn role(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> (Role, Option<Expr>) {
    const KNOWN: &[&str] = &[
        "fallback",
        "out",
        "message",
        "len_of",
        "grow",
        "value",
        "variadic",
        "context_of",
    ];
    let before = errors.count();
    let mut marks = Marks::take(attrs, KNOWN, errors);
    let unknown = errors.count() > before;
    for attr in attrs.iter() {
        let path = attr.path();
        errors.at(
            path,
            "attributes of the language say nothing about a parameter; remove it",
        );
    }
    let fallback = marks.remove("fallback").and_then(|attr| {
        let expr = attr.parse_args();
        expr.map_err(|error| errors.push(error)).ok()
    });
    let mut roles = Vec::new();
    for name in KNOWN {
        let Some(attr) = marks.remove(name) else {
            continue;
        };
        match one_role(name, &attr) {
            Ok(role) => roles.push((attr, role)),
            Err(error) => {
                errors.push(error);
                // Nothing more is to be said of it.
                roles.push((attr, Role::Value(Fixed::Null)));
            }
        }
    }
    let mut roles = roles.into_iter();
    let Some((_, role)) = roles.next() else {
        // Nothing more is to be said of what is misspelt.
        let role = match unknown {
            true => Role::Value(Fixed::Null),
            false => Role::Plain,
        };
        return (role, fallback);
    };
    for (attr, _) in roles {
        errors.at(&attr, "a parameter has one role; keep one of its markers");
    }
    (role, fallback)
}

fn one_role(name: &str, attr: &Attribute) -> syn::Result<Role> {
    let names = Punctuated::<Ident, Token![,]>::parse_separated_nonempty;
    Ok(match name {
        "out" => path_only(attr, Role::Out)?,
        "message" => path_only(attr, Role::Message)?,
        "variadic" => path_only(attr, Role::Variadic)?,
        "len_of" => Role::LenOf(attr.parse_args_with(names)?.into_iter().collect()),
        "grow" => Role::Grow(attr.parse_args()?),
        "value" => Role::Value(match attr.parse_args::<Expr>()? {
            Expr::Path(path) if path.path.is_ident("null") => Fixed::Null,
            expr => Fixed::Expr(Box::new(expr)),
        }),
        _ => Role::Context(Box::new(closure::context_of(attr)?)),
    })
}

fn path_only(attr: &Attribute, role: Role) -> syn::Result<Role> {
    attr.meta.require_path_only()?;
    Ok(role)
}
