//! Do exceptions, panics and jumps pass over calls that let them, abort in all others, and do
//! backtraces go through?
#![cfg(all(
    any(target_os = "linux", all(windows, target_env = "gnu")),
    any(feature = "jit", feature = "libffi")
))]

// Each of its questions ends a process, a forked one.
#[cfg(target_os = "linux")]
#[path = "unwinding/aborting.rs"]
mod aborting;
#[path = "unwinding/backtrace.rs"]
mod backtrace;
#[path = "unwinding/callbacks.rs"]
mod callbacks;
#[path = "unwinding/exceptions.rs"]
mod exceptions;
#[path = "unwinding/panics.rs"]
mod panics;

use std::ffi::{c_int, c_void};

use farcall::{Declarations, Engine, Function, Library, OwnedValue, Value, values};

/// The shapes of calls: with and without a frame, with stack arguments, large records in and out.
/// Each function is called so that it computes the number of its shape.
const SHAPES: &[(&str, i64)] = &[
    ("few", 21),
    ("stack", 891),
    ("large", 761),
    ("pair", 621),
    ("extra", 21),
    #[cfg(target_arch = "x86_64")]
    ("win", 18),
    #[cfg(target_arch = "x86_64")]
    ("shadow", 21),
];

/// The declarations of a fixture's functions, and of functions of the tests.
fn declarations(prefix: &str) -> Declarations {
    let text = "
        struct point { double x, y; };
        struct large { int64_t a[6]; };
        int64_t PRE_few(int64_t a, double b);
        int64_t PRE_stack(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f,
                          int64_t g, int64_t h);
        struct large PRE_large(struct large a, double b);
        struct point PRE_pair(struct point a, struct large b);
        int64_t PRE_extra(int64_t a, ...);
        __attribute__((ms_abi)) int64_t PRE_win(int64_t a, struct large b, double c, int64_t d,
                                                int64_t e);
        __attribute__((ms_abi)) int64_t PRE_shadow(int64_t a, double b);
    ";
    Declarations::parse(&text.replace("PRE", prefix)).unwrap()
}

/// Gives `f` the arguments of a shape.
fn with_arguments<R>(shape: &str, f: impl FnOnce(&[Value<'_>]) -> R) -> R {
    let declarations = declarations("any");
    let record = |name| OwnedValue::zeroed(declarations.record(name).unwrap());
    let (mut point, mut large) = (record("point"), record("large"));
    point.set("x", 1.0).unwrap();
    point.set("y", 2.0).unwrap();
    large.set("a[0]", 1).unwrap();
    large.set("a[5]", 6).unwrap();
    match shape {
        "few" | "shadow" | "extra" => f(&values![1, 2.0]),
        "stack" => f(&values![1, 2, 3, 4, 5, 6, 7, 8]),
        "large" => f(&values![&large, 7.0]),
        "pair" => f(&values![&point, &large]),
        "win" => f(&values![1, &large, 3.0, 4, 4]),
        other => panic!("{other}"),
    }
}

/// What runs in the middle: between the frame that catches and the call that raises.
struct Middle<'a> {
    function: &'a Function,
    arguments: &'a [Value<'a>],
    returned: bool,
    dropped: u32,
}

/// Counts that it was dropped.
struct Guard(*mut u32);

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: it points into the `Middle`, which is outside the frame that holds the guard.
        unsafe { *self.0 += 1 };
    }
}

type Callback = unsafe extern "C-unwind" fn(*mut c_void);

/// Calls the function of the [`Middle`], with something to drop in the frame.
unsafe extern "C-unwind" fn call_in_middle(middle: *mut c_void) {
    let middle = middle.cast::<Middle<'_>>();
    // SAFETY: `run` passes its own, which outlives this call.
    let _guard = Guard(unsafe { &raw mut (*middle).dropped });
    // SAFETY: as above.
    unsafe { call_bare(middle.cast()) };
}

/// Calls the function of the [`Middle`].
unsafe extern "C-unwind" fn call_bare(middle: *mut c_void) {
    let middle = middle.cast::<Middle<'_>>();
    // SAFETY: as above.
    let function = unsafe { (*middle).function };
    // SAFETY: as above.
    let arguments = unsafe { (*middle).arguments };
    // SAFETY: the declarations are those of the functions.
    let _ = unsafe { function.call_unwind(arguments) };
    // SAFETY: as above.
    unsafe { (*middle).returned = true };
}

/// The engines that can be unwound in calls of a shape.
fn engines(shape: &str) -> impl Iterator<Item = Engine> {
    let win = ["win", "shadow"].contains(&shape);
    let engines = support::engines().iter().copied();
    engines.filter(move |&engine| !win || engine == Engine::Jit)
}

/// The function of a shape through each engine, and once more, when its trampolines are there.
fn variants(library: &Library, prefix: &str, shape: &str) -> impl Iterator<Item = Function> {
    let name = format!("{prefix}_{shape}");
    let function = library.function_in(&declarations(prefix), &name).unwrap();
    engines(shape).flat_map(move |engine| {
        let function = function.with_engine(engine).unwrap();
        [function.clone(), function]
    })
}

/// The address of a function in a fixture whose type is not declared in C text.
fn address(library: &Library, name: &str) -> *const c_void {
    library.symbol(name).unwrap().address()
}

/// The number that a fixture's function counts.
fn count(library: &Library, name: &str) -> c_int {
    support::call(library, name)
}
