//! Callbacks where executable memory is refused, or the process is not the one that began.

use std::ffi::c_void;
use std::thread;

use farcall::callback::AnyThread;
use farcall::{Callback, Engine, FnType};
use support::child::{alone, descriptors, fork};
use support::refuse::{exec_gain, limit, memory_files};

use super::{first, refusals::refuse_all};

type Sum = unsafe extern "C" fn(i32, i32) -> i32;

fn ty() -> FnType {
    FnType::parse("int sum(int a, int b)").unwrap()
}

/// A type that has no callbacks yet, one for each number.
#[cfg(feature = "jit")]
fn new_type(number: u64) -> FnType {
    FnType::parse(&format!("int f(int a, struct {{ char c[{number}]; }} *b)")).unwrap()
}

/// Calls as C does.
fn call(address: *const c_void, a: i32, b: i32) -> i32 {
    // SAFETY: the address is that of a callback of this type, alive or dropped.
    let f: Sum = unsafe { std::mem::transmute(address) };
    // SAFETY: as above.
    unsafe { f(a, b) }
}

/// Makes callbacks of every kind, calls them, also too late, and says which engine they have.
fn check_kinds(builder: impl Fn() -> farcall::callback::CallbackBuilder) -> Vec<Engine> {
    let values = builder().fallback(-1).new(ty(), |args| {
        args[0].as_i64().unwrap() + args[1].as_i64().unwrap()
    });
    let values = values.unwrap();
    let typed: Callback<Sum> = builder()
        .fallback(-1)
        .from_fn(|a: i32, b: i32| a + b)
        .unwrap();
    let shared: Callback<Sum, AnyThread> = builder()
        .fallback(-1)
        .any_thread()
        .from_fn(|a: i32, b: i32| a + b)
        .unwrap();
    let addresses = [values.as_ptr(), typed.as_ptr(), shared.as_ptr()];
    for address in addresses {
        assert_eq!(call(address, 40, 2), 42);
    }
    let elsewhere = shared.as_fn();
    // SAFETY: the callback is alive.
    let caller = thread::spawn(move || unsafe { elsewhere(1, 2) });
    assert_eq!(caller.join().unwrap(), 3);
    let engines = vec![values.engine(), typed.engine(), shared.engine()];
    drop((values, typed, shared));
    for address in addresses {
        assert_eq!(call(address, 40, 2), -1);
    }
    engines
}

/// Makes so many callbacks that memory is asked for again, and calls each.
fn check_many(count: i32, engine: Engine) {
    let all: Vec<Callback<Sum>> = (0..count)
        .map(|n| Callback::from_fn(move |a: i32, b: i32| a + b + n).unwrap())
        .collect();
    for (n, callback) in (0..).zip(&all) {
        assert_eq!(
            (call(callback.as_ptr(), 1, 1), callback.engine()),
            (n + 2, engine)
        );
    }
}

/// Everything through the engine that is taken where nothing is refused.
fn check_all() {
    assert_eq!(check_kinds(Callback::builder), [first(); 3]);
    check_many(3000, first());
}

#[test]
fn without_memory_files_callbacks_work() {
    alone(|| {
        memory_files();
        check_all();
    });
}

#[test]
fn in_a_process_that_may_not_gain_executable_memory_callbacks_work() {
    alone(|| {
        if !exec_gain() {
            return support::not_asked("PR_SET_MDWE", "this kernel does not know it");
        }
        check_all();
    });
}

#[test]
fn with_a_file_size_limit_of_zero_callbacks_work() {
    alone(|| {
        limit(libc::RLIMIT_FSIZE, 0);
        check_all();
    });
}

fn close_descriptors() {
    for (number, _) in descriptors() {
        if number > 2 {
            // SAFETY: the point of the tests: a program can close any number.
            unsafe { libc::close(number) };
        }
    }
}

#[test]
#[cfg(feature = "jit")]
fn after_every_descriptor_was_closed_callbacks_work() {
    alone(|| {
        assert_eq!(check_kinds(Callback::builder), [first(); 3]);
        close_descriptors();
        check_all();
        for number in 1..40 {
            Callback::new(new_type(number), |_| 1).unwrap();
        }
    });
}

/// libffi makes more trampolines from the program's own file, of which it keeps a descriptor.
#[test]
#[cfg(all(feature = "libffi", not(feature = "jit")))]
fn after_every_descriptor_was_closed_libffi_works_or_says_that_it_cannot() {
    alone(|| {
        assert_eq!(check_kinds(Callback::builder), [first(); 3]);
        close_descriptors();
        let mut made = Vec::new();
        let refused = (0..3000).find_map(|n| {
            let callback = Callback::from_fn(move |a: i32, b: i32| a + b + n);
            callback
                .map(|callback: Callback<Sum>| made.push(callback))
                .err()
        });
        if let Some(error) = refused {
            assert!(
                error.to_string().contains("libffi made no closure"),
                "{error}"
            );
        }
        for (n, callback) in (0..).zip(&made) {
            assert_eq!(call(callback.as_ptr(), 1, 2), 3 + n);
        }
    });
}

/// Lets nothing become executable but files.
#[cfg(feature = "libffi")]
fn refuse_memory() {
    super::fixture();
    memory_files();
    support::refuse::executable_memory();
}

#[test]
#[cfg(feature = "libffi")]
fn where_files_alone_may_be_executed_callbacks_go_through_libffi() {
    alone(|| {
        refuse_memory();
        assert_eq!(check_kinds(Callback::builder), [Engine::Libffi; 3]);
        check_many(3000, Engine::Libffi);
    });
}

#[test]
#[cfg(feature = "libffi")]
fn where_nothing_may_become_executable_that_is_said() {
    alone(|| {
        refuse_all();
        let typed = Callback::<Sum>::from_fn(|a: i32, b: i32| a + b).map(drop);
        let values = Callback::new(ty(), |_| 1).map(drop);
        for error in [typed.unwrap_err(), values.unwrap_err()] {
            assert!(
                matches!(error.kind(), farcall::ErrorKind::Memory { .. }),
                "{error:?}"
            );
            let text = error.to_string();
            assert!(text.contains("libffi made no closure: "), "{text}");
        }
    });
}

#[test]
#[cfg(feature = "jit")]
fn with_both_refused_the_jit_alone_says_which_callback_and_what_was_tried() {
    alone(|| {
        refuse_all();
        let builder = || Callback::builder().engine(Engine::Jit).name("sum");
        let typed = builder().from_fn::<Sum, _>(|a, b| a + b).map(drop);
        let values = builder().new(ty(), |_| 1).map(drop);
        for error in [typed.unwrap_err(), values.unwrap_err()] {
            assert!(
                matches!(error.kind(), farcall::ErrorKind::Memory { .. }),
                "{error:?}"
            );
            let text = error.to_string();
            for part in ["callback sum: ", "memory file: ", "sealed pages: "] {
                assert!(text.contains(part), "no `{part}` in: {text}");
            }
        }
    });
}

#[test]
#[cfg(all(feature = "jit", feature = "libffi"))]
fn after_a_later_refusal_old_callbacks_go_on_and_new_ones_use_libffi() {
    alone(|| {
        let make = |n| Callback::from_fn(move |a: i32, b: i32| a + b + n);
        let mut old: Vec<Callback<Sum>> = vec![make(0).unwrap()];
        refuse_memory();
        // A table more asks for no new executable memory, so that must be refused too.
        support::refuse::mremap(libc::MREMAP_MAYMOVE);
        let mut new: Vec<Callback<Sum>> = (1..2000).map(|n| make(n).unwrap()).collect();
        old.append(&mut new);
        let jit = old
            .iter()
            .take_while(|callback| callback.engine() == Engine::Jit)
            .count();
        assert_eq!(jit, 1024);
        for (n, callback) in (0..).zip(&old) {
            assert_eq!(call(callback.as_ptr(), 1, 1), n + 2);
        }
        // With their slots free, there are generated ones again.
        drop(old);
        assert_eq!(make(5).unwrap().engine(), Engine::Jit);
    });
}

#[test]
fn parent_and_child_of_a_fork_make_and_call_callbacks() {
    alone(|| {
        for engine in support::engines() {
            let make = |n: i32| {
                let builder = Callback::builder().engine(*engine).fallback(-1);
                builder.from_fn(move |a: i32, b: i32| a + b + n).unwrap()
            };
            let old: Vec<Callback<Sum>> = (0..1500).map(make).collect();
            let check_old = || {
                for (n, callback) in (0..).zip(&old) {
                    assert_eq!(call(callback.as_ptr(), 1, 1), n + 2);
                }
            };
            let shared: Callback<Sum, AnyThread> = Callback::builder()
                .engine(*engine)
                .any_thread()
                .from_fn(|a: i32, b: i32| a * b)
                .unwrap();
            let grow = |base: i32| {
                let new: Vec<Callback<Sum>> = (base..base + 3000).map(make).collect();
                for (n, callback) in (base..).zip(&new) {
                    assert_eq!(call(callback.as_ptr(), 1, 1), n + 2);
                }
                let late = new[0].as_ptr();
                drop(new);
                assert_eq!(call(late, 1, 1), -1);
            };
            let child = fork(|| {
                check_old();
                grow(10_000);
                let shared = shared.as_fn();
                // SAFETY: the callback is alive.
                let product = thread::spawn(move || unsafe { shared(6, 7) });
                assert_eq!(product.join().unwrap(), 42);
                check_old();
            });
            grow(20_000);
            child.join();
            check_old();
            assert_eq!(call(shared.as_ptr(), 6, 7), 42);
            // What the child dropped is alive here, and the other way round.
            let child = fork(|| {
                let late = old[7].as_ptr();
                // SAFETY: the child alone drops it; it never returns to where it is dropped again.
                drop(unsafe { std::ptr::read(&raw const old[7]) });
                assert_eq!(call(late, 1, 1), -1);
            });
            child.join();
            check_old();
        }
    });
}
