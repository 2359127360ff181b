//! Closures at the beginning and the end of threads, and at the end of the process.

use super::Api;
use farcall::{Callback, Value, values};
use std::ffi::{c_int, c_void};
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use support::child;

const PTHREAD: &str = "
    typedef unsigned long pthread_t;
    typedef unsigned int pthread_key_t;
    int pthread_create(pthread_t *thread, const void *attr, void *(*start_routine)(void *),
                       void *arg);
    int pthread_join(pthread_t thread, void **retval);
    pthread_t pthread_self(void);
    int pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
    int pthread_setspecific(pthread_key_t key, const void *value);
    int on_exit(void (*function)(int, void *), void *arg);
    int __cxa_atexit(void (*function)(void *), void *arg, void *dso);
";

const NULL: *const c_void = ptr::null();

type Start = unsafe extern "C" fn(*mut c_void) -> *mut c_void;
type AtExit = unsafe extern "C" fn(*mut c_void);

fn pthread() -> impl Iterator<Item = Api> {
    let api = Api::open("libc.so.6", "libc6", PTHREAD);
    api.into_iter()
        .flat_map(|api| api.callback_engines().collect::<Vec<_>>())
}

/// Starts a thread of C with a function and an argument.
fn start<'a>(api: &Api, function: impl Into<Value<'a>>, argument: *const c_void) -> u64 {
    let mut thread = 0u64;
    let arguments = values![&mut thread, NULL, function.into(), argument];
    assert_eq!(api.int("pthread_create", &arguments), 0);
    thread
}

/// What the start routine of a thread has returned.
fn join(api: &Api, thread: u64) -> *const c_void {
    let mut result = NULL;
    assert_eq!(api.int("pthread_join", &values![thread, &mut result]), 0);
    result
}

const THREADS: usize = 8;

#[test]
fn a_thread_of_c_starts_in_a_typed_closure() {
    for api in pthread() {
        let sum = Arc::new(AtomicUsize::new(0));
        let added = sum.clone();
        let main = thread::current().id();
        let routine = move |argument: *mut c_void| {
            assert_ne!(thread::current().id(), main);
            added.fetch_add(argument.addr(), Ordering::Relaxed);
            ptr::without_provenance_mut(argument.addr() * 2)
        };
        let routine: Callback<Start, _> = api.builder().any_thread().from_fn(routine).unwrap();
        let numbers: Vec<usize> = (1..=THREADS).collect();
        let threads = numbers
            .iter()
            .map(|n| start(&api, &routine, ptr::without_provenance(*n)));
        let threads: Vec<_> = threads.collect();
        let results: Vec<_> = threads.into_iter().map(|t| join(&api, t).addr()).collect();
        assert_eq!(results, numbers.iter().map(|n| 2 * n).collect::<Vec<_>>());
        assert_eq!(sum.load(Ordering::Relaxed), numbers.iter().sum());
    }
}

#[test]
fn a_thread_of_c_starts_in_a_closure_over_values() {
    for api in pthread() {
        let ty = api
            .function("pthread_create")
            .callback_type("start_routine")
            .unwrap();
        let myself = api.function("pthread_self");
        let routine = api.builder().any_thread().new(ty, move |args| {
            // The thread's own calls are calls like any others.
            // SAFETY: the declaration is that of POSIX.
            let id: u64 = unsafe { myself.call(()) }?;
            let place = args[0].as_pointer().unwrap().cast::<u64>();
            // SAFETY: the test waits for the thread before it looks there.
            unsafe { place.write(id) };
            Ok::<_, farcall::Error>(args[0].as_pointer().unwrap())
        });
        let routine = routine.unwrap();
        let mut places = [0u64; THREADS];
        let address = |place: &mut u64| ptr::from_mut(place).cast_const().cast::<c_void>();
        let threads: Vec<_> = places
            .iter_mut()
            .map(|place| start(&api, &routine, address(place)))
            .collect();
        for (thread, place) in threads.iter().zip(&mut places) {
            assert_eq!(join(&api, *thread), address(place));
            assert_eq!(place, thread);
        }
    }
}

#[test]
fn a_confined_closure_does_not_start_a_thread() {
    for api in pthread() {
        let create = api.function("pthread_create");
        let routine = create.callback("start_routine", |_| -> *const u8 { unreachable!("there") });
        let routine = routine.unwrap();
        assert_eq!(join(&api, start(&api, &routine, NULL)), NULL);
        assert!(routine.take_refused().is_some());
    }
}

#[test]
fn a_failure_on_a_thread_of_c_goes_to_its_handler() {
    for api in pthread() {
        let failures = Arc::new(Mutex::new(Vec::new()));
        let seen = failures.clone();
        let routine: Callback<Start, _> = api
            .builder()
            .fallback(ptr::without_provenance::<c_void>(77))
            .on_failure(move |failure| seen.lock().unwrap().push(failure.message()))
            .any_thread()
            .from_fn(|_: *mut c_void| -> *mut c_void { panic!("far away") })
            .unwrap();
        assert_eq!(join(&api, start(&api, &routine, NULL)).addr(), 77);
        assert_eq!(*failures.lock().unwrap(), ["far away"]);
    }
}

#[test]
fn a_failure_that_nobody_is_told_of_ends_the_process() {
    if pthread().next().is_none() {
        return;
    }
    child::aborts(
        "set a handler with `Callback::builder().on_failure(..)`",
        || {
            for api in pthread() {
                let routine: Callback<Start, _> = api
                    .builder()
                    .any_thread()
                    .from_fn(|_: *mut c_void| -> *mut c_void { panic!("far away") })
                    .unwrap();
                join(&api, start(&api, &routine, NULL));
            }
        },
    );
}

/// Has closures called at the end of the process, in the order in which they say their numbers.
fn at_exit(api: &Api) {
    let say = |word: &'static str| -> Callback<AtExit, _> {
        let closure = move |_: *mut c_void| println!("{word}");
        api.builder().any_thread().from_fn(closure).unwrap()
    };
    // Glibc has `atexit` in no shared library; this is what it calls.
    let register = |callback: &Callback<AtExit, _>| {
        assert_eq!(api.int("__cxa_atexit", &values![callback, NULL, NULL]), 0);
    };
    for word in ["fourth", "third"] {
        // It is called when this function has returned long since.
        register(&ManuallyDrop::new(say(word)));
    }
    let ty = api.function("on_exit").callback_type("function").unwrap();
    let second = |args: &[Value<'_>]| println!("second: status {}", args[0]);
    let second = ManuallyDrop::new(api.builder().any_thread().new(ty, second).unwrap());
    assert_eq!(api.int("on_exit", &values![&*second, NULL]), 0);
    // One that is dropped before is called too late, and nothing happens.
    register(&say("too late"));
    register(&ManuallyDrop::new(say("first")));
}

#[test]
fn closures_run_when_the_process_ends() {
    let each = "first\nsecond: status 7\nthird\nfourth\n";
    let words = each.repeat(pthread().count());
    child::says(&words, 7, || {
        let api = Api::open("libc.so.6", "libc6", PTHREAD).unwrap();
        pthread().for_each(|api| at_exit(&api));
        println!();
        let exit = api.library.symbol("exit").unwrap().address();
        // SAFETY: the declaration is that of the C standard.
        let exit: unsafe extern "C" fn(c_int) -> ! = unsafe { std::mem::transmute(exit) };
        // SAFETY: as above.
        unsafe { exit(7) }
    });
}

#[test]
fn closures_run_when_threads_end() {
    child::alone(|| {
        for api in pthread() {
            let ended = Arc::new(Mutex::new(Vec::new()));
            let seen = ended.clone();
            let ty = api
                .function("pthread_key_create")
                .callback_type("destructor")
                .unwrap();
            let destructor = api.builder().any_thread().new(ty, move |args| {
                seen.lock()
                    .unwrap()
                    .push(args[0].as_pointer().unwrap().addr());
            });
            let destructor = ManuallyDrop::new(destructor.unwrap());
            let mut key = 0u32;
            assert_eq!(
                api.int("pthread_key_create", &values![&mut key, &*destructor]),
                0
            );
            let set = api.function("pthread_setspecific");
            let routine = move |value: *mut c_void| -> *mut c_void {
                // SAFETY: the declaration is that of POSIX.
                let status: c_int = unsafe { set.call((key, value.cast_const())) }.unwrap();
                assert_eq!(status, 0);
                ptr::null_mut()
            };
            let routine: Callback<Start, _> = api.builder().any_thread().from_fn(routine).unwrap();
            // Threads that C started, some of which set nothing.
            let threads: Vec<_> = (0..THREADS)
                .map(|n| start(&api, &routine, ptr::without_provenance(n)))
                .collect();
            for thread in threads {
                join(&api, thread);
            }
            // A thread that Rust started; the closure comes after Rust's own thread-locals.
            let there = api.clone();
            thread::spawn(move || {
                let value = ptr::without_provenance::<c_void>(1000);
                assert_eq!(there.int("pthread_setspecific", &values![key, value]), 0);
            })
            .join()
            .unwrap();
            let mut ended = ended.lock().unwrap();
            ended.sort_unstable();
            let expected: Vec<_> = (1..THREADS).chain([1000]).collect();
            assert_eq!(*ended, expected);
        }
    });
}

#[test]
fn a_confined_closure_runs_at_the_end_of_its_own_thread() {
    child::alone(|| {
        for api in pthread() {
            let runs = Arc::new(AtomicUsize::new(0));
            let (counted, there) = (runs.clone(), api.clone());
            let thread = thread::spawn(move || {
                let create = there.function("pthread_key_create");
                let me = there.int("pthread_self", &[]);
                let myself = there.function("pthread_self");
                let destructor = create.callback("destructor", move |_| {
                    // SAFETY: the declaration is that of POSIX.
                    let id = unsafe { myself.call_values(&[])? };
                    assert_eq!(id.as_i64(), Some(me));
                    counted.fetch_add(1, Ordering::Relaxed);
                    Ok::<_, farcall::Error>(())
                });
                let destructor = ManuallyDrop::new(destructor.unwrap());
                let mut key = 0u32;
                let arguments = values![&mut key, &*destructor];
                assert_eq!(there.int("pthread_key_create", &arguments), 0);
                let value = ptr::without_provenance::<c_void>(1);
                assert_eq!(there.int("pthread_setspecific", &values![key, value]), 0);
            });
            thread.join().unwrap();
            assert_eq!(runs.load(Ordering::Relaxed), 1);
        }
    });
}
