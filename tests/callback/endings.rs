//! Do callbacks work when their thread or the process is about to be gone?

use super::{IntFn, bind, builders};
use farcall::callback::AnyThread;
use farcall::{Callback, Function};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

/// Lets C call a callback when the current thread has destroyed its thread-locals.
fn call_at_thread_end() -> Function {
    bind("int call_at_thread_end(int (*f)(int), int x, int *result)")
}

/// What C gets from a callback that it calls at the end of a thread, which makes it by `make`.
fn at_thread_end<P>(make: impl FnOnce() -> Callback<IntFn, P> + Send + 'static) -> i32 {
    let result = Arc::new(AtomicI32::new(0));
    let place = result.clone();
    let thread = thread::spawn(move || {
        let callback = make();
        // SAFETY: the fixture writes there before the thread is joined.
        let set = unsafe { call_at_thread_end().call::<_, i32>((&callback, 20, place.as_ptr())) };
        assert_eq!(set.unwrap(), 0);
        // C calls it when it can no longer be dropped on this thread.
        std::mem::forget(callback);
    });
    thread.join().unwrap();
    result.load(Ordering::SeqCst)
}

#[test]
fn does_a_callback_run_after_the_thread_locals_were_destroyed() {
    for builder in builders() {
        let result = at_thread_end(move || builder.from_fn(|x: i32| x + 1).unwrap());
        assert_eq!(result, 21);
    }
    for builder in builders() {
        let result = at_thread_end(move || {
            let callback: Callback<IntFn, AnyThread> =
                builder.any_thread().from_fn(|x: i32| x + 2).unwrap();
            callback
        });
        assert_eq!(result, 22);
    }
}

#[test]
fn may_one_be_made_and_dropped_by_a_destructor_of_a_thread_local() {
    use std::cell::RefCell;
    thread_local! {
        static KEPT: RefCell<Option<Callback<IntFn>>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }
    struct Late(Callback<IntFn>, Arc<AtomicI32>);
    impl Drop for Late {
        fn drop(&mut self) {
            let made: Callback<IntFn> = Callback::from_fn(|x: i32| 10 * x).unwrap();
            // SAFETY: both are alive.
            let sum = unsafe { self.0.as_fn()(1) + made.as_fn()(2) };
            self.1.store(sum, Ordering::SeqCst);
        }
    }
    for (one, two) in builders().zip(builders()) {
        let result = Arc::new(AtomicI32::new(0));
        let place = result.clone();
        let thread = thread::spawn(move || {
            KEPT.set(Some(two.from_fn(|x: i32| x).unwrap()));
            LATE.set(Some(Late(one.from_fn(|x: i32| x + 1).unwrap(), place)));
        });
        thread.join().unwrap();
        assert_eq!(result.load(Ordering::SeqCst), 22);
    }
}

#[test]
fn does_a_panic_after_the_thread_locals_were_destroyed_go_to_the_handler() {
    for builder in builders() {
        let told = Arc::new(AtomicI32::new(0));
        let count = told.clone();
        let result = at_thread_end(move || {
            let builder = builder.fallback(-3).on_failure(move |failure| {
                assert_eq!(failure.message(), "late");
                count.fetch_add(1, Ordering::SeqCst);
            });
            builder.from_fn(|_: i32| -> i32 { panic!("late") }).unwrap()
        });
        assert_eq!((result, told.load(Ordering::SeqCst)), (-3, 1));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn does_a_callback_run_while_the_process_exits() {
    support::child::alone(|| {
        for builder in builders() {
            let child = support::child::fork(|| {
                let callback: Callback<IntFn> = builder.from_fn(|x: i32| x - 5).unwrap();
                let call_at_exit = bind("int call_at_exit(int (*f)(int), int x)");
                // SAFETY: the fixture calls it as it is declared; it is leaked below.
                let set: i32 = unsafe { call_at_exit.call((&callback, 5)) }.unwrap();
                std::mem::forget(callback);
                // What the callback returns, 0, is how the process ends; 99 if it is not called.
                std::process::exit(99 + set);
            });
            child.join();
        }
    });
}
