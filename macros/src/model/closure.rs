//! Closures: C's function pointers with their contexts.
#![forbid(unsafe_code)]

use super::{Function, Mode, Module, Param, Role};
use proc_macro2::Ident;
use syn::{Expr, LitStr, Type};

/// A closure, written as C's function pointer.
pub(crate) struct Closure {
    /// Whether there may be none.
    pub(crate) nullable: bool,
    pub(crate) abi: LitStr,
    /// What C passes.
    pub(crate) params: Vec<Passed>,
    /// Which of these is the context.
    pub(crate) context: usize,
    pub(crate) output: Option<Type>,
    /// The parameter of the function that has the context.
    pub(crate) context_param: usize,
    /// What C gets if no closure runs or it fails.
    pub(crate) fallback: Option<Expr>,
}

/// What C passes to a closure.
pub(crate) struct Passed {
    pub(crate) ident: Option<Ident>,
    pub(crate) ty: Type,
}

/// Whose context a parameter is, and for how long.
pub(crate) struct ContextOf {
    pub(crate) callbacks: Vec<Ident>,
    /// The handle that keeps the closures.
    pub(crate) until: Option<Ident>,
    /// What C calls when it is done with them.
    pub(crate) destroy: Option<Ident>,
    /// Whether they may be entered while they run.
    pub(crate) reentrant: Option<Ident>,
    /// Whether C calls them on any thread.
    pub(crate) any_thread: Option<Ident>,
    /// Whether C then has them in place of those that it had.
    pub(crate) replaces: Option<Ident>,
}

impl Module {
    /// The index of the handle that a parameter borrows.
    pub(crate) fn borrowed(&self, function: &Function, param: &Param) -> Option<usize> {
        match (&param.role, &param.ty) {
            (Role::Receiver, _) => function.receiver.as_ref().and_then(|receiver| {
                (!matches!(receiver.mode, Mode::Owned)).then_some(receiver.handle)
            }),
            (Role::Plain, Type::Reference(reference)) => {
                self.handle(&reference.elem).map(|(index, _)| index)
            }
            _ => None,
        }
    }

    /// Whether a function keeps closures in this handle.
    pub(crate) fn keeps_closures(&self, handle: usize) -> bool {
        self.functions.iter().any(|function| {
            function.contexts().any(|(_, context)| {
                let keeper = context.until.as_ref().and_then(|name| function.param(name));
                keeper.and_then(|param| self.borrowed(function, param)) == Some(handle)
            })
        })
    }

    /// Whether a handle may be where its closures were not made.
    pub(crate) fn is_sent(&self, handle: usize) -> bool {
        let args = &self.handles[handle].args;
        args.send.is_some() || args.sync.is_some()
    }
}

impl Function {
    /// The parameter of this name.
    pub(crate) fn param(&self, name: &Ident) -> Option<&Param> {
        self.params.iter().find(|param| param.ident == *name)
    }

    /// The parameters that are contexts, with their indexes.
    pub(crate) fn contexts(&self) -> impl Iterator<Item = (usize, &ContextOf)> {
        let params = self.params.iter().enumerate();
        params.filter_map(|(index, param)| match &param.role {
            Role::Context(context) => Some((index, &**context)),
            _ => None,
        })
    }

    /// The closures of a context, with their indexes, in the order of the declaration.
    pub(crate) fn closures(&self, context: usize) -> impl Iterator<Item = (usize, &Closure)> {
        let params = self.params.iter().enumerate();
        params.filter_map(move |(index, param)| match &param.role {
            Role::Closure(closure) if closure.context_param == context => Some((index, &**closure)),
            _ => None,
        })
    }

    /// Whether failures of closures come out of its method.
    pub(crate) fn collects(&self) -> bool {
        self.calls_back.is_some() || self.contexts().next().is_some()
    }
}

/// How the closures of a context are called.
#[derive(Clone, Copy)]
pub(crate) struct Conduct {
    /// Whether they change what they capture and are entered once at a time.
    pub(crate) once: bool,
    /// Whether they run on any thread.
    pub(crate) any_thread: bool,
    /// Whether they outlive the call.
    pub(crate) owned: bool,
}

impl Module {
    /// How the closures of a context are called.
    pub(crate) fn conduct(&self, function: &Function, context: &ContextOf) -> Conduct {
        let keeper = context.until.as_ref().and_then(|name| function.param(name));
        let keeper = keeper.and_then(|param| self.borrowed(function, param));
        // What is owned goes where its owner goes.
        let follows = match (keeper, &context.destroy) {
            (Some(handle), _) => self.is_sent(handle),
            (None, Some(_)) => self.args.sync.is_some() || self.args.part_of.is_some(),
            (None, None) => false,
        };
        Conduct {
            once: context.reentrant.is_none() && context.any_thread.is_none(),
            any_thread: context.any_thread.is_some() || follows,
            owned: context.until.is_some() || context.destroy.is_some(),
        }
    }
}
