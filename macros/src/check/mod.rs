//! The rules, one function each; they read the model and report.

mod closure;
mod function;
mod library;
pub(crate) mod names;

pub(crate) use names::{has_test, test_name};

use crate::diagnostics::Errors;
use crate::model::Module;

/// Applies every rule; functions that break one lose their bodies.
pub(crate) fn module(model: &mut Module, errors: &mut Errors) {
    library::finds_its_library(&model.args, errors);
    library::parts_have_no_library(&model.args, errors);
    let mut unfit = Vec::new();
    for handle in &model.handles {
        let before = errors.count();
        library::destructor_is_declared(handle, model, errors);
        library::message_is_declared(handle, model, errors);
        if errors.count() > before {
            unfit.extend([handle.args.drop.clone(), handle.args.message.clone()]);
        }
        library::threads_are_claimed(handle, model, errors);
    }
    for status in &model.statuses {
        let before = errors.count();
        library::text_is_declared(status, model, errors);
        if errors.count() > before {
            unfit.push(status.text.clone());
        }
    }
    for index in 0..model.functions.len() {
        let before = errors.count();
        function::all(&model.functions[index], model, errors);
        model.functions[index].broken |= errors.count() > before;
    }
    // Nothing calls what cannot be called as its handle or status would.
    for function in &mut model.functions {
        function.broken |= unfit.iter().flatten().any(|name| *name == function.ident);
    }
    names::methods_differ(model, errors);
    names::symbols_have_one_type(model, errors);
}
