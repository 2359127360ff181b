//! The rules, one function each; they read the model and report.

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
    for handle in &model.handles {
        library::destructor_is_declared(handle, model, errors);
        library::message_is_declared(handle, model, errors);
        library::threads_are_claimed(handle, model, errors);
    }
    for status in &model.statuses {
        library::text_is_declared(status, model, errors);
    }
    for index in 0..model.functions.len() {
        let before = errors.count();
        function::all(&model.functions[index], model, errors);
        model.functions[index].broken |= errors.count() > before;
    }
    names::methods_differ(model, errors);
    names::symbols_have_one_type(model, errors);
}
