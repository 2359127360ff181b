//! Callbacks whose closures borrow.
//!
//! Guarantee: when [`scope`] has returned, also by a panic, no closure made in it can run any more.
#![allow(
    unsafe_code,
    reason = "closures that borrow are kept behind callbacks that do not"
)]

use super::builder::{Parts, make_typed};
use super::handler::Entering;
use super::{Callback, Returns, Takes, TakesMut, values};
use crate::error::Result;
use crate::types::FnType;
use crate::value::Value;
use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;

/// Where callbacks are made whose closures borrow; see [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    /// What was made, to be dropped at the end.
    made: RefCell<Vec<Made>>,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// A callback of a scope, from a box. A box may not be moved while what it holds is borrowed.
struct Made(*mut dyn Any);

impl Drop for Made {
    fn drop(&mut self) {
        // SAFETY: from a box, and no longer borrowed: the scope has ended.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// Runs `f` with a scope in which callbacks may borrow what is outside of it; they are dropped when
/// it ends.
///
/// ```
/// # #[cfg(all(target_os = "linux", feature = "libffi"))] {
/// use farcall::{Library, callback};
/// use std::ffi::{c_int, c_void};
///
/// let qsort = Library::this()?.function("void qsort(void *, size_t, size_t, void *)")?;
/// let (mut numbers, mut comparisons) = ([3, 1, 2], 0);
/// callback::scope(|s| {
///     let compare = s.from_fn_mut::<unsafe extern "C" fn(*const i32, *const i32) -> c_int, _>(
///         |a, b| {
///             comparisons += 1;
///             // SAFETY: qsort hands over addresses of elements.
///             unsafe { *a - *b }
///         },
///     )?;
///     // SAFETY: there are 3 elements of 4 bytes.
///     unsafe { qsort.call::<_, ()>((&mut numbers[..], 3usize, 4usize, compare)) }
/// })?;
/// assert_eq!(numbers, [1, 2, 3]);
/// assert!(comparisons >= 2);
/// # }
/// # Ok::<(), farcall::Error>(())
/// ```
pub fn scope<'env, T>(f: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T) -> T {
    let scope = Scope {
        made: RefCell::default(),
        scope: PhantomData,
        env: PhantomData,
    };
    /// Drops callbacks until there are none: the closures that go with them may make some.
    struct End<'s>(&'s RefCell<Vec<Made>>);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            loop {
                let made = self.0.take();
                if made.is_empty() {
                    break;
                }
                // Should a destructor panic, the rest is dropped while that goes on.
                let rest = End(self.0);
                drop(made);
                std::mem::forget(rest);
            }
        }
    }
    let _end = End(&scope.made);
    f(&scope)
}

impl<'scope> Scope<'scope, '_> {
    /// See [`Callback::new`].
    ///
    /// # Errors
    /// As [`Callback::new`].
    #[expect(
        clippy::new_ret_no_self,
        reason = "it makes callbacks, as `Callback::new` does"
    )]
    pub fn new<C, R>(&'scope self, ty: FnType, closure: C) -> Result<&'scope Callback>
    where
        C: Fn(&[Value<'_>]) -> R + 'scope,
        R: Returns,
    {
        let parts = Parts::default();
        // SAFETY: the scope drops the callback before the closure's borrows end.
        self.keep(unsafe { parts.values(ty, closure, Entering::Confined, values::call::<C, R>) })
    }

    /// See [`Callback::new_mut`].
    ///
    /// # Errors
    /// As [`Callback::new`].
    pub fn new_mut<C, R>(&'scope self, ty: FnType, closure: C) -> Result<&'scope Callback>
    where
        C: FnMut(&[Value<'_>]) -> R + 'scope,
        R: Returns,
    {
        let parts = Parts::default();
        // SAFETY: as above.
        self.keep(unsafe { parts.values(ty, closure, Entering::Once, values::call_once::<C, R>) })
    }

    /// See [`Callback::from_fn`].
    ///
    /// # Errors
    /// As [`Callback::new`].
    pub fn from_fn<F: Takes<C>, C: 'scope>(
        &'scope self,
        closure: C,
    ) -> Result<&'scope Callback<F>> {
        let entries = const { &<F as Takes<C>>::ENTRIES };
        // SAFETY: as above.
        self.keep(unsafe { make_typed(closure, Entering::Confined, entries) })
    }

    /// See [`Callback::from_fn_mut`].
    ///
    /// # Errors
    /// As [`Callback::new`].
    pub fn from_fn_mut<F: TakesMut<C>, C: 'scope>(
        &'scope self,
        closure: C,
    ) -> Result<&'scope Callback<F>> {
        let entries = const { &<F as TakesMut<C>>::ENTRIES };
        // SAFETY: as above.
        self.keep(unsafe { make_typed(closure, Entering::Once, entries) })
    }

    fn keep<F: 'static>(&'scope self, made: Result<Callback<F>>) -> Result<&'scope Callback<F>> {
        let made = Box::into_raw(Box::new(made?));
        self.made.borrow_mut().push(Made(made));
        // SAFETY: it is freed when the scope ends, which 'scope does not outlive.
        Ok(unsafe { &*made })
    }
}
