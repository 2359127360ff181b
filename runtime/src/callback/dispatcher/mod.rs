//! Closures that run on one thread, whoever calls them.
//!
//! Guarantee: a call runs on the dispatcher's thread or not at all; whoever waits for one is
//! released when it has run, when it failed, and when it can no longer run. A closure is freed on
//! that thread, or never.
#![allow(
    unsafe_code,
    reason = "calls of other threads are kept with the addresses of their blocks"
)]

mod job;

pub(super) use job::{Dispatch, arrive};

use super::block::{self, Head};
use super::thread;
use crate::error::Result;
use job::Job;
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
