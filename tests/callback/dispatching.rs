//! Do closures of a dispatcher run on its thread, and is nobody left waiting?

use super::{IntFn, bind, builders, call, int_fn};
use farcall::callback::{Dispatched, Dispatcher, Queued};
use farcall::{Callback, Function};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

fn on_threads() -> Function {
    bind("int on_threads(int (*f)(int), int x, int threads, int times)")
}

/// Calls on four threads of C's from a thread that is not the dispatcher's, then stops it.
fn call_elsewhere(address: usize, dispatcher: &Dispatcher) -> thread::JoinHandle<i32> {
    let stopper = dispatcher.stopper();
    thread::spawn(move || {
        let address = std::ptr::with_exposed_provenance::<std::ffi::c_void>(address);
        // SAFETY: the fixture calls it as it is declared.
        let sum = unsafe { on_threads().call((address, 1, 4, 10)) }.unwrap();
        stopper.stop();
        sum
    })
}

#[test]
fn does_a_dispatched_closure_run_on_the_thread_that_runs_the_dispatcher() {
    for builder in builders() {
        let dispatcher = Dispatcher::new();
        // Neither is `Send`.
        let (runs, home) = (Rc::new(Cell::new(0)), thread::current().id());
        let count = runs.clone();
        let callback: Callback<IntFn, Dispatched> = builder
            .dispatched(&dispatcher)
            .from_fn_mut(move |x: i32| {
                assert_eq!(thread::current().id(), home);
                count.set(count.get() + 1);
                x
            })
            .unwrap();
        let caller = call_elsewhere(callback.as_ptr().expose_provenance(), &dispatcher);
        dispatcher.run().unwrap();
        assert_eq!(caller.join().unwrap(), 4 * (1..=10).sum::<i32>());
        assert_eq!(runs.get(), 40);
    }
}

#[test]
fn does_a_call_on_the_own_thread_run_at_once() {
    for builder in builders() {
        let dispatcher = Dispatcher::new();
        let callback = builder
            .dispatched(&dispatcher)
            .new(int_fn(), |args| args[0].as_i64().ok_or("").map(|x| x + 1))
            .unwrap();
        assert_eq!(call(callback.as_ptr(), 1).unwrap(), 2);
        assert_eq!(dispatcher.run_pending().unwrap(), 0);
    }
}

#[test]
fn do_queued_calls_run_later_with_copies_of_their_arguments() {
    let run = bind("void run(void (*f)(void))");
    for builder in builders() {
        let dispatcher = Dispatcher::new();
        let runs = Rc::new(Cell::new(0));
        let count = runs.clone();
        let callback: Callback<unsafe extern "C" fn(), Queued> = builder
            .queued(&dispatcher)
            .from_fn(move || count.set(count.get() + 1))
            .unwrap();
        // SAFETY: the fixture calls it as it is declared.
        unsafe { run.call::<_, ()>((&callback,)) }.unwrap();
        assert_eq!(runs.get(), 0, "it ran before its time");
        assert_eq!(dispatcher.run_pending().unwrap(), 1);
        assert_eq!(runs.get(), 1);
    }
    support::foreign_struct!(Large { a: [i64; 5] });
    for builder in builders() {
        let dispatcher = Dispatcher::new();
        let seen = Rc::new(RefCell::new(Vec::new()));
        let log = seen.clone();
        let callback: Callback<unsafe extern "C" fn(Large, f32), Queued> = builder
            .queued(&dispatcher)
            .from_fn(move |large: Large, x: f32| log.borrow_mut().push((large, x)))
            .unwrap();
        for n in 0..3 {
            // SAFETY: the callback is alive.
            unsafe { callback.as_fn()(Large { a: [n; 5] }, n as f32) };
        }
        assert_eq!(dispatcher.run_pending().unwrap(), 3);
        let expected: Vec<_> = (0..3).map(|n| (Large { a: [n; 5] }, n as f32)).collect();
        assert_eq!(*seen.borrow(), expected);
    }
}

#[test]
fn is_a_queued_callback_with_a_result_refused() {
    let dispatcher = Dispatcher::new();
    let error = Callback::builder()
        .queued(&dispatcher)
        .new(int_fn(), |_| 1)
        .unwrap_err();
    let expected = "callback `int (int x)`: a queued callback with the result `int` is not supported: C does not wait for \
                    it; declare `void`, or let C wait with `dispatched`";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn does_stopping_release_everyone_with_the_fallback() {
    for builder in builders() {
        let dispatcher = Dispatcher::new();
        let callback: Callback<IntFn, Dispatched> = builder
            .fallback(-1)
            .dispatched(&dispatcher)
            .from_fn(|_: i32| -> i32 { unreachable!("it ran") })
            .unwrap();
        let address = callback.as_ptr().expose_provenance();
        let (stopper, (said, hears)) = (dispatcher.stopper(), mpsc::channel());
        let callers: Vec<_> = (0..4)
            .map(|_| {
                let said = said.clone();
                thread::spawn(move || {
                    said.send(()).unwrap();
                    call(std::ptr::with_exposed_provenance(address), 1).unwrap()
                })
            })
            .collect();
        (0..4).for_each(|_| hears.recv().unwrap());
        // Some wait by now, others will come later.
        stopper.stop();
        for caller in callers {
            assert_eq!(caller.join().unwrap(), -1);
        }
        dispatcher.run().unwrap();
    }
}

#[test]
fn does_dropping_the_dispatcher_release_everyone() {
    for builder in builders() {
        let dispatcher = Dispatcher::new();
        let callback: Callback<IntFn, Dispatched> = builder
            .fallback(-1)
            .dispatched(&dispatcher)
            .from_fn(|x: i32| x)
            .unwrap();
        let address = callback.as_ptr().expose_provenance();
        let caller =
            thread::spawn(move || call(std::ptr::with_exposed_provenance(address), 1).unwrap());
        thread::sleep(Duration::from_millis(20));
        drop(dispatcher);
        assert_eq!(caller.join().unwrap(), -1);
        assert_eq!(
            call(callback.as_ptr(), 1).unwrap(),
            1,
            "its own thread needs no dispatcher"
        );
    }
}

#[test]
fn does_a_failure_come_out_of_the_dispatcher_and_the_caller_go_on() {
    for builder in builders() {
        let dispatcher = Dispatcher::new();
        let callback = builder
            .name("f")
            .fallback(-4)
            .dispatched(&dispatcher)
            .new(int_fn(), |args| match args[0].as_i64() {
                Some(1) => panic!("one"),
                Some(2) => Err("two"),
                other => Ok(other.unwrap_or(0)),
            })
            .unwrap();
        let address = callback.as_ptr().expose_provenance();
        let caller = thread::spawn(move || {
            [1, 2, 3].map(|x| call(std::ptr::with_exposed_provenance(address), x).unwrap())
        });
        let long = Duration::from_secs(60);
        let panic =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| dispatcher.wait(long)));
        assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"one"));
        assert_eq!(
            dispatcher.wait(long).unwrap_err().to_string(),
            "callback f: two"
        );
        assert_eq!(dispatcher.wait(long).unwrap(), 1);
        assert_eq!(caller.join().unwrap(), [-4, -4, 3]);
    }
}

#[test]
fn does_waiting_end_with_its_time() {
    let dispatcher = Dispatcher::new();
    assert_eq!(dispatcher.wait(Duration::from_millis(5)).unwrap(), 0);
}

/// Counts how often it is dropped, which must be on one thread.
struct Home(thread::ThreadId, Arc<AtomicUsize>);

impl Drop for Home {
    fn drop(&mut self) {
        assert_eq!(thread::current().id(), self.0);
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn is_a_closure_freed_on_the_dispatchers_thread() {
    for builder in builders() {
        let drops = Arc::new(AtomicUsize::new(0));
        let home = Home(thread::current().id(), drops.clone());
        let dispatcher = Dispatcher::new();
        let callback: Callback<unsafe extern "C" fn(), Queued> = builder
            .queued(&dispatcher)
            .from_fn(move || {
                let _ = &home;
            })
            .unwrap();
        let address = callback.as_ptr().expose_provenance();
        thread::spawn(move || {
            let f = std::ptr::with_exposed_provenance::<()>(address);
            // SAFETY: the callback has this type and is alive.
            let f = unsafe { std::mem::transmute::<*const (), unsafe extern "C" fn()>(f) };
            // SAFETY: as above.
            unsafe { f() };
        })
        .join()
        .unwrap();
        drop(callback);
        assert_eq!(drops.load(Ordering::SeqCst), 0, "a call waits to be run");
        assert_eq!(dispatcher.run_pending().unwrap(), 1);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn is_an_fn_mut_not_entered_again_by_a_dispatcher_inside_of_it() {
    for builder in builders() {
        let dispatcher = Rc::new(Dispatcher::new());
        let inner = dispatcher.clone();
        let callback = builder
            .name("f")
            .fallback(-1)
            .dispatched(&dispatcher)
            .new_mut(int_fn(), move |args| {
                if args[0].as_i64() == Some(1) {
                    // Another call arrives and is run while this one runs.
                    return inner.wait(Duration::from_secs(60)).map(|_| 0);
                }
                Ok(5)
            })
            .unwrap();
        let address = callback.as_ptr().expose_provenance();
        let elsewhere = move |x| {
            thread::spawn(move || call(std::ptr::with_exposed_provenance(address), x).unwrap())
        };
        let first = elsewhere(1);
        let second = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            elsewhere(2).join().unwrap()
        });
        let error = dispatcher.wait(Duration::from_secs(60)).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("it was called while it was running"),
            "{error}"
        );
        assert_eq!((first.join().unwrap(), second.join().unwrap()), (-1, -1));
    }
}

#[test]
fn is_a_closure_freed_that_is_left_after_the_dispatcher_was_stopped() {
    for builder in builders() {
        let (drops, dispatcher) = (Arc::new(AtomicUsize::new(0)), Dispatcher::new());
        let home = Home(thread::current().id(), drops.clone());
        let (inside, dropped) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let callback = builder
            .dispatched(&dispatcher)
            .new(int_fn(), move |_| {
                let _ = &home;
                1
            })
            .unwrap();
        let address = callback.as_ptr().expose_provenance();
        // Someone who is inside when the callback is dropped: a call that waits, then is released
        // by the stop, and leaves last.
        let (meet, leave) = (inside.clone(), dropped.clone());
        let caller = thread::spawn(move || {
            meet.wait();
            let result = call(std::ptr::with_exposed_provenance(address), 1).unwrap();
            leave.wait();
            result
        });
        inside.wait();
        thread::sleep(Duration::from_millis(20));
        drop(callback);
        dispatcher.stopper().stop();
        dropped.wait();
        assert_eq!(caller.join().unwrap(), 0);
        // Calls are no longer taken, but what was left is freed, here.
        assert_eq!(dispatcher.run_pending().unwrap(), 0);
        assert_eq!(drops.load(Ordering::SeqCst), 1, "the closure was not freed");
    }
}
