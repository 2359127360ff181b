//! Functions and variables of `extern` blocks.

use super::Block;
use super::attrs::{self, Marks};
use super::param;
use super::types::arguments;
use crate::args::{StatusArgs, Values, each, unknown};
use crate::diagnostics::Errors;
use crate::model::{
    Failure, Function, Module, On, Presence, Reason, Receiver, StatusUse, Variable,
};
use crate::names::Naming;
use proc_macro2::{Ident, Span};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, ForeignItemFn, ForeignItemStatic, GenericParam, Lit, LitStr, Meta, ReturnType,
    Safety, Signature, StaticMutability, Token, Type,
};

const MARKS: &[&str] = &[
    "symbol",
    "optional",
    "status",
    "errno",
    "last_error",
    "null_is_error",
    "fallible",
    "calls_back",
];

pub(super) fn function(
    mut item: ForeignItemFn,
    block: &Block,
    model: &mut Module,
    errors: &mut Errors,
) {
    let before = errors.count();
    let mut marks = Marks::take(&mut item.attrs, MARKS, errors);
    refuse_forms(&item.sig, errors);
    claimed(&item.sig.safety, block, errors);
    let sig = item.sig;
    let output = match sig.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(*ty),
    };
    let (params, receiver) = param::params(&sig.ident, sig.inputs, model, errors);
    let symbols = symbols(&sig.ident, &item.attrs, marks.remove("symbol"), errors);
    let presence = presence(block, &mut marks, errors);
    let calls_back = word(&mut marks, "calls_back", errors);
    let mut attrs = attrs::split(item.attrs);
    attrs.cfgs.extend(block.cfgs.iter().cloned());
    attrs
        .others
        .retain(|attr| !attr.path().is_ident("link_name"));
    model.functions.push(Function {
        method: method(&sig.ident, receiver.as_ref(), model),
        attrs,
        vis: item.vis,
        is_safe: matches!(sig.safety, Safety::Safe(_)),
        abi: block.abi.clone(),
        ident: sig.ident,
        symbols,
        generics: sig.generics,
        receiver,
        params,
        variadic: sig.variadic.map(|variadic| variadic.dots),
        failure: failure(marks, output.as_ref(), model, errors),
        output,
        presence,
        calls_back,
        broken: errors.count() > before,
    });
}

pub(super) fn variable(
    mut item: ForeignItemStatic,
    block: &Block,
    model: &mut Module,
    errors: &mut Errors,
) {
    let mut marks = Marks::take(&mut item.attrs, &["symbol", "optional"], errors);
    claimed(&item.safety, block, errors);
    let symbols = symbols(&item.ident, &item.attrs, marks.remove("symbol"), errors);
    let presence = presence(block, &mut marks, errors);
    let mut attrs = attrs::split(item.attrs);
    attrs.cfgs.extend(block.cfgs.iter().cloned());
    attrs
        .others
        .retain(|attr| !attr.path().is_ident("link_name"));
    model.variables.push(Variable {
        method: method(&item.ident, None, model),
        attrs,
        vis: item.vis,
        is_safe: matches!(item.safety, Safety::Safe(_)),
        mutable: matches!(item.mutability, StaticMutability::Mut(_)),
        ident: item.ident,
        symbols,
        ty: *item.ty,
        presence,
    });
}

/// `safe` is a claim that only an `unsafe extern` block can make.
fn claimed(safety: &Safety, block: &Block, errors: &mut Errors) {
    if let (Safety::Safe(token), false) = (safety, block.is_unsafe) {
        errors.at(
            token,
            "nobody answers for this; write `unsafe extern` before the block",
        );
    }
}

/// What a foreign function cannot be.
fn refuse_forms(sig: &Signature, errors: &mut Errors) {
    for param in &sig.generics.params {
        if !matches!(param, GenericParam::Lifetime(_)) {
            errors.at(
                param,
                "a C function has no generic parameters; declare it once for each type, with `#[symbol(\"name\")]`",
            );
        }
    }
    if let Some(clause) = &sig.generics.where_clause {
        errors.at(clause, "a C function has no `where` clause; remove it");
    }
    if let Some(token) = &sig.asyncness {
        errors.at(token, "a C function is not `async`; remove the word");
    }
    if let Some(token) = &sig.constness {
        errors.at(token, "a C function is not `const`; remove the word");
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        match &**ty {
            Type::ImplTrait(_) => errors.at(ty, "C returns one type; write it"),
            Type::Infer(_) => errors.at(ty, "write the type that C returns"),
            _ => {}
        }
    }
    if let (Some(_), Safety::Safe(token)) = (&sig.variadic, &sig.safety) {
        errors.at(
            token,
            "nothing checks what is passed in place of `...`; remove `safe`, or write `#[variadic]` before each further parameter in place of `...`",
        );
    }
}

/// What is looked up: `#[symbol("real", "older")]`, `#[link_name = "real"]`, or the name itself.
fn symbols(
    ident: &Ident,
    attrs: &[Attribute],
    symbol: Option<Attribute>,
    errors: &mut Errors,
) -> Vec<String> {
    if let Some(attr) = symbol {
        let names = Punctuated::<LitStr, Token![,]>::parse_separated_nonempty;
        match attr.parse_args_with(names) {
            Ok(names) => {
                for name in names.iter().filter(|name| name.value().contains('\0')) {
                    errors.at(name, "a symbol contains no NUL byte; remove it");
                }
                return names.iter().map(LitStr::value).collect();
            }
            Err(_) => errors.at(
                &attr,
                "expected names, as in `#[symbol(\"real\", \"older\")]`",
            ),
        }
    }
    let linked = attrs.iter().find_map(|attr| match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("link_name") => match &meta.value {
            Expr::Lit(value) => match &value.lit {
                // A leading \1 tells the linker not to decorate the name.
                Lit::Str(name) => Some(name.value().trim_start_matches('\u{1}').to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    let plain = || syn::ext::IdentExt::unraw(ident).to_string();
    vec![linked.unwrap_or_else(plain)]
}

fn presence(block: &Block, marks: &mut Marks, errors: &mut Errors) -> Presence {
    let Some(attr) = marks.remove("optional") else {
        return block.presence;
    };
    if let Err(error) = attr.meta.require_path_only() {
        errors.push(error);
    }
    match block.presence {
        Presence::Required => {}
        Presence::Lazy => errors.at(&attr, "what is lazy may be missing; remove `#[optional]`"),
        Presence::Since(_) => errors.at(
            &attr,
            "a version has all of its functions; move this one to a block without `#[since]`",
        ),
        Presence::Optional => {}
    }
    Presence::Optional
}

/// Where a marker without arguments stands.
fn word(marks: &mut Marks, name: &str, errors: &mut Errors) -> Option<Span> {
    let attr = marks.remove(name)?;
    if let Err(error) = attr.meta.require_path_only() {
        errors.push(error);
    }
    Some(attr.path().span())
}

fn failure(
    mut marks: Marks,
    output: Option<&Type>,
    model: &Module,
    errors: &mut Errors,
) -> Failure {
    Failure {
        null_is_error: word(&mut marks, "null_is_error", errors),
        fallible: word(&mut marks, "fallible", errors),
        errno: reason(marks.remove("errno"), errors),
        last_error: reason(marks.remove("last_error"), errors),
        status: status(marks.remove("status"), output, model, errors),
    }
}

fn status(
    attr: Option<Attribute>,
    output: Option<&Type>,
    model: &Module,
    errors: &mut Errors,
) -> Option<StatusUse> {
    let local = output.and_then(|ty| model.status(ty));
    let Some(attr) = attr else {
        return local.map(|local| StatusUse {
            local: Some(local),
            ok: None,
        });
    };
    let args = StatusArgs::parse(arguments(&attr), errors);
    if let Some(text) = &args.text {
        errors.at(text, "words belong to the status type; move `text` there");
    }
    if output.is_none() {
        errors.at(&attr, "this function returns nothing; write `-> Status`");
        return None;
    }
    Some(StatusUse { local, ok: args.ok })
}

fn reason(attr: Option<Attribute>, errors: &mut Errors) -> Option<Reason> {
    let attr = attr?;
    let mut on = None;
    each(arguments(&attr), errors, |name, input, _| {
        if name != "on" {
            return Err(unknown("argument", name, &["on"]));
        }
        let fork = input.fork();
        fork.parse::<Token![=]>()?;
        let is_null = fork.parse::<Ident>().is_ok_and(|word| word == "null");
        on = Some(if is_null {
            input.parse::<Token![=]>()?;
            input.parse::<Ident>()?;
            On::Null
        } else {
            On::Values(Values::parse(input)?)
        });
        Ok(())
    });
    Some(Reason {
        span: attr.path().span(),
        on,
    })
}

/// The name of the method, cut by the prefix of its handle or else of the library.
fn method(ident: &Ident, receiver: Option<&Receiver>, model: &Module) -> Ident {
    let handle = receiver.and_then(|r| model.handles[r.handle].args.prefix.as_ref());
    let library = model.args.prefix.as_ref();
    let naming = Naming {
        prefixes: handle
            .into_iter()
            .chain(library)
            .map(LitStr::value)
            .collect(),
        snake_case: model.args.snake_case,
        span: ident.span(),
        name: &syn::ext::IdentExt::unraw(ident).to_string(),
    };
    naming.method()
}
