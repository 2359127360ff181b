//! Callbacks with more than a closure.
#![allow(unsafe_code, reason = "a closure is put behind the head of its block")]

use super::block::{self, Extra};
use super::dispatcher::{self, Dispatch, Dispatcher};
use super::failure::{Failure, Handler};
use super::fallback::Fallback;
use super::family::{Family, Taken, Use};
use super::handler::Entering;
use super::record::Record;
use super::typed::Entries;
use super::{
    AnyThread, Callback, CallbackFn, Confined, Dispatched, OnDispatcher, Queued, Returns, Takes,
    TakesMut, values,
};
use crate::Library;
use crate::backend::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::types::FnType;
use crate::value::{OwnedValue, Value};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Makes a [`Callback`] that has more than a closure.
///
/// ```
/// # #[cfg(feature = "libffi")] {
/// use farcall::{Callback, FnType};
/// let compare = Callback::builder()
///     .name("compare")
///     .fallback(-1)
///     .new(FnType::parse("int compare(int a, int b)")?, |args| {
///         Ok::<_, &str>(args[0].as_i64().ok_or("no number")? as i32)
///     })?;
/// assert_eq!(compare.name(), Some("compare"));
/// # }
/// # Ok::<(), farcall::Error>(())
/// ```
#[must_use = "nothing is made before a closure is given"]
pub struct CallbackBuilder<P = Confined> {
    pub(super) parts: Parts,
    pub(super) policy: PhantomData<P>,
}

/// What every policy has.
#[derive(Default)]
pub(super) struct Parts {
    extra: Option<Box<Extra>>,
    fallback: Option<OwnedValue>,
    engine: Option<Engine>,
}

impl Default for CallbackBuilder {
    fn default() -> Self {
        Self {
            parts: Parts::default(),
            policy: PhantomData,
        }
    }
}

impl<P> CallbackBuilder<P> {
    fn extra(&mut self) -> &mut Extra {
        self.parts.extra.get_or_insert_default()
    }

    /// Names it in messages.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.extra().name = Some(name.into());
        self
    }

    /// What C gets when the closure does not run or fails; 0, null or a record of such otherwise.
    pub fn fallback<'v>(mut self, value: impl Into<Value<'v>>) -> Self {
        self.parts.fallback = Some(OwnedValue::from(value.into()));
        self
    }

    /// Lets this engine stand between C and the closure.
    pub fn engine(mut self, engine: Engine) -> Self {
        self.parts.engine = Some(engine);
        self
    }

    /// Tells `handler` of failures that no collecting call is around to pass on, instead of
    /// printing them and aborting. It runs on the thread of the failure; if it panics, the process
    /// is aborted.
    pub fn on_failure(mut self, handler: impl Fn(Failure) + Send + Sync + 'static) -> Self {
        self.extra().handler = Some(Box::new(handler) as Handler);
        self
    }

    /// Counts the callback as a user of `library`, which is not closed while it lives.
    pub fn of_library(mut self, library: &Library) -> Self {
        self.extra().library = Some(library.clone());
        self
    }
}

impl CallbackBuilder {
    /// Lets any thread run the closure, which must be `Send` and `Sync`.
    pub fn any_thread(self) -> CallbackBuilder<AnyThread> {
        CallbackBuilder {
            parts: self.parts,
            policy: PhantomData,
        }
    }

    /// Lets `dispatcher` run the closure on its thread; a caller on another thread waits for it.
    pub fn dispatched(self, dispatcher: &Dispatcher) -> CallbackBuilder<Dispatched> {
        self.on(Dispatch::new(dispatcher, true))
    }

    /// Lets `dispatcher` run the closure on its thread, later; the caller goes on at once. Records
    /// are copied; what pointers point to is not, and may be gone by then.
    pub fn queued(self, dispatcher: &Dispatcher) -> CallbackBuilder<Queued> {
        self.on(Dispatch::new(dispatcher, false))
    }

    fn on<P>(mut self, dispatch: Dispatch) -> CallbackBuilder<P> {
        self.extra().dispatch = Some(dispatch);
        CallbackBuilder {
            parts: self.parts,
            policy: PhantomData,
        }
    }

    /// See [`Callback::new`].
    ///
    /// # Errors
    /// As [`Callback::new`], and whatever an argument of the result's type would refuse of the
    /// fallback value.
    #[expect(clippy::new_ret_no_self, reason = "it builds another type")]
    pub fn new<C, R>(self, ty: FnType, closure: C) -> Result<Callback>
    where
        C: Fn(&[Value<'_>]) -> R + 'static,
        R: Returns,
    {
        // SAFETY: the closure is 'static.
        unsafe {
            self.parts
                .values(ty, closure, Entering::Confined, values::call::<C, R>)
        }
    }

    /// See [`Callback::new_mut`].
    ///
    /// # Errors
    /// As [`CallbackBuilder::new`].
    pub fn new_mut<C, R>(self, ty: FnType, closure: C) -> Result<Callback>
    where
        C: FnMut(&[Value<'_>]) -> R + 'static,
        R: Returns,
    {
        // SAFETY: as above.
        unsafe {
            self.parts
                .values(ty, closure, Entering::Once, values::call_once::<C, R>)
        }
    }

    /// See [`Callback::from_fn`].
    ///
    /// # Errors
    /// As [`CallbackBuilder::new`].
    pub fn from_fn<F: Takes<C>, C: 'static>(self, closure: C) -> Result<Callback<F>> {
        let entries = <F as Takes<C>>::ENTRIES;
        // SAFETY: as above.
        unsafe { self.parts.typed(closure, Entering::Confined, entries) }
    }

    /// See [`Callback::from_fn_mut`].
    ///
    /// # Errors
    /// As [`CallbackBuilder::new`].
    pub fn from_fn_mut<F: TakesMut<C>, C: 'static>(self, closure: C) -> Result<Callback<F>> {
        let entries = <F as TakesMut<C>>::ENTRIES;
        // SAFETY: as above.
        unsafe { self.parts.typed(closure, Entering::Once, entries) }
    }
}

impl CallbackBuilder<AnyThread> {
    /// See [`Callback::new`]; the closure runs on any thread, on several at once.
    ///
    /// # Errors
    /// As [`CallbackBuilder::new`].
    #[expect(clippy::new_ret_no_self, reason = "it builds another type")]
    pub fn new<C, R>(self, ty: FnType, closure: C) -> Result<Callback<FnType, AnyThread>>
    where
        C: Fn(&[Value<'_>]) -> R + Send + Sync + 'static,
        R: Returns,
    {
        // SAFETY: the closure is 'static.
        unsafe {
            self.parts
                .values(ty, closure, Entering::Shared, values::call::<C, R>)
        }
    }

    /// See [`Callback::from_fn`]; the closure runs on any thread, on several at once.
    ///
    /// # Errors
    /// As [`CallbackBuilder::new`].
    pub fn from_fn<F: Takes<C>, C>(self, closure: C) -> Result<Callback<F, AnyThread>>
    where
        C: Send + Sync + 'static,
    {
        let entries = <F as Takes<C>>::ENTRIES;
        // SAFETY: as above.
        unsafe { self.parts.typed(closure, Entering::Shared, entries) }
    }
}

impl<P: OnDispatcher> CallbackBuilder<P> {
    /// See [`Callback::new`]; the closure runs on the dispatcher's thread.
    ///
    /// # Errors
    /// As [`CallbackBuilder::new`], and [`ErrorKind::Unsupported`] for a queued callback with a
    /// result, since C does not wait for it.
    #[expect(clippy::new_ret_no_self, reason = "it builds another type")]
    pub fn new<C, R>(self, ty: FnType, closure: C) -> Result<Callback<FnType, P>>
    where
        C: Fn(&[Value<'_>]) -> R + 'static,
        R: Returns,
    {
        // SAFETY: the closure is 'static, and runs on this thread only.
        unsafe {
            self.parts
                .values(ty, closure, Entering::Shared, values::call::<C, R>)
        }
    }

    /// See [`Callback::new_mut`]; the closure runs on the dispatcher's thread.
    ///
    /// # Errors
    /// As [`CallbackBuilder::new`].
    pub fn new_mut<C, R>(mut self, ty: FnType, closure: C) -> Result<Callback<FnType, P>>
    where
        C: FnMut(&[Value<'_>]) -> R + 'static,
        R: Returns,
    {
        self.once();
        // SAFETY: as above, once at a time.
        unsafe {
            self.parts
                .values(ty, closure, Entering::Shared, values::call_once::<C, R>)
        }
    }

    /// See [`Callback::from_fn`]; the closure runs on the dispatcher's thread.
    ///
    /// # Errors
    /// As [`CallbackBuilder::new`].
    pub fn from_fn<F: Takes<C>, C: 'static>(self, closure: C) -> Result<Callback<F, P>> {
        let entries = <F as Takes<C>>::ENTRIES;
        // SAFETY: as above.
        unsafe { self.parts.typed(closure, Entering::Shared, entries) }
    }

    /// See [`Callback::from_fn_mut`]; the closure runs on the dispatcher's thread.
    ///
    /// # Errors
    /// As [`CallbackBuilder::new`].
    pub fn from_fn_mut<F: TakesMut<C>, C: 'static>(mut self, closure: C) -> Result<Callback<F, P>> {
        self.once();
        let entries = <F as TakesMut<C>>::ENTRIES;
        // SAFETY: as above, once at a time.
        unsafe { self.parts.typed(closure, Entering::Shared, entries) }
    }

    fn once(&mut self) {
        if let Some(dispatch) = self.parts.dispatch() {
            dispatch.once = true;
        }
    }
}

impl Parts {
    /// # Safety
    /// The closure outlives the callback.
    pub(super) unsafe fn values<C, P>(
        self,
        ty: FnType,
        closure: C,
        entering: Entering,
        call: block::Call,
    ) -> Result<Callback<FnType, P>> {
        let of = Use {
            shared: entering == Entering::Shared,
            typed: false,
        };
        let family = Family::of(ty, of, self.engine).map_err(|error| self.blame(ty, error))?;
        let entries = Entries {
            shim: std::ptr::null(),
            shared: std::ptr::null(),
            call,
        };
        self.install(family, closure, entering, entries)
    }

    /// # Safety
    /// As [`Parts::values`].
    pub(super) unsafe fn typed<F: CallbackFn, C, P>(
        mut self,
        closure: C,
        entering: Entering,
        entries: Entries,
    ) -> Result<Callback<F, P>> {
        let of = Use {
            shared: entering == Entering::Shared,
            typed: self.dispatch().is_none(),
        };
        let family = Family::of_site(F::SITE, F::CONV, of, self.engine)?;
        let shim = if of.shared { F::SHARED } else { entries.shim };
        self.install(family, closure, entering, Entries { shim, ..entries })
    }

    /// The error, said of the callback.
    fn blame(&self, ty: FnType, error: Error) -> Error {
        let extra = self.extra.as_deref();
        block::blame(ty, extra, error)
    }

    fn dispatch(&mut self) -> Option<&mut Dispatch> {
        self.extra.as_mut()?.dispatch.as_mut()
    }

    fn install<C, F, P>(
        mut self,
        family: &'static Family,
        closure: C,
        entering: Entering,
        mut entries: Entries,
    ) -> Result<Callback<F, P>> {
        if let Some(dispatch) = self.dispatch() {
            dispatch.call = std::mem::replace(&mut entries.call, dispatcher::arrive);
            let waits = dispatch.waits;
            check_queued(waits, family.ty).map_err(|error| self.blame(family.ty, error))?;
        }
        let fallback = match &self.fallback {
            None => family.zero,
            Some(value) => Fallback::new(family.ty, value.as_value())
                .map_err(|error| self.blame(family.ty, error))?,
        };
        let place = family
            .slot(self.engine)
            .map_err(|error| self.blame(family.ty, error))?;
        let entries = (entering, &entries);
        Ok(make(place, closure, entries, fallback, self.extra))
    }
}

/// Puts the closure behind a stub that was taken.
fn make<C, F, P>(
    (family, (slot, code)): (&'static Family, Taken),
    closure: C,
    (entering, entries): (Entering, &Entries),
    fallback: &'static Fallback,
    extra: Option<Box<Extra>>,
) -> Callback<F, P> {
    let record = Record::of(&slot);
    let block = block::new(closure, entries, family, (slot, code), extra);
    family.install(record, block, (entering, entries.shim), fallback);
    // SAFETY: it came from a box.
    Callback::from_head(unsafe { NonNull::new_unchecked(block) })
}

/// As [`make`], for a closure of Rust types that is confined and has nothing besides.
///
/// # Safety
/// The closure outlives the callback.
pub(super) unsafe fn make_typed<F: CallbackFn, C>(
    closure: C,
    entering: Entering,
    entries: &Entries,
) -> Result<Callback<F>> {
    let of = Use {
        shared: false,
        typed: true,
    };
    let family = Family::of_site(F::SITE, F::CONV, of, None)?;
    let place = family
        .slot(None)
        .map_err(|error| block::blame(family.ty, None, error))?;
    Ok(make(place, closure, (entering, entries), family.zero, None))
}

/// Nobody waits for the result of a queued callback.
fn check_queued(waits: bool, ty: FnType) -> Result<()> {
    if waits || ty.result().is_void() {
        return Ok(());
    }
    Err(ErrorKind::Unsupported {
        what: format!("a queued callback with the result `{}`", ty.result()),
        why: "C does not wait for it; declare `void`, or let C wait with `dispatched`".to_owned(),
    }
    .into())
}
