//! Lifetimes in types: named, elided, erased.
//!
//! Guarantee: what is inside a function pointer has lifetimes of its own and is left alone.
#![forbid(unsafe_code)]

use proc_macro2::Span;
use syn::{GenericArgument, Lifetime, PathArguments, ReturnType, Type};

/// A place in a type where a lifetime stands or could stand.
pub(crate) enum Place<'a> {
    /// A reference, with or without a lifetime.
    Reference(&'a mut Option<Lifetime>),
    /// An argument of a path.
    Argument(&'a mut Lifetime),
}

impl Place<'_> {
    fn is_elided(&self) -> bool {
        match self {
            Self::Reference(lifetime) => lifetime.as_ref().is_none_or(|l| l.ident == "_"),
            Self::Argument(lifetime) => lifetime.ident == "_",
        }
    }

    fn set(self, lifetime: &Lifetime) {
        match self {
            Self::Reference(place) => *place = Some(lifetime.clone()),
            Self::Argument(place) => *place = lifetime.clone(),
        }
    }
}

/// Visits every lifetime of a type, elided or not.
pub(crate) fn visit(ty: &mut Type, action: &mut dyn FnMut(Place<'_>)) {
    match ty {
        Type::Reference(reference) => {
            action(Place::Reference(&mut reference.lifetime));
            visit(&mut reference.elem, action);
        }
        Type::Ptr(pointer) => visit(&mut pointer.elem, action),
        Type::Slice(slice) => visit(&mut slice.elem, action),
        Type::Array(array) => visit(&mut array.elem, action),
        Type::Group(group) => visit(&mut group.elem, action),
        Type::Paren(paren) => visit(&mut paren.elem, action),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(|ty| visit(ty, action)),
        Type::Path(path) => {
            if let Some(qself) = &mut path.qself {
                visit(&mut qself.ty, action);
            }
            for segment in &mut path.path.segments {
                visit_arguments(&mut segment.arguments, action);
            }
        }
        _ => {}
    }
}

fn visit_arguments(arguments: &mut PathArguments, action: &mut dyn FnMut(Place<'_>)) {
    match arguments {
        PathArguments::AngleBracketed(list) => {
            for argument in &mut list.args {
                match argument {
                    GenericArgument::Lifetime(lifetime) => action(Place::Argument(lifetime)),
                    GenericArgument::Type(ty) => visit(ty, action),
                    _ => {}
                }
            }
        }
        PathArguments::Parenthesized(list) => {
            list.inputs
                .iter_mut()
                .for_each(|ty| visit(&mut ty.ty, action));
            if let ReturnType::Type(_, ty) = &mut list.output {
                visit(ty, action);
            }
        }
        PathArguments::None => {}
    }
}

/// How many lifetimes are left out or written as `'_`.
pub(crate) fn elided(ty: &Type) -> usize {
    let mut count = 0;
    visit(&mut ty.clone(), &mut |place| {
        count += usize::from(place.is_elided())
    });
    count
}

/// The lifetimes that are named, `'static` apart.
pub(crate) fn named(ty: &Type) -> Vec<Lifetime> {
    let mut found = Vec::new();
    visit(&mut ty.clone(), &mut |place| {
        let lifetime = match place {
            Place::Reference(lifetime) => lifetime.clone(),
            Place::Argument(lifetime) => Some(lifetime.clone()),
        };
        let is_name = |l: &Lifetime| l.ident != "_" && l.ident != "static";
        found.extend(lifetime.filter(is_name));
    });
    found
}

/// Gives every elided lifetime a name.
pub(crate) fn name_elided(ty: &mut Type, lifetime: &Lifetime) {
    visit(ty, &mut |place| {
        if place.is_elided() {
            place.set(lifetime);
        }
    });
}

/// The type with `'static` for every lifetime, for constants.
pub(crate) fn erased(ty: &Type) -> Type {
    let mut ty = ty.clone();
    let lifetime = Lifetime::new("'static", Span::call_site());
    visit(&mut ty, &mut |place| place.set(&lifetime));
    ty
}

/// The type without lifetimes where Rust lets them be left out, for its spelling.
pub(crate) fn stripped(ty: &Type) -> Type {
    let mut ty = ty.clone();
    visit(&mut ty, &mut |place| {
        if let Place::Reference(lifetime) = place {
            *lifetime = None;
        }
    });
    ty
}
