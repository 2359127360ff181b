//! Calls on their way to a dispatcher's thread.
//!
//! Guarantee: what a job names is alive until the job is done with it: a waiting caller keeps its
//! own things, an entry is counted for one that has gone on.
#![allow(
    unsafe_code,
    reason = "calls of other threads are kept with the addresses of their blocks"
)]

use super::{Dispatcher, Shared, lock};
use crate::callback::Failure;
use crate::callback::block::{self, Call, Head};
use crate::callback::failure::Outcome;
use crate::callback::handler::leave_shared;
use crate::callback::values::arguments;
use crate::error::{ErrorKind, Result};
use crate::value::{OwnedValue, Value};
use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Something to do on the dispatcher's thread.
pub(super) enum Job {
    /// A caller waits for the result.
    Wait(Waiting),
    /// The caller has gone on; the values are copies.
    Later(*mut Head, Vec<OwnedValue>),
    /// The last one left a dropped callback on another thread.
    Free(*mut Head),
}

// SAFETY: the addresses are used on the dispatcher's thread only, but for a waiting caller's own.
unsafe impl Send for Job {}

/// A call whose caller waits, and keeps everything that is named here alive meanwhile.
pub(super) struct Waiting {
    head: *mut Head,
    values: *const Value<'static>,
    result: *mut u8,
    done: Arc<Done>,
}

/// Tells a caller that it may go on.
#[derive(Default)]
struct Done {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    #[default]
    Waiting,
    /// The result was written.
    Ran,
    /// Nothing ran, or it failed: the caller gives the fallback.
    Released,
}

/// What a callback of a dispatcher has besides its closure.
pub(in crate::callback) struct Dispatch {
    pub(in crate::callback) shared: Arc<Shared>,
    /// Whether callers wait.
    pub(in crate::callback) waits: bool,
    /// Whether the closure may be entered once at a time.
    pub(in crate::callback) once: bool,
    /// How the closure is called.
    pub(in crate::callback) call: Call,
    busy: Cell<bool>,
}

impl Dispatch {
    pub(in crate::callback) fn new(dispatcher: &Dispatcher, waits: bool) -> Self {
        Self {
            shared: dispatcher.shared.clone(),
            waits,
            once: false,
            call: arrive,
            busy: Cell::new(false),
        }
    }
}

impl Job {
    pub(super) fn run(self) -> Result<()> {
        match self {
            Self::Wait(waiting) => waiting.run(),
            Self::Later(head, copies) => {
                let values: Vec<_> = copies.iter().map(OwnedValue::as_value).collect();
                let mut unused = 0u64;
                let result = (&raw mut unused).cast();
                // SAFETY: the entry was counted when the job was made, and the result is `void`.
                let outcome = unsafe { run(head, values.as_ptr().cast(), result) };
                leave(head);
                outcome.map_err(Failure::resume)
            }
            Self::Free(head) => {
                // SAFETY: nobody is inside, and this is the dispatcher's thread.
                unsafe { block::free_here(head) };
                Ok(())
            }
        }
    }

    /// Ends it without running anything.
    pub(super) fn discard(self) {
        match self {
            Self::Wait(waiting) => waiting.done.tell(State::Released),
            Self::Later(head, _) => leave(head),
            // SAFETY: as above.
            Self::Free(head) => unsafe { block::free_here(head) },
        }
    }
}

impl Waiting {
    fn run(self) -> Result<()> {
        // SAFETY: the caller waits, inside the callback, with its values and its result.
        let outcome = unsafe { run(self.head, self.values, self.result) };
        let state = match outcome {
            Ok(()) => State::Ran,
            Err(_) => State::Released,
        };
        self.done.tell(state);
        outcome.map_err(Failure::resume)
    }
}

impl Done {
    fn tell(&self, state: State) {
        *lock(&self.state) = state;
        self.changed.notify_one();
    }

    fn wait(&self) -> State {
        let mut state = lock(&self.state);
        while *state == State::Waiting {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *state
    }
}

/// Leaves a callback whose entry a job had counted.
fn leave(head: *mut Head) {
    // SAFETY: it is alive until it is left.
    leave_shared(unsafe { (*head).record });
}

/// Runs a closure on its thread.
unsafe fn run(
    head: *mut Head,
    values: *const Value<'static>,
    result: *mut u8,
) -> Result<(), Failure> {
    /// Lets others in again.
    struct Out<'d>(&'d Cell<bool>, bool);
    impl Drop for Out<'_> {
        fn drop(&mut self) {
            self.0.set(self.1);
        }
    }
    // SAFETY: the block is alive as long as its entry is counted.
    let own = unsafe { &*head };
    let Some(dispatch) = own.dispatch() else {
        return Ok(());
    };
    let before = dispatch.busy.replace(true);
    let _out = Out(&dispatch.busy, before);
    if dispatch.once && before {
        return Err(Failure::Error(own.blame(ErrorKind::Reentered.into())));
    }
    // SAFETY: forwarded to the caller.
    match unsafe { (dispatch.call)(head, values, result) }.map(|failure| *failure) {
        None => Ok(()),
        Some(Failure::Error(error)) => Err(Failure::Error(own.blame(error))),
        Some(panic) => Err(panic),
    }
}

/// What C calls, on any thread; see [`Call`].
pub(in crate::callback) unsafe fn arrive(
    head: *mut Head,
    values: *const Value<'static>,
    result: *mut u8,
) -> Outcome {
    // SAFETY: the entry was counted, so the block is alive.
    let own = unsafe { &*head };
    let dispatch = own.dispatch()?;
    let shared = &dispatch.shared;
    if !dispatch.waits {
        // SAFETY: there is a value for each parameter.
        let values = unsafe { arguments(own.family, values) };
        let copies = values
            .iter()
            .map(|value| OwnedValue::from(*value))
            .collect();
        own.record.count();
        if let Err(job) = shared.push(Job::Later(head, copies)) {
            job.discard();
        }
        return None;
    }
    if shared.is_here() {
        // Waiting for oneself would be for ever.
        // SAFETY: forwarded to the caller.
        return unsafe { run(head, values, result) }.err().map(Box::new);
    }
    let done = Arc::<Done>::default();
    let waiting = Waiting {
        head,
        values,
        result,
        done: done.clone(),
    };
    if shared.push(Job::Wait(waiting)).is_err() || done.wait() == State::Released {
        // SAFETY: the engine gives room for the result.
        unsafe { own.record.fallback().write(result) };
    }
    None
}
