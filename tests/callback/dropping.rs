//! What does a call find whose callback was dropped, before, meanwhile, by itself, elsewhere?

use super::{IntFn, bind, builders, call, int_fn};
use farcall::callback::AnyThread;
use farcall::{Callback, CloseError, FnType, StillInUse};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Barrier};

/// Counts how often it is dropped.
struct Counted(Arc<AtomicI32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counted() -> (Counted, Arc<AtomicI32>) {
    let count = Arc::new(AtomicI32::new(0));
    (Counted(count.clone()), count)
}

#[test]
fn does_a_late_call_get_the_fallback() {
    for builder in builders() {
        let (token, drops) = counted();
        let callback = builder
            .fallback(-9)
            .new(int_fn(), move |_| {
                let _ = &token;
                1
            })
            .unwrap();
        let address = callback.as_ptr();
        assert_eq!(call(address, 1).unwrap(), 1);
        drop(callback);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        assert_eq!(call(address, 1).unwrap(), -9);
        assert_eq!(support_on_thread(address), -9);
    }
    for builder in builders() {
        let callback: Callback<IntFn> = builder.fallback(-9).from_fn(|x: i32| x).unwrap();
        let late = callback.as_fn();
        drop(callback);
        // SAFETY: the stub of a callback is never unmapped.
        assert_eq!(unsafe { late(1) }, -9);
    }
    for builder in builders() {
        let callback: Callback<IntFn, AnyThread> = builder
            .fallback(-9)
            .any_thread()
            .from_fn(|x: i32| x)
            .unwrap();
        let late = callback.as_fn();
        drop(callback);
        // SAFETY: as above.
        assert_eq!(unsafe { late(1) }, -9);
    }
}

/// What another thread gets from a call.
fn support_on_thread(address: *const std::ffi::c_void) -> i32 {
    let on_threads = bind("int on_threads(int (*f)(int), int x, int threads, int times)");
    // SAFETY: the fixture calls it as it is declared.
    unsafe { on_threads.call((address, 1, 1, 1)) }.unwrap()
}

#[test]
fn may_a_closure_drop_its_own_callback() {
    for builder in builders() {
        let (token, drops) = counted();
        let own: Rc<RefCell<Option<Callback>>> = Rc::default();
        let (inner, seen) = (own.clone(), drops.clone());
        let callback = builder
            .fallback(-9)
            .new(int_fn(), move |args| {
                drop(inner.borrow_mut().take());
                // What is captured is still there.
                assert_eq!(seen.load(Ordering::SeqCst), 0);
                let _ = &token;
                args[0].as_i64().unwrap()
            })
            .unwrap();
        let address = callback.as_ptr();
        *own.borrow_mut() = Some(callback);
        assert_eq!(call(address, 5).unwrap(), 5);
        assert_eq!(drops.load(Ordering::SeqCst), 1, "freed on the way out");
        assert_eq!(call(address, 5).unwrap(), -9);
    }
}

#[test]
fn is_a_closure_freed_by_the_outermost_of_its_calls() {
    for builder in builders() {
        let (token, drops) = counted();
        let own: Rc<RefCell<Option<Callback<IntFn>>>> = Rc::default();
        let address = Rc::new(Cell::new(std::ptr::null()));
        let (inner, again, seen) = (own.clone(), address.clone(), drops.clone());
        let callback: Callback<IntFn> = builder
            .fallback(-9)
            .from_fn(move |x: i32| {
                let _ = &token;
                if x == 0 {
                    drop(inner.borrow_mut().take());
                    return 0;
                }
                let below = call(again.get(), x - 1).unwrap();
                assert_eq!(seen.load(Ordering::SeqCst), 0, "freed while it runs");
                below + 1
            })
            .unwrap();
        address.set(callback.as_ptr());
        *own.borrow_mut() = Some(callback);
        assert_eq!(call(address.get(), 3).unwrap(), 3);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn may_another_thread_drop_a_callback_that_is_running() {
    for builder in builders() {
        let (token, drops) = counted();
        let inside = Arc::new(Barrier::new(2));
        let dropped = Arc::new(AtomicBool::new(false));
        let (meet, gone, seen) = (inside.clone(), dropped.clone(), drops.clone());
        let callback: Callback<IntFn, AnyThread> = builder
            .any_thread()
            .fallback(-9)
            .from_fn(move |x: i32| {
                let _ = &token;
                meet.wait();
                while !gone.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
                assert_eq!(seen.load(Ordering::SeqCst), 0, "freed while it runs");
                x + 1
            })
            .unwrap();
        let late = callback.as_fn();
        // SAFETY: the stub of a callback is never unmapped.
        let caller = std::thread::spawn(move || unsafe { late(1) });
        inside.wait();
        drop(callback);
        dropped.store(true, Ordering::SeqCst);
        assert_eq!(caller.join().unwrap(), 2);
        assert_eq!(drops.load(Ordering::SeqCst), 1, "freed by the last one out");
        // SAFETY: as above.
        assert_eq!(unsafe { late(1) }, -9);
    }
}

#[test]
fn may_a_shared_callback_be_dropped_on_another_thread() {
    for builder in builders() {
        let (token, drops) = counted();
        let callback = builder
            .any_thread()
            .new(int_fn(), move |_| {
                let _ = &token;
                1
            })
            .unwrap();
        let address = callback.as_ptr();
        assert_eq!(call(address, 1).unwrap(), 1);
        std::thread::spawn(move || drop(callback)).join().unwrap();
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        assert_eq!(call(address, 1).unwrap(), 0);
    }
}

#[test]
fn does_a_panicking_destructor_go_on_where_the_callback_is_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in the destructor");
        }
    }
    for builder in builders() {
        let bomb = Bomb;
        let callback = builder
            .new(int_fn(), move |_| {
                let _ = &bomb;
                1
            })
            .unwrap();
        let address = callback.as_ptr();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(callback)));
        assert!(caught.is_err());
        assert_eq!(call(address, 1).unwrap(), 0);
    }
    // Where C is on the stack, it comes out of the call around.
    for builder in builders() {
        let bomb = Bomb;
        let own: Rc<RefCell<Option<Callback>>> = Rc::default();
        let inner = own.clone();
        let callback = builder
            .new(int_fn(), move |_| {
                let _ = &bomb;
                drop(inner.borrow_mut().take());
                1
            })
            .unwrap();
        let address = callback.as_ptr();
        *own.borrow_mut() = Some(callback);
        let caught = std::panic::catch_unwind(|| call(address, 1));
        assert!(caught.is_err());
    }
}

#[test]
fn does_a_library_stay_in_use_as_long_as_a_callback_for_it() {
    let library = support::open(support::fixture("callback"));
    let apply = library.function("int apply(int (*f)(int), int x)").unwrap();
    let callback = apply.callback("f", |_| 1).unwrap();
    drop(apply);
    // SAFETY: nothing of it is used afterwards.
    let refused = unsafe { library.close() }.unwrap_err();
    let CloseError::StillInUse(StillInUse { library, .. }) = refused else {
        panic!("{refused:?}");
    };
    drop(callback);
    // Another test may have it open too; this one's users are gone.
    drop(library);
}

#[test]
fn are_many_dropped_callbacks_all_answered_with_their_fallbacks() {
    for engine in support::engines() {
        let made = (0..100).map(|n| {
            let callback = Callback::builder()
                .engine(*engine)
                .fallback(n)
                .new(int_fn(), |_| -1)
                .unwrap();
            (n, callback)
        });
        let late: Vec<_> = made
            .collect::<Vec<_>>()
            .into_iter()
            .map(|(n, callback)| (n, callback.as_ptr()))
            .collect();
        for (n, address) in late {
            assert_eq!(call(address, 0).unwrap(), n);
        }
    }
}

#[test]
fn does_an_address_stay_with_a_dropped_callback_for_256_others() {
    for engine in support::engines() {
        // A type that no other test makes callbacks of.
        let ty = FnType::parse("int f(int x, struct quarantined *nothing)").unwrap();
        // So many live that few places are idle: who does not wait soon takes the last one again.
        let make = || Callback::builder().engine(*engine).new(ty, |_| -1);
        let _alive: Vec<_> = (0..1000).map(|_| make().unwrap()).collect();
        let mut dropped = VecDeque::new();
        for number in 0..5000 {
            let callback = Callback::builder()
                .engine(*engine)
                .fallback(number)
                .new(ty, |_| -1)
                .unwrap();
            let address = callback.as_ptr();
            assert!(
                dropped.iter().all(|(late, _)| *late != address),
                "{engine}: the address of callback {number} is that of a young dead one"
            );
            drop(callback);
            dropped.push_back((address, number));
            if dropped.len() > 256 {
                dropped.pop_front();
            }
            // The youngest and the oldest still have their fallbacks.
            for (late, number) in [dropped.front(), dropped.back()].into_iter().flatten() {
                // One argument fewer than it has, which it does not look at.
                assert_eq!(call(*late, 0).unwrap(), *number, "{engine}");
            }
        }
    }
}

#[test]
#[cfg(all(target_os = "linux", feature = "jit"))]
fn do_callbacks_answer_whose_memory_was_given_back() {
    // A type that no other test makes callbacks of.
    let ty = FnType::parse("int f(int x, struct retired *nothing)").unwrap();
    let make = || Callback::builder().fallback(7).new(ty, |_| -1).unwrap();
    let mut late = Vec::new();
    for _ in 0..2 {
        let made: Vec<_> = (0..10_000).map(|_| make()).collect();
        late = made.iter().map(Callback::as_ptr).collect();
        made.into_iter().for_each(drop);
    }
    // One argument fewer than they have, which they do not look at.
    let answers: Vec<_> = late
        .iter()
        .map(|address| call(*address, 0).unwrap())
        .collect();
    assert!(answers.iter().all(|answer| [0, 7].contains(answer)));
    if !answers.contains(&0) {
        support::not_asked(
            "retired tables",
            "this kernel cannot give their memory back",
        );
    }
    // They are taken again, alive.
    let again: Vec<_> = (0..10_000).map(|_| make()).collect();
    for callback in again.iter().step_by(97) {
        assert_eq!(call(callback.as_ptr(), 0).unwrap(), -1);
    }
}
