//! On which threads does a closure run?

use super::{IntFn, bind, builders, call, int_fn};
use farcall::callback::AnyThread;
use farcall::{Callback, ErrorKind, Function};
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread::{self, ThreadId};

fn on_threads() -> Function {
    bind("int on_threads(int (*f)(int), int x, int threads, int times)")
}

#[test]
fn is_a_confined_closure_not_run_on_another_thread() {
    for builder in builders() {
        let callback = builder
            .name("f")
            .fallback(-1)
            .new(int_fn(), |_| -> i32 { unreachable!("it ran") })
            .unwrap();
        assert!(callback.take_refused().is_none());
        // SAFETY: the fixture calls it as it is declared.
        let sum: i32 = unsafe { on_threads().call((&callback, 1, 2, 5)) }.unwrap();
        assert_eq!(sum, -10);
        let error = callback.take_refused().unwrap();
        assert!(matches!(error.kind(), ErrorKind::WrongThread { calls: 10 }));
        let expected = "callback f: called 10 times on threads that may not run its closure; make \
                        it with `Callback::builder().any_thread()`, or let a `Dispatcher` run it";
        assert_eq!(error.to_string(), expected);
        assert!(callback.take_refused().is_none(), "told once");
    }
    for builder in builders() {
        let callback: Callback<IntFn> = builder
            .fallback(-1)
            .from_fn_mut(|_: i32| -> i32 { unreachable!("it ran") })
            .unwrap();
        // SAFETY: as above.
        let sum: i32 = unsafe { on_threads().call((&callback, 1, 1, 1)) }.unwrap();
        assert_eq!(sum, -1);
        assert!(callback.take_refused().is_some());
    }
}

#[test]
fn does_a_confined_closure_still_run_on_its_own_thread_afterwards() {
    for builder in builders() {
        let callback: Callback<IntFn> = builder.fallback(-1).from_fn(|x: i32| x).unwrap();
        // SAFETY: the fixture calls it as it is declared.
        let sum: i32 = unsafe { on_threads().call((&callback, 1, 1, 1)) }.unwrap();
        assert_eq!((sum, call(callback.as_ptr(), 7).unwrap()), (-1, 7));
    }
}

#[test]
fn is_the_thread_of_a_leaked_callback_never_taken_for_another() {
    for _ in 0..50 {
        let address = thread::spawn(|| {
            let callback: Callback<IntFn> = Callback::builder()
                .fallback(-1)
                .from_fn(|_: i32| 1)
                .unwrap();
            let address = callback.as_ptr().addr();
            std::mem::forget(callback);
            address
        });
        let address = address.join().unwrap();
        // A thread that may well have its place in memory.
        let result = thread::spawn(move || {
            // Threads that have made callbacks have numbers.
            let own = Callback::new(int_fn(), |_| 5).unwrap();
            let others = call(std::ptr::with_exposed_provenance(address), 1).unwrap();
            (others, call(own.as_ptr(), 1).unwrap())
        });
        assert_eq!(result.join().unwrap(), (-1, 5));
    }
}

#[test]
fn does_a_shared_closure_run_on_every_thread() {
    static THREADS: Mutex<Option<HashSet<ThreadId>>> = Mutex::new(None);
    for builder in builders() {
        *THREADS.lock().unwrap() = Some(HashSet::new());
        let callback: Callback<IntFn, AnyThread> = builder
            .any_thread()
            .from_fn(|x: i32| {
                if let Some(threads) = &mut *THREADS.lock().unwrap() {
                    threads.insert(thread::current().id());
                }
                x
            })
            .unwrap();
        // SAFETY: the fixture calls it as it is declared.
        let sum: i32 = unsafe { on_threads().call((&callback, 1, 4, 100)) }.unwrap();
        assert_eq!(sum, 4 * (1..=100).sum::<i32>());
        assert_eq!(THREADS.lock().unwrap().as_ref().map(HashSet::len), Some(4));
        assert!(callback.take_refused().is_none());
    }
    for builder in builders() {
        let runs = AtomicI32::new(0);
        let callback = builder
            .any_thread()
            .new(int_fn(), move |args| {
                runs.fetch_add(1, Ordering::Relaxed);
                args[0].as_i64().ok_or("no number")
            })
            .unwrap();
        // SAFETY: as above.
        let sum: i32 = unsafe { on_threads().call((&callback, 1, 8, 1000)) }.unwrap();
        assert_eq!(sum, 8 * (1..=1000).sum::<i32>());
    }
}

#[test]
fn does_a_panic_on_a_thread_of_c_go_to_the_handler() {
    for builder in builders() {
        let told = std::sync::Arc::new(AtomicI32::new(0));
        let count = told.clone();
        let callback: Callback<IntFn, AnyThread> = builder
            .fallback(-2)
            .on_failure(move |failure| {
                assert_eq!(failure.message(), "on a thread of C's");
                count.fetch_add(1, Ordering::SeqCst);
            })
            .any_thread()
            .from_fn(|_: i32| -> i32 { panic!("on a thread of C's") })
            .unwrap();
        // The call of farcall is on another thread: it has nothing to do with it.
        // SAFETY: the fixture calls it as it is declared.
        let sum: i32 = unsafe { on_threads().call((&callback, 1, 2, 2)) }.unwrap();
        assert_eq!((sum, told.load(Ordering::SeqCst)), (-8, 4));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn does_a_panic_that_nobody_takes_end_the_process() {
    support::child::aborts(
        "failed where no call of farcall can pass it on: panicked: alone; set a handler",
        || {
            let callback: Callback<IntFn> =
                Callback::from_fn(|_: i32| -> i32 { panic!("alone") }).unwrap();
            // SAFETY: the callback is alive.
            let _ = unsafe { callback.as_fn()(1) };
        },
    );
}

#[cfg(target_os = "linux")]
#[test]
fn does_a_panicking_handler_end_the_process() {
    support::child::aborts("the failure handler of the callback f panicked", || {
        let callback: Callback<IntFn> = Callback::builder()
            .name("f")
            .on_failure(|_| panic!("in the handler"))
            .from_fn(|_: i32| -> i32 { panic!("alone") })
            .unwrap();
        // SAFETY: the callback is alive.
        let _ = unsafe { callback.as_fn()(1) };
    });
}
