//! Exceptions around callbacks: under their closures, and over calls in which one has failed.

use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use farcall::{Callback, Engine, FnType, Function, Library, values};
#[cfg(target_os = "linux")] // It ends a process, a forked one.
use support::child::aborts;

use super::{address, exceptions::throwing};

type Catch = unsafe extern "C-unwind" fn(super::Callback, *mut c_void) -> i64;

/// Calls back, then throws.
fn throw_after(library: &Library, engine: Engine) -> Function {
    let function = library.function("int64_t throw_after(void (*f)(void), int64_t value)");
    function.unwrap().with_engine(engine).unwrap()
}

fn callback(engine: Engine, closure: impl Fn() + 'static) -> Callback {
    let ty = FnType::parse("void f(void)").unwrap();
    let builder = Callback::builder().engine(engine);
    builder.new(ty, move |_| closure()).unwrap()
}

/// What runs between the frame that catches and the one that throws.
struct Middle {
    function: Function,
    callback: Callback,
}

impl Middle {
    fn new(library: &Library, engine: Engine) -> Self {
        Self {
            function: throw_after(library, engine),
            callback: callback(engine, || panic!("it waits")),
        }
    }
}

/// Calls a callback that panics and a function that throws, in a call that lets exceptions pass.
unsafe extern "C-unwind" fn fail_and_throw(middle: *mut c_void) {
    // SAFETY: the tests pass their own.
    let middle = unsafe { &*middle.cast::<Middle>() };
    let arguments = values![&middle.callback, 7];
    // SAFETY: the declaration is that of the fixture.
    let _ = unsafe { middle.function.call_unwind(&arguments) };
    unreachable!("the exception was swallowed");
}

/// Asks whether callbacks run on this thread, and whether nothing waits for a call.
fn is_as_before(library: &Library, engine: Engine) {
    let runs = Rc::new(Cell::new(0));
    let count = runs.clone();
    let fine = callback(engine, move || count.set(count.get() + 1));
    // SAFETY: with this value it throws nothing.
    let result = unsafe { throw_after(library, engine).call::<_, i64>((&fine, 0i64)) };
    assert_eq!((result.unwrap(), runs.get()), (42, 1));
}

#[test]
fn an_exception_hides_a_failure_that_waits_for_the_call_it_leaves() {
    let Some(library) = throwing() else { return };
    // SAFETY: the function has this type.
    let catch: Catch = unsafe { std::mem::transmute(address(&library, "throwing_catch")) };
    for engine in support::engines() {
        let mut middle = Middle::new(&library, *engine);
        // SAFETY: the function takes this pointer.
        let caught = unsafe { catch(fail_and_throw, (&raw mut middle).cast()) };
        assert_eq!(caught, 7);
        is_as_before(&library, *engine);
    }
}

#[test]
fn a_failure_waits_for_the_call_around_the_one_that_an_exception_leaves() {
    let Some(library) = throwing() else { return };
    let catch = library.function("int64_t throwing_catch(void *f, void *argument)");
    let catch = catch.unwrap();
    for engine in support::engines() {
        let mut middle = Middle::new(&library, *engine);
        let around = || {
            let f: *const c_void = fail_and_throw as *const c_void;
            let middle: *mut c_void = (&raw mut middle).cast();
            // SAFETY: the function takes these pointers.
            unsafe { catch.call::<_, i64>((f, middle)) }
        };
        let payload = panic::catch_unwind(AssertUnwindSafe(around)).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"it waits"));
        is_as_before(&library, *engine);
    }
}

/// Lets a closure that C called throw, under a frame that would catch it.
#[cfg(target_os = "linux")]
fn throw_in_closure(call: fn(&Function, &Callback)) {
    for engine in support::engines() {
        let library = throwing().unwrap();
        let (inner, nothing) = (throw_after(&library, *engine), callback(*engine, || ()));
        let outer = callback(*engine, move || call(&inner, &nothing));
        let catch: *const c_void = address(&library, "throwing_catch");
        // SAFETY: the function has this type; it calls the callback with one argument too many.
        let catch: unsafe extern "C" fn(*const c_void, *mut c_void) -> i64 =
            unsafe { std::mem::transmute(catch) };
        // SAFETY: as above.
        unsafe { catch(outer.as_ptr(), std::ptr::null_mut()) };
    }
    unreachable!("the exception was swallowed");
}

#[cfg(target_os = "linux")]
#[test]
fn an_exception_that_leaves_a_closure_aborts() {
    if throwing().is_none() {
        return;
    }
    aborts("Rust cannot catch foreign exceptions", || {
        throw_in_closure(|function, nothing| {
            // SAFETY: the declaration is that of the fixture.
            let _ = unsafe { function.call_unwind(&values![nothing, 7]) };
        });
    });
}

#[cfg(target_os = "linux")]
#[test]
fn an_exception_in_a_closure_aborts_where_calls_let_none_pass() {
    if throwing().is_none() {
        return;
    }
    aborts("an exception left a C function", || {
        throw_in_closure(|function, nothing| {
            // SAFETY: as above.
            let _ = unsafe { function.call::<_, i64>((nothing, 7i64)) };
        });
    });
}
