//! Callbacks for the parameters of a function.
#![forbid(unsafe_code)]

use super::Function;
use crate::callback::{Callback, CallbackBuilder, Returns};
use crate::error::{ErrorKind, Result};
use crate::types::{FnType, Param, TypeKind};
use crate::value::Value;

impl Function {
    /// A callback for the parameter `parameter`, a pointer to a function, with a closure over
    /// values; confined to this thread, see [`Callback::new`].
    ///
    /// A parameter without a name is called by its number, counted from 1. While the callback
    /// lives, the library is in use and not closed.
    ///
    /// ```
    /// # #[cfg(all(target_os = "linux", feature = "libffi"))] {
    /// use farcall::Library;
    /// let qsort = Library::this()?.function(
    ///     "void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *))",
    /// )?;
    /// let compare = qsort.callback("compare", |args| {
    ///     // SAFETY: qsort hands over addresses of elements.
    ///     let element = |i: usize| unsafe { *args[i].as_pointer().unwrap().cast::<i32>() };
    ///     element(0) - element(1)
    /// })?;
    /// let mut numbers = [3, 1, 2];
    /// // SAFETY: there are 3 elements of 4 bytes.
    /// unsafe { qsort.call::<_, ()>((&mut numbers[..], 3usize, 4usize, &compare))? };
    /// assert_eq!(numbers, [1, 2, 3]);
    /// # }
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`ErrorKind::NoCallback`]: there is no such parameter, or it is no pointer to a function.
    /// - As [`Callback::new`].
    pub fn callback<C, R>(&self, parameter: &str, closure: C) -> Result<Callback>
    where
        C: Fn(&[Value<'_>]) -> R + 'static,
        R: Returns,
    {
        let ty = self.callback_type(parameter)?;
        self.builder(parameter)
            .new(ty, closure)
            .map_err(|error| self.blame(error))
    }

    /// As [`Function::callback`], with a closure that changes what it captures; see
    /// [`Callback::new_mut`].
    ///
    /// # Errors
    /// As [`Function::callback`].
    pub fn callback_mut<C, R>(&self, parameter: &str, closure: C) -> Result<Callback>
    where
        C: FnMut(&[Value<'_>]) -> R + 'static,
        R: Returns,
    {
        let ty = self.callback_type(parameter)?;
        self.builder(parameter)
            .new_mut(ty, closure)
            .map_err(|error| self.blame(error))
    }

    /// The type of the functions that the parameter `parameter` points to, for callbacks that are
    /// made in another way; see [`Function::callback`].
    ///
    /// # Errors
    /// [`ErrorKind::NoCallback`]: there is no such parameter, or it is no pointer to a function.
    pub fn callback_type(&self, parameter: &str) -> Result<FnType> {
        let params = self.ty().params();
        let named = params.iter().find(|param| param.name() == Some(parameter));
        let numbered = || params.get(parameter.parse::<usize>().ok()?.checked_sub(1)?);
        let found = named.or_else(numbered);
        found.and_then(|param| pointee(*param)).ok_or_else(|| {
            let found = found.map(|param| param.ty().to_string());
            let parameter = parameter.to_owned();
            let candidates = candidates(params);
            self.blame(
                ErrorKind::NoCallback {
                    parameter,
                    found,
                    candidates,
                }
                .into(),
            )
        })
    }

    /// A builder with what all callbacks of this function have.
    fn builder(&self, parameter: &str) -> CallbackBuilder {
        let mut builder = Callback::builder().name(parameter);
        if let Some(library) = self.library() {
            builder = builder.of_library(library);
        }
        // What carries out the calls also stands behind the callbacks, if it was chosen.
        match self.engine() {
            Some(crate::Engine::Libffi) => builder.engine(crate::Engine::Libffi),
            _ => builder,
        }
    }
}

fn pointee(param: Param) -> Option<FnType> {
    let TypeKind::Pointer { to, .. } = *param.ty().kind() else {
        return None;
    };
    match *to.kind() {
        TypeKind::Function(ty) => Some(ty),
        _ => None,
    }
}

/// The parameters that a callback can be for, by the names that they are called by.
fn candidates(params: &[Param]) -> Vec<String> {
    let name = |(index, param): (usize, &Param)| {
        let number = index + 1;
        param
            .name()
            .map_or_else(|| number.to_string(), ToOwned::to_owned)
    };
    let callbacks = params.iter().enumerate();
    callbacks
        .filter(|(_, param)| pointee(**param).is_some())
        .map(name)
        .collect()
}
