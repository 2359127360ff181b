//! Closures as C function pointers.
//!
//! Guarantee: C can call a callback's pointer at any time and on any thread, also after the
//! callback was dropped: the closure runs only while it is alive, on a thread where it may, and
//! nothing that C sees is ever unmapped. In every other case C gets the fallback value; where
//! thousands of callbacks were dropped, some give their memory back, and C gets 0, null or a record
//! of such from these. No panic crosses C. This is a mercy for those who come late, not a licence:
//! an address may by then belong to another callback of the same C type.
//!
//! ```text
//! C ──▶ stub ──▶ Record ──▶ shim of a typed closure ───────────────▶ closure
//!                   │        (arguments in registers, record last)
//!                   └──────▶ upcall trampoline or libffi ──▶ handler ──▶ closure over values
//! ```
//!
//! # Failures
//! A panic in a closure, an error that it returns, and a result of the wrong type do not reach C,
//! which gets the fallback value. They are passed on by the innermost *collecting* call around the
//! callback on that thread: every call through [`Function`](crate::Function) or a
//! [`CallBuffer`](crate::CallBuffer), which goes on with the panic or returns the error. Until then
//! no other callback is entered on the thread: each gives its fallback; should one that is running
//! already fail as well, the first failure is the one that comes out. Where no such call is around, the
//! callback's handler is told ([`CallbackBuilder::on_failure`]), which prints and aborts unless
//! one is set. A plain function pointer from [`Function::typed`](crate::Function::typed) does not
//! collect.
//!
//! An exception of another language that leaves a closure ends the process. One that leaves a call
//! under which a closure has failed hides that failure, which is printed, unless another collecting
//! call is around.
//!
//! A callback may be left by `longjmp` if nothing in its closure has to be dropped. It counts as
//! running from then on: an `FnMut` refuses further calls, and the closure is never freed.
//!
//! A callback must not be called from a signal handler.
#![allow(unsafe_code, reason = "a callback owns what C points to")]

mod block;
mod builder;
#[cfg(feature = "macros")]
pub(crate) mod context;
mod dispatcher;
mod failure;
mod fallback;
mod family;
mod handler;
#[cfg(feature = "macros")]
pub(crate) mod kept;
mod policy;
mod pool;
mod record;
mod scope;
mod site;
mod thread;
mod typed;
mod values;

pub use builder::CallbackBuilder;
pub use dispatcher::{Dispatcher, Stopper};
pub use failure::Failure;
pub use policy::{AnyThread, Confined, Dispatched, OnDispatcher, Queued};
pub use scope::{Scope, scope};
pub use typed::{CallbackFn, Returned, Takes, TakesMut};
pub use values::Returns;

pub(crate) use family::{Families, Use};
pub(crate) use pool::Source as SlotSource;
pub(crate) use thread::{Collecting, Place, collect};
#[cfg(any(feature = "jit", feature = "libffi"))]
pub(crate) use {pool::TABLE, record::Record};

use crate::backend::Engine;
use crate::convert::Argument;
use crate::error::{Error, ErrorKind, Result};
use crate::types::FnType;
use crate::value::Value;
use block::Head;
use handler::Entering;
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A Rust closure that C can call.
///
/// `F` is [`FnType`] for a closure over [`Value`]s, whose types are known at run time only, or an
/// `unsafe extern "C"` function pointer for a closure over Rust types. `P` says on which threads
/// the closure runs: on its own ([`Confined`]), on any ([`AnyThread`]), or on that of a
/// [`Dispatcher`] ([`Dispatched`], [`Queued`]).
///
/// ```
/// # #[cfg(all(target_os = "linux", feature = "libffi"))] {
/// use farcall::{Callback, Library};
/// use std::ffi::{c_int, c_void};
///
/// let libc = Library::this()?;
/// let qsort = libc.function(
///     "void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *))",
/// )?;
/// let compare = Callback::<unsafe extern "C" fn(*const c_void, *const c_void) -> c_int>::from_fn(
///     // SAFETY: qsort hands over addresses of elements.
///     |a, b| unsafe { *a.cast::<i32>() - *b.cast::<i32>() },
/// )?;
/// let mut numbers = [3, 1, 2];
/// // SAFETY: the declaration is that of the C standard, and there are 3 elements of 4 bytes.
/// unsafe { qsort.call::<_, ()>((&mut numbers[..], 3usize, 4usize, &compare))? };
/// assert_eq!(numbers, [1, 2, 3]);
/// # }
/// # Ok::<(), farcall::Error>(())
/// ```
///
/// Dropping it never waits: if the closure is running, it is freed when it has returned.
pub struct Callback<F = FnType, P = Confined> {
    head: NonNull<Head>,
    marker: PhantomData<(F, P)>,
}

// SAFETY: the closure is `Send` and `Sync`, its record is made for entries by any thread, and the
// handler is `Send` and `Sync`.
unsafe impl<F> Send for Callback<F, AnyThread> {}
// SAFETY: as above.
unsafe impl<F> Sync for Callback<F, AnyThread> {}

// What a panic leaves half done in a closure is the closure's own matter: it is caught inside.
impl<F, P> std::panic::UnwindSafe for Callback<F, P> {}
impl<F, P> std::panic::RefUnwindSafe for Callback<F, P> {}

impl Callback {
    /// A callback of type `ty` with a closure over values, confined to this thread.
    ///
    /// ```
    /// # #[cfg(all(target_os = "linux", feature = "libffi"))] {
    /// use farcall::{Callback, FnType};
    /// let half = Callback::new(FnType::parse("int half(int)")?, |args| {
    ///     args[0].as_i64().map(|n| n as i32 / 2).ok_or("no number")
    /// })?;
    /// // SAFETY: the callback is alive and has this type.
    /// let f = unsafe { farcall::Function::from_address("half", half.as_ptr(), half.ty())? };
    /// assert_eq!(unsafe { f.call::<_, i32>((10,))? }, 5);
    /// # }
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`ErrorKind::Unsupported`]: no engine of this build lets C call functions of this type; a
    ///   variadic type.
    /// - [`ErrorKind::TooLarge`]: arguments or result take more than 1 MiB.
    /// - [`ErrorKind::Memory`]: executable memory was refused, and there is no other engine.
    pub fn new<C, R>(ty: FnType, closure: C) -> Result<Self>
    where
        C: Fn(&[Value<'_>]) -> R + 'static,
        R: Returns,
    {
        Self::builder().new(ty, closure)
    }

    /// As [`Callback::new`], with a closure that changes what it captures. It is entered once at a
    /// time: a call from inside itself does not run it, C gets the fallback value, and the call
    /// around returns [`ErrorKind::Reentered`].
    ///
    /// # Errors
    /// As [`Callback::new`].
    pub fn new_mut<C, R>(ty: FnType, closure: C) -> Result<Self>
    where
        C: FnMut(&[Value<'_>]) -> R + 'static,
        R: Returns,
    {
        Self::builder().new_mut(ty, closure)
    }

    /// Begins a callback that is to have a name, a fallback value, a failure handler, a certain
    /// engine, or that may run on other threads.
    pub fn builder() -> CallbackBuilder {
        CallbackBuilder::default()
    }
}

impl<F: CallbackFn> Callback<F> {
    /// A callback for a closure over Rust types, confined to this thread.
    ///
    /// Give the closure's parameters their types, or name `F`; either tells the other.
    ///
    /// # Errors
    /// As [`Callback::new`].
    pub fn from_fn<C: 'static>(closure: C) -> Result<Self>
    where
        F: Takes<C>,
    {
        let entries = const { &<F as Takes<C>>::ENTRIES };
        // SAFETY: the closure is 'static.
        unsafe { builder::make_typed(closure, Entering::Confined, entries) }
    }

    /// As [`Callback::from_fn`], with a closure that changes what it captures and is entered once
    /// at a time; see [`Callback::new_mut`].
    ///
    /// # Errors
    /// As [`Callback::new`].
    pub fn from_fn_mut<C: 'static>(closure: C) -> Result<Self>
    where
        F: TakesMut<C>,
    {
        let entries = const { &<F as TakesMut<C>>::ENTRIES };
        // SAFETY: as above.
        unsafe { builder::make_typed(closure, Entering::Once, entries) }
    }
}

impl<F: CallbackFn, P> Callback<F, P> {
    /// It as a plain C function pointer, which C may keep as long as the callback lives.
    #[must_use]
    pub fn as_fn(&self) -> F {
        // SAFETY: the stub is a function of this type.
        unsafe { F::from_address(self.as_ptr()) }
    }
}

impl<F, P> Callback<F, P> {
    /// `head` must be a block that was installed and is owned by nobody else.
    fn from_head(head: NonNull<Head>) -> Self {
        Self {
            head,
            marker: PhantomData,
        }
    }

    fn head(&self) -> &Head {
        // SAFETY: the block lives at least as long as its callback.
        unsafe { self.head.as_ref() }
    }

    /// The address that C calls.
    #[must_use]
    #[inline]
    pub fn as_ptr(&self) -> *const c_void {
        self.head().code
    }

    /// The type of the function that C calls.
    #[must_use]
    pub fn ty(&self) -> FnType {
        self.head().ty()
    }

    /// Its name, if it was given one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.head().name()
    }

    /// What stands between C and the closure.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.head().family.engine()
    }

    /// What kept the closure from running since the last question: calls on threads where it may
    /// not run, or from inside itself. C got the fallback value.
    pub fn take_refused(&self) -> Option<Error> {
        let (elsewhere, inside) = self.head().record.take_refused();
        let kind = match (elsewhere, inside) {
            (0, 0) => return None,
            (0, _) => ErrorKind::Reentered,
            (calls, _) => ErrorKind::WrongThread { calls },
        };
        Some(self.head().blame(kind.into()))
    }
}

impl<F, P> Drop for Callback<F, P> {
    fn drop(&mut self) {
        let head = self.head();
        let block = if head.family.is_shared() {
            head.record.kill_shared()
        } else {
            head.record.kill_confined()
        };
        if let Some(block) = block {
            // SAFETY: the record no longer names it, and nobody is inside.
            unsafe { block::free(block) };
        }
    }
}

impl<F, P> fmt::Debug for Callback<F, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Callback({} at {:p})",
            self.head().title(),
            self.as_ptr()
        )
    }
}

impl<'a, F, P> From<&'a Callback<F, P>> for Value<'a> {
    /// The function pointer.
    #[inline]
    fn from(callback: &'a Callback<F, P>) -> Self {
        Value::from(callback.as_ptr())
    }
}

impl<'a, F, P> From<Option<&'a Callback<F, P>>> for Value<'a> {
    /// The function pointer, or null.
    #[inline]
    fn from(callback: Option<&'a Callback<F, P>>) -> Self {
        Value::from(callback.map_or(std::ptr::null(), Callback::as_ptr))
    }
}

impl<F, P> Argument for Option<&Callback<F, P>> {
    type C = *const c_void;

    #[inline(always)]
    fn into_c(self) -> *const c_void {
        self.map_or(std::ptr::null(), Callback::as_ptr)
    }
}

impl<F, P> Argument for &Callback<F, P> {
    type C = *const c_void;

    #[inline(always)]
    fn into_c(self) -> *const c_void {
        self.as_ptr()
    }
}
