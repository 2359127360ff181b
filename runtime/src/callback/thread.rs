//! What each thread knows of the calls and callbacks that run on it.
//!
//! Guarantee: a failure of a callback is kept until the innermost collecting call around it ends,
//! and is delivered there, once; while it waits no callback is entered on its thread, and what else
//! fails under that call is given up. Nothing here allocates, locks or registers a destructor on the
//! way of a call or callback that succeeds.
#![allow(unsafe_code, reason = "a waiting failure is kept as a plain pointer")]

use super::Failure;
use std::cell::Cell;
use std::io::Write as _;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU64, Ordering};

struct Thread {
    /// The number of this thread while callbacks may run on it, otherwise 0.
    entry: Cell<u64>,
    /// The number of this thread; 0 before it is asked for.
    id: Cell<u64>,
    /// The place on the stack of the innermost collecting call; 0 if there is none.
    frame: Cell<usize>,
    /// The failure that waits, from `Box::into_raw`.
    pending: Cell<*mut Pending>,
}

struct Pending {
    failure: Failure,
    /// The collecting call that it is for.
    frame: usize,
}

thread_local! {
    static THREAD: Thread = const {
        Thread {
            entry: Cell::new(0),
            id: Cell::new(0),
            frame: Cell::new(0),
            pending: Cell::new(std::ptr::null_mut()),
        }
    };
}

/// The number of the current thread if callbacks may run on it, otherwise 0: also before
/// [`id`] was called on it.
#[inline(always)]
pub(super) fn entry() -> u64 {
    THREAD.with(|thread| thread.entry.get())
}

/// The number of the current thread: at least 1, and no other thread's, ever.
pub(super) fn id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    THREAD.with(|thread| {
        if thread.id.get() == 0 {
            let id = NEXT.fetch_add(1, Ordering::Relaxed);
            thread.id.set(id);
            thread.entry.set(id);
        }
        thread.id.get()
    })
}

/// Whether a failure waits on this thread.
pub(super) fn is_pending() -> bool {
    THREAD.with(|thread| !thread.pending.get().is_null())
}

/// Keeps `failure` for the innermost collecting call around the caller, or gives it back if there
/// is none. The first failure under a call is the one that it is told.
pub(super) fn keep(failure: Failure) -> Result<(), Failure> {
    let here = Place::uninit();
    THREAD.with(|thread| {
        let frame = thread.frame.get();
        // A call that `longjmp` left has not said so; its frame is below ours then.
        if frame == 0 || frame < (&raw const here).addr() {
            return Err(failure);
        }
        if is_pending() {
            failure.give_up();
            return Ok(());
        }
        let pending = Box::new(Pending { failure, frame });
        thread.pending.set(Box::into_raw(pending));
        thread.entry.set(0);
        Ok(())
    })
}

/// A variable of a collecting call, which tells where on the stack it is.
pub(crate) type Place = MaybeUninit<u8>;

/// A collecting call: failures of callbacks under it are its own.
pub(crate) struct Collecting {
    outer: usize,
}

impl Collecting {
    /// Begins the call.
    #[inline(always)]
    pub(crate) fn begin(place: &Place) -> Self {
        THREAD.with(|thread| Self {
            outer: thread.frame.replace(std::ptr::from_ref(place).addr()),
        })
    }

    /// Ends the call, and says whether a failure waits.
    #[inline(always)]
    #[must_use]
    pub(crate) fn end(&self) -> bool {
        THREAD.with(|thread| {
            thread.frame.set(self.outer);
            !thread.pending.get().is_null()
        })
    }

    /// Ends the call at `place`, which an exception leaves. A failure that waits for it waits for
    /// the call around it instead; where there is none, the exception is all that comes out.
    #[cold]
    pub(crate) fn end_by_exception(&self, place: &Place) {
        let around = self.outer > std::ptr::from_ref(place).addr();
        if !self.end() || around {
            return;
        }
        if let Some(failure) = collect(place) {
            let text = format!("farcall: an exception hides the failure of a callback: {failure}");
            // Nobody may be listening.
            let _ = writeln!(std::io::stderr(), "{text}");
            failure.give_up();
        }
    }
}

/// The failure that waits for the collecting call at `place` or for one inside it.
#[cold]
pub(crate) fn collect(place: &Place) -> Option<Failure> {
    THREAD.with(|thread| {
        let pending = thread.pending.get();
        // SAFETY: null, or from `Box::into_raw` in `keep`; it is taken out below, once.
        let frame = unsafe { pending.as_ref() }?.frame;
        // A call further in than the one it waits for has nothing to do with it.
        if std::ptr::from_ref(place).addr() < frame {
            return None;
        }
        thread.pending.set(std::ptr::null_mut());
        thread.entry.set(thread.id.get());
        // SAFETY: from `Box::into_raw`, and no longer reachable.
        Some(unsafe { Box::from_raw(pending) }.failure)
    })
}
