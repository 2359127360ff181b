//! Does C get from a closure what it should, in time, too late, on every thread and engine?
#![cfg(all(not(target_env = "msvc"), any(feature = "jit", feature = "libffi")))]

mod dispatching;
mod dropping;
mod endings;
mod failures;
mod nesting;
mod scope;
mod stress;
mod threads;
mod typed;
mod values;

use farcall::callback::{CallbackBuilder, Confined};
use farcall::{Callback, Engine, FnType, Function, Library};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

/// The commonest type of the fixture's callbacks.
type IntFn = unsafe extern "C" fn(i32) -> i32;

fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| support::open(support::fixture("callback")))
}

/// A function of the fixture.
fn bind(prototype: &str) -> Function {
    library().function(prototype).expect(prototype)
}

fn apply() -> Function {
    bind("int apply(int (*f)(int), int x)")
}

fn int_fn() -> FnType {
    FnType::parse("int f(int x)").expect("a type")
}

/// A builder for each engine.
fn builders() -> impl Iterator<Item = CallbackBuilder<Confined>> {
    let engines: &[Engine] = support::engines();
    engines
        .iter()
        .map(|engine| Callback::builder().engine(*engine))
}

/// What C gets from a callback of [`int_fn`] that is called at `address`, by a call of farcall.
fn call(address: *const std::ffi::c_void, x: i32) -> farcall::Result<i32> {
    // SAFETY: the address is that of such a callback, whose stub is never unmapped.
    unsafe { apply().call((address, x)) }
}

/// The message of the panic that `f` ends with.
fn panic_of<T>(f: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(f()))).expect_err("no panic");
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref().cloned())
        .expect("no text")
}
