//! Which process this is, and how to keep it from being forked for a moment.
//!
//! Guarantee: a forked child never has the [`ProcessId`] of its parent. Forks through the C
//! library are counted by a handler in the child, others show in the process number.
#![allow(
    unsafe_code,
    reason = "pthread_atfork and a mutex that its handlers can unlock"
)]

use std::cell::{Cell, UnsafeCell};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

/// Which process this is, told apart from those it was forked from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProcessId {
    number: u32,
    forks: u32,
}

impl ProcessId {
    /// The process that is running.
    pub(super) fn current() -> Self {
        watch();
        Self {
            number: process::id(),
            forks: FORKS.load(Ordering::Relaxed),
        }
    }
}

/// How many forks through the C library lie between the first process that asked and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// 0, the number of the process in which a thread is installing the handlers, or [`WATCHING`].
static WATCH: AtomicU32 = AtomicU32::new(0);

const WATCHING: u32 = u32::MAX;

/// Installs the handlers, once in a line of processes.
///
/// A child that was forked while a thread of its parent was at it does so again: the handlers may
/// run twice, and stand it.
fn watch() {
    loop {
        let state = WATCH.load(Ordering::Acquire);
        if state == WATCHING {
            return;
        }
        let me = process::id();
        if state == me {
            thread::yield_now();
        } else if WATCH
            .compare_exchange(state, me, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
        {
            // SAFETY: the handlers are functions of this signature that do not unwind.
            // A refusal, for want of memory, leaves the process number to tell.
            let _ = unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) };
            WATCH.store(WATCHING, Ordering::Release);
            return;
        }
    }
}

/// Runs `action` while no thread can fork this process through the C library.
///
/// For what takes locks: a child must not inherit them locked. It may be used inside `action`.
pub fn held_off<R>(action: impl FnOnce() -> R) -> R {
    watch();
    let _held = Held::new();
    action()
}

static LOCK: Lock = Lock(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER));

thread_local! {
    /// How many times this thread has entered the lock and not left it.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// A mutex that its own thread may enter again, as a fork in a signal handler does.
struct Lock(UnsafeCell<libc::pthread_mutex_t>);

// SAFETY: it is reached by `pthread_mutex_lock` and `pthread_mutex_unlock` alone.
unsafe impl Sync for Lock {}

impl Lock {
    fn enter(&self) {
        let depth = DEPTH.get();
        if depth == 0 {
            // SAFETY: the mutex is initialised, never moved and never destroyed.
            unsafe { libc::pthread_mutex_lock(self.0.get()) };
        }
        DEPTH.set(depth + 1);
    }

    /// Does nothing on a thread that has not entered.
    fn leave(&self) {
        let depth = DEPTH.get();
        DEPTH.set(depth.saturating_sub(1));
        if depth == 1 {
            // SAFETY: the mutex is initialised, and locked by this thread: its depth was not 0.
            unsafe { libc::pthread_mutex_unlock(self.0.get()) };
        }
    }
}

struct Held;

impl Held {
    fn new() -> Self {
        LOCK.enter();
        Self
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        LOCK.leave();
    }
}

unsafe extern "C" fn prepare() {
    LOCK.enter();
}

unsafe extern "C" fn parent() {
    LOCK.leave();
}

unsafe extern "C" fn child() {
    WATCH.store(WATCHING, Ordering::Relaxed);
    FORKS.fetch_add(1, Ordering::Relaxed);
    LOCK.leave();
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use super::*;

    static BUSY: AtomicBool = AtomicBool::new(false);
    static ENTERED: AtomicBool = AtomicBool::new(false);

    fn busy_for_a_while() {
        BUSY.store(true, Ordering::SeqCst);
        ENTERED.store(true, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(100));
        BUSY.store(false, Ordering::SeqCst);
    }

    #[test]
    fn a_fork_waits_for_what_holds_it_off() {
        let holder = thread::spawn(|| held_off(busy_for_a_while));
        while !ENTERED.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        // SAFETY: the child reads an atomic, takes the lock again and ends.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            // SAFETY: no handler runs, the signal kills a child that waits for ever.
            unsafe { libc::alarm(10) };
            let busy = held_off(|| BUSY.load(Ordering::SeqCst));
            // SAFETY: ends the process.
            unsafe { libc::_exit(busy.into()) };
        }
        let mut status = 0;
        // SAFETY: `status` is a valid place for the answer.
        let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert_eq!((waited, status), (pid, 0));
        holder.join().unwrap();
    }
}
