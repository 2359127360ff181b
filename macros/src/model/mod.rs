//! The declaration as data, every part with its span.
//!
//! Guarantee: the model holds what was written, broken or not; rules only read it, and expansions
//! skip the bodies of what is marked as broken.

mod closure;

pub(crate) use closure::{Closure, Conduct, ContextOf, Passed};

use crate::args::{HandleArgs, LibraryArgs, Values};
use proc_macro2::{Ident, Span};
use syn::{Attribute, Expr, Generics, Item, Lifetime, LitStr, Token, Type, Visibility};

/// The module that the attribute stands on.
pub(crate) struct Module {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) args: LibraryArgs,
    pub(crate) library: Option<Library>,
    pub(crate) handles: Vec<Handle>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) versions: Vec<Version>,
    pub(crate) functions: Vec<Function>,
    pub(crate) variables: Vec<Variable>,
    /// What passes through.
    pub(crate) items: Vec<Item>,
}

/// The library type: the one unit struct.
pub(crate) struct Library {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
}

/// A struct around the C value that is passed.
pub(crate) struct Handle {
    pub(crate) attrs: Attrs,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) args: HandleArgs,
    pub(crate) form: Form,
}

/// What a handle holds.
pub(crate) enum Form {
    /// A pointer or an integer.
    Value(Type),
    /// A pointer to `char`: a text.
    Text(Type),
    /// A record that C wants at a stable address.
    Boxed(Type),
}

/// A struct around the number by which functions say whether they failed.
pub(crate) struct Status {
    pub(crate) attrs: Attrs,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) ok: Values,
    pub(crate) text: Option<Ident>,
}

/// The functions that a version of the library added.
pub(crate) struct Version {
    pub(crate) text: LitStr,
    pub(crate) method: Ident,
    pub(crate) ty: Ident,
}

/// The attributes of an item.
#[derive(Default)]
pub(crate) struct Attrs {
    pub(crate) cfgs: Vec<Attribute>,
    /// Documentation, lints and the like.
    pub(crate) others: Vec<Attribute>,
}

/// Whether a symbol must be in the library.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
    Lazy,
    /// The index of the version.
    Since(usize),
}

/// A function.
pub(crate) struct Function {
    pub(crate) attrs: Attrs,
    pub(crate) vis: Visibility,
    pub(crate) is_safe: bool,
    pub(crate) abi: LitStr,
    /// The name in the declaration.
    pub(crate) ident: Ident,
    /// What is looked up.
    pub(crate) symbols: Vec<String>,
    pub(crate) method: Ident,
    pub(crate) generics: Generics,
    pub(crate) receiver: Option<Receiver>,
    /// Those of C, in order; the receiver is the first of them.
    pub(crate) params: Vec<Param>,
    pub(crate) variadic: Option<Token![...]>,
    /// `None` for nothing.
    pub(crate) output: Option<Type>,
    pub(crate) presence: Presence,
    pub(crate) failure: Failure,
    /// Whether it is marked as one that calls closures which it was not given.
    pub(crate) calls_back: Option<Span>,
    /// Whether an error was reported that leaves it without a body.
    pub(crate) broken: bool,
}

/// The handle that the method stands on.
#[derive(Clone)]
pub(crate) struct Receiver {
    /// The index of the handle.
    pub(crate) handle: usize,
    /// The handle as it is written.
    pub(crate) ty: Type,
    pub(crate) mode: Mode,
}

/// How a method takes its receiver.
#[derive(Clone)]
pub(crate) enum Mode {
    Shared(Option<Lifetime>),
    Mutable(Option<Lifetime>),
    Owned,
}

/// How a function says that it failed.
#[derive(Default)]
pub(crate) struct Failure {
    /// Whether the result is a status, and the values that say that all is well if this function
    /// has its own.
    pub(crate) status: Option<StatusUse>,
    pub(crate) errno: Option<Reason>,
    pub(crate) last_error: Option<Reason>,
    pub(crate) null_is_error: Option<Span>,
    pub(crate) fallible: Option<Span>,
}

pub(crate) struct StatusUse {
    /// The index of the status type, if it is of this module.
    pub(crate) local: Option<usize>,
    pub(crate) ok: Option<Values>,
}

/// Where C leaves the reason of a failure.
pub(crate) struct Reason {
    pub(crate) span: Span,
    /// Which results say that it failed, if nothing else does.
    pub(crate) on: Option<On>,
}

/// Which results say that a function failed.
pub(crate) enum On {
    /// Those that are null.
    Null,
    Values(Values),
}

/// A parameter of the C function.
pub(crate) struct Param {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) role: Role,
    /// What C gets from a closure that does not run.
    pub(crate) fallback: Option<Expr>,
}

/// What becomes of a parameter.
pub(crate) enum Role {
    /// It is a parameter of the method.
    Plain,
    /// It is the method's receiver.
    Receiver,
    /// C stores a result there.
    Out,
    /// C stores its words about a failure there.
    Message,
    /// The length of these parameters.
    LenOf(Vec<Ident>),
    /// A buffer that is as large as C says it must be; the parameter that says so.
    Grow(Ident),
    /// It always has this value.
    Value(Fixed),
    /// It is passed in place of `...`.
    Variadic,
    /// C's function pointer, for which the method takes a closure.
    Closure(Box<Closure>),
    /// By this C tells closures apart.
    Context(Box<ContextOf>),
    /// C calls this when it is done with the context that is this parameter.
    Destroy(usize),
}

/// A value that does not depend on the call.
pub(crate) enum Fixed {
    Null,
    Expr(Box<Expr>),
}

/// A variable.
pub(crate) struct Variable {
    pub(crate) attrs: Attrs,
    pub(crate) vis: Visibility,
    pub(crate) is_safe: bool,
    pub(crate) mutable: bool,
    pub(crate) ident: Ident,
    pub(crate) symbols: Vec<String>,
    pub(crate) method: Ident,
    pub(crate) ty: Type,
    pub(crate) presence: Presence,
}

impl Module {
    /// The handle that a type names, and its index.
    pub(crate) fn handle(&self, ty: &Type) -> Option<(usize, &Handle)> {
        let name = path_ident(ty)?;
        let mut handles = self.handles.iter().enumerate();
        handles.find(|(_, handle)| handle.ident == *name)
    }

    /// The index of the status type that a type names.
    pub(crate) fn status(&self, ty: &Type) -> Option<usize> {
        let name = path_ident(ty)?;
        self.statuses
            .iter()
            .position(|status| status.ident == *name)
    }

    /// Whether the function is what dropping its handle calls.
    pub(crate) fn is_destructor(&self, function: &Function) -> bool {
        function.receiver.as_ref().is_some_and(|receiver| {
            self.handles[receiver.handle].args.drop.as_ref() == Some(&function.ident)
        })
    }

    /// Whether its method is `unsafe`; to end a handle takes nothing but to have it.
    pub(crate) fn is_unsafe(&self, function: &Function) -> bool {
        !function.is_safe && !self.is_destructor(function)
    }

    /// The function with this C name or name in the declaration.
    pub(crate) fn function(&self, name: &Ident) -> Option<&Function> {
        self.functions
            .iter()
            .find(|function| function.ident == *name)
    }
}

impl Function {
    /// Whether its method returns a `Result`.
    pub(crate) fn is_fallible(&self) -> bool {
        let failure = &self.failure;
        failure.status.is_some()
            || failure.errno.is_some()
            || failure.last_error.is_some()
            || failure.null_is_error.is_some()
            || failure.fallible.is_some()
            || matches!(self.presence, Presence::Optional | Presence::Lazy)
            || self.grows_by_result()
    }

    /// Whether its result is the length of a growing buffer.
    pub(crate) fn grows_by_result(&self) -> bool {
        self.grow()
            .is_some_and(|(_, len)| !matches!(self.params[len].ty, Type::Ptr(_)))
    }

    /// The growing buffer and its length, by their indexes.
    pub(crate) fn grow(&self) -> Option<(usize, usize)> {
        let (buffer, len) =
            self.params
                .iter()
                .enumerate()
                .find_map(|(index, param)| match &param.role {
                    Role::Grow(len) => Some((index, len)),
                    _ => None,
                })?;
        let len = self.params.iter().position(|param| param.ident == *len)?;
        Some((buffer, len))
    }

    /// Whether the parameter is the length of the growing buffer.
    pub(crate) fn is_grow_len(&self, index: usize) -> bool {
        self.grow().is_some_and(|(_, len)| len == index)
    }
}

/// The name that a type is written with, if it is one name.
pub(crate) fn path_ident(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(ty) if ty.qself.is_none() && ty.path.segments.len() == 1 => {
            Some(&ty.path.segments[0].ident)
        }
        Type::Group(group) => path_ident(&group.elem),
        Type::Paren(paren) => path_ident(&paren.elem),
        _ => None,
    }
}
