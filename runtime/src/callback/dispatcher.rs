//! Closures that run on one thread, whoever calls them.
//!
//! Guarantee: a call runs on the dispatcher's thread or not at all; whoever waits for one is
//! released when it has run, when it failed, and when it can no longer run. A closure is freed on
//! that thread, or never.
#![allow(
    unsafe_code,
    reason = "calls of other threads are kept with the addresses of their blocks"
)]

use super::block::{self, Call, Head};
use super::failure::Outcome;
use super::handler::leave_shared;
use super::{Failure, thread};
use crate::error::{ErrorKind, Result};
use crate::value::{OwnedValue, Value};
use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Runs closures on its own thread that C calls on others.
///
/// The callbacks come from [`CallbackBuilder::dispatched`](super::CallbackBuilder::dispatched),
/// whose callers wait for the closure, and [`CallbackBuilder::queued`](super::CallbackBuilder::queued),
/// whose callers go on at once. Closures run inside [`run`](Dispatcher::run),
/// [`wait`](Dispatcher::wait) and [`run_pending`](Dispatcher::run_pending) and nowhere else: a
/// thread that waits for C without running its dispatcher may wait for ever.
///
/// ```
/// # #[cfg(all(target_os = "linux", feature = "libffi"))] {
/// use farcall::{Callback, FnType, callback::Dispatcher};
/// let dispatcher = Dispatcher::new();
/// let double = Callback::builder()
///     .dispatched(&dispatcher)
///     .new(FnType::parse("int double_it(int)")?, |args| args[0].as_i64().unwrap_or(0) as i32 * 2)?;
///
/// // Another thread calls the C function pointer, and waits.
/// let (address, stopper) = (double.as_ptr().addr(), dispatcher.stopper());
/// let other = std::thread::spawn(move || {
///     let f = std::ptr::with_exposed_provenance::<()>(address);
///     // SAFETY: the callback has this type and is alive.
///     let f: unsafe extern "C" fn(i32) -> i32 = unsafe { std::mem::transmute(f) };
///     let result = unsafe { f(21) };
///     stopper.stop();
///     result
/// });
/// dispatcher.run()?;
/// assert_eq!(other.join().unwrap(), 42);
/// # }
/// # Ok::<(), farcall::Error>(())
/// ```
///
/// Dropping it releases all who wait, with the fallback value.
pub struct Dispatcher {
    shared: Arc<Shared>,
    /// It belongs to its thread.
    thread: PhantomData<*const ()>,
}

/// Stops a [`Dispatcher`] from any thread.
#[derive(Clone)]
pub struct Stopper(Arc<Shared>);

/// What the dispatcher's thread and the callers have in common.
pub(super) struct Shared {
    owner: u64,
    queue: Mutex<Queue>,
    arrived: Condvar,
}

struct Queue {
    jobs: VecDeque<Job>,
    /// Whether calls are taken.
    open: bool,
    /// Whether there is a dispatcher, which frees what is to be freed.
    exists: bool,
}

/// Something to do on the dispatcher's thread.
enum Job {
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
struct Waiting {
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
pub(super) struct Dispatch {
    pub(super) shared: Arc<Shared>,
    /// Whether callers wait.
    pub(super) waits: bool,
    /// Whether the closure may be entered once at a time.
    pub(super) once: bool,
    /// How the closure is called.
    pub(super) call: Call,
    busy: Cell<bool>,
}

impl Dispatch {
    pub(super) fn new(dispatcher: &Dispatcher, waits: bool) -> Self {
        Self {
            shared: dispatcher.shared.clone(),
            waits,
            once: false,
            call: arrive,
            busy: Cell::new(false),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Dispatcher {
    /// One for the current thread.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "it belongs to the thread that it is made on, which is worth writing down"
    )]
    pub fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                owner: thread::id(),
                queue: Mutex::new(Queue {
                    jobs: VecDeque::new(),
                    open: true,
                    exists: true,
                }),
                arrived: Condvar::new(),
            }),
            thread: PhantomData,
        }
    }

    /// Runs the calls that have arrived, and returns how many.
    ///
    /// # Errors
    /// The error that a closure returned; the panic of a closure goes on. Whoever waited has got
    /// the fallback value then, and calls behind it are run next time.
    pub fn run_pending(&self) -> Result<usize> {
        let (arrived, mut calls) = (lock(&self.shared.queue).jobs.len(), 0);
        for _ in 0..arrived {
            let Some(job) = lock(&self.shared.queue).jobs.pop_front() else {
                break;
            };
            calls += usize::from(!matches!(job, Job::Free(_)));
            job.run()?;
        }
        Ok(calls)
    }

    /// Waits until a call arrives, the time is over or the dispatcher is stopped; then runs what
    /// has arrived, and returns how many calls that were.
    ///
    /// # Errors
    /// As [`Dispatcher::run_pending`].
    pub fn wait(&self, timeout: Duration) -> Result<usize> {
        self.sleep(Instant::now().checked_add(timeout));
        self.run_pending()
    }

    /// Runs calls as they arrive until the dispatcher is stopped and all that had arrived are run.
    ///
    /// # Errors
    /// As [`Dispatcher::run_pending`]; it may be called again then.
    pub fn run(&self) -> Result<()> {
        loop {
            self.sleep(None);
            self.run_pending()?;
            let queue = lock(&self.shared.queue);
            if !queue.open && queue.jobs.is_empty() {
                return Ok(());
            }
        }
    }

    /// Sleeps until there is something to do, the dispatcher is stopped, or it is that late.
    fn sleep(&self, until: Option<Instant>) {
        let mut queue = lock(&self.shared.queue);
        while queue.jobs.is_empty() && queue.open {
            let arrived = &self.shared.arrived;
            queue = match until.map(|until| until.checked_duration_since(Instant::now())) {
                None => arrived.wait(queue).unwrap_or_else(PoisonError::into_inner),
                Some(None) => return,
                Some(Some(rest)) => {
                    let woken = arrived.wait_timeout(queue, rest);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// What stops it from any thread.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper(self.shared.clone())
    }
}

impl Stopper {
    /// Shuts the dispatcher down: who waits for a closure that has not begun is released with the
    /// fallback value, later calls get it at once, and [`Dispatcher::run`] returns.
    pub fn stop(&self) {
        self.0.close();
    }
}

impl Shared {
    /// Takes no more calls, and releases all who wait.
    fn close(&self) {
        let mut queue = lock(&self.queue);
        queue.open = false;
        let (waiting, rest) = queue
            .jobs
            .drain(..)
            .partition(|job| matches!(job, Job::Wait(_)));
        queue.jobs = rest;
        drop(queue);
        self.arrived.notify_all();
        let waiting: VecDeque<Job> = waiting;
        for job in waiting {
            job.discard();
        }
    }

    /// Whether the current thread is the dispatcher's.
    fn is_here(&self) -> bool {
        self.owner == thread::id()
    }

    /// Appends a call, unless the dispatcher was stopped, or something to free, unless it is gone.
    fn push(&self, job: Job) -> Result<(), Job> {
        let mut queue = lock(&self.queue);
        let taken = match job {
            Job::Free(_) => queue.exists,
            Job::Wait(_) | Job::Later(..) => queue.open,
        };
        if !taken {
            return Err(job);
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.arrived.notify_one();
        Ok(())
    }

    /// Frees the block of a callback that was dropped, here or on the dispatcher's thread.
    pub(super) fn free(self: Arc<Self>, head: *mut Head) {
        if self.is_here() {
            // SAFETY: the caller was the last one inside, and the record no longer names it.
            unsafe { block::free_here(head) };
        } else {
            // What a dispatcher that is gone would have freed is kept: the closure may not be
            // `Send`.
            let _ = self.push(Job::Free(head));
        }
    }
}

impl Job {
    fn run(self) -> Result<()> {
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
    fn discard(self) {
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

impl Drop for Dispatcher {
    fn drop(&mut self) {
        self.shared.close();
        let mut queue = lock(&self.shared.queue);
        queue.exists = false;
        let rest = std::mem::take(&mut queue.jobs);
        drop(queue);
        rest.into_iter().for_each(Job::discard);
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
pub(super) unsafe fn arrive(
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
        let values = unsafe { super::values::arguments(own.family, values) };
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

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = lock(&self.shared.queue);
        f.debug_struct("Dispatcher")
            .field("waiting", &queue.jobs.len())
            .field("open", &queue.open)
            .finish()
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stopper")
    }
}
