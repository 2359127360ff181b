//! For how long the results of a function are valid.
//!
//! Guarantee: a lifetime that is left out gets its name from the declared parameters, before the
//! method gets a receiver that C does not know.
#![forbid(unsafe_code)]

use crate::lifetime;
use crate::model::{Function, Mode, Role};
use proc_macro2::Span;
use syn::{Lifetime, Type};

/// Where the lifetime of results that leave it out comes from.
pub(crate) struct Source {
    pub(crate) lifetime: Lifetime,
    /// Where it is left out as well and must be written; `None` if it has a name.
    pub(crate) place: Option<Place>,
}

/// A parameter that gets a lifetime.
pub(crate) enum Place {
    Receiver,
    Param(usize),
}

/// The types that the method returns, besides lengths and buffers.
fn returned(function: &Function) -> impl Iterator<Item = &Type> {
    let output = function.output.as_ref();
    let output = output.filter(|_| function.failure.status.is_none());
    let outs = function
        .params
        .iter()
        .filter(|p| matches!(p.role, Role::Out));
    output.into_iter().chain(outs.map(|param| &param.ty))
}

/// The source of the lifetimes that results leave out, if they do; `report` is told of a result
/// that has none.
pub(crate) fn result(function: &Function, report: &mut dyn FnMut(&Type)) -> Option<Source> {
    let elided = returned(function).find(|ty| lifetime::elided(ty) > 0)?;
    if let Some(source) = of_receiver(function) {
        return Some(source);
    }
    let mut sources = function
        .params
        .iter()
        .enumerate()
        .filter_map(|(index, param)| {
            let is_passed = matches!(param.role, Role::Plain | Role::Receiver | Role::Variadic);
            let count = lifetime::elided(&param.ty) + lifetime::named(&param.ty).len();
            (is_passed && count > 0).then_some((index, count))
        });
    let (Some((index, 1)), None) = (sources.next(), sources.next()) else {
        report(elided);
        return None;
    };
    Some(match lifetime::named(&function.params[index].ty).pop() {
        Some(lifetime) => Source {
            lifetime,
            place: None,
        },
        None => Source {
            lifetime: fresh(function),
            place: Some(Place::Param(index)),
        },
    })
}

/// As in Rust, what a method returns is borrowed from the handle that it borrows.
fn of_receiver(function: &Function) -> Option<Source> {
    let receiver = function.receiver.as_ref()?;
    match &receiver.mode {
        Mode::Shared(Some(lifetime)) | Mode::Mutable(Some(lifetime)) => Some(Source {
            lifetime: lifetime.clone(),
            place: None,
        }),
        Mode::Shared(None) | Mode::Mutable(None) => Some(Source {
            lifetime: fresh(function),
            place: Some(Place::Receiver),
        }),
        Mode::Owned => None,
    }
}

/// A lifetime that the function does not have.
fn fresh(function: &Function) -> Lifetime {
    let names = ('a'..='z').map(|letter| letter.to_string());
    let taken = |name: &String| {
        let mut lifetimes = function.generics.lifetimes();
        lifetimes.any(|param| param.lifetime.ident == name.as_str())
    };
    let free = names.into_iter().find(|name| !taken(name));
    let name = free.unwrap_or_else(|| "__call".to_owned());
    Lifetime::new(&format!("'{name}"), Span::call_site())
}
