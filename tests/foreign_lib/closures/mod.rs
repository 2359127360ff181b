//! Do closures run when C calls them, and only then, and does what becomes of them come out?

#[cfg(target_os = "linux")]
mod alone;
mod failures;
mod kept;
mod lent;
mod nested;
mod notified;
mod threads;

use crate::closures::library::Closures;
use farcall::callback::Failure;
use farcall::foreign_lib;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[foreign_lib(prefix = "cl_", unsafe(sync))]
pub(crate) mod library {
    use farcall::{Callback, ForeignResult, ForeignType, Result};
    use std::ffi::{CStr, c_char, c_int, c_short, c_uchar, c_void};

    /// `tests/native/closures.c`
    pub(crate) struct Closures;

    #[derive(ForeignType, ForeignResult, Clone, Copy, PartialEq, Debug)]
    #[repr(C)]
    pub(crate) struct Pair {
        pub(crate) x: f64,
        pub(crate) y: c_int,
    }

    #[status(ok = 0)]
    pub(crate) struct Status(c_int);
    #[handle(drop = cl_close)]
    pub(crate) struct Source(*mut c_void);
    #[handle(drop = cl_close_roaming, unsafe(send))]
    pub(crate) struct Roaming(*mut c_void);

    impl Source {
        pub(crate) fn address(&self) -> *mut c_void {
            self.0
        }
    }

    unsafe extern "C" {
        pub(crate) safe fn cl_each(
            n: c_int,
            visit: Option<
                extern "C" fn(context: *mut c_void, n: c_int, text: Option<&CStr>) -> c_int,
            >,
            #[context_of(visit)] context: *mut c_void,
        ) -> c_int;
        #[symbol("cl_each")]
        pub(crate) safe fn cl_each_reentrant(
            n: c_int,
            visit: extern "C" fn(context: *mut c_void, n: c_int, text: Option<&CStr>) -> c_int,
            #[context_of(visit, reentrant)] context: *mut c_void,
        ) -> c_int;
        #[symbol("cl_each")]
        pub(crate) safe fn cl_each_shared(
            n: c_int,
            visit: extern "C" fn(context: *mut c_void, n: c_int, text: Option<&CStr>) -> c_int,
            #[context_of(visit, any_thread)] context: *mut c_void,
        ) -> c_int;
        #[symbol("cl_each")]
        pub(crate) safe fn cl_each_text(
            n: c_int,
            visit: extern "C" fn(context: *mut c_void, n: c_int, text: &CStr) -> c_int,
            #[context_of(visit)] context: *mut c_void,
        ) -> c_int;
        pub(crate) safe fn cl_status(
            n: c_int,
            #[fallback(9)] visit: Option<
                extern "C" fn(context: *mut c_void, n: c_int, text: &CStr) -> Result<c_int>,
            >,
            #[context_of(visit)] context: *mut c_void,
        ) -> Status;
        pub(crate) safe fn cl_middle(
            f: extern "C" fn(x: f32, context: *mut c_void, y: c_uchar) -> f64,
            #[context_of(f)] context: *mut c_void,
        ) -> f64;
        pub(crate) safe fn cl_nothing(
            f: extern "C" fn(context: *mut c_void),
            #[context_of(f)] context: *mut c_void,
        );
        pub(crate) safe fn cl_small(
            f: unsafe extern "C" fn(a: i8, b: c_short, context: *mut c_void) -> i8,
            #[context_of(f)] context: *mut c_void,
        ) -> i8;
        pub(crate) safe fn cl_record(
            f: extern "C" fn(pair: Pair, context: *mut c_void) -> Pair,
            #[context_of(f)] context: *mut c_void,
        ) -> Pair;
        pub(crate) safe fn cl_two(
            f: extern "C" fn(f_context: *mut c_void, n: c_int, text: &CStr) -> c_int,
            #[context_of(f)] f_context: *mut c_void,
            g: extern "C" fn(g_context: *mut c_void, n: c_int, text: &CStr) -> c_int,
            #[context_of(g)] g_context: *mut c_void,
        ) -> c_int;
        #[symbol("cl_sum")]
        pub(crate) safe fn cl_sum3(
            visit: extern "C" fn(context: *mut c_void, n: c_int, text: *const c_char) -> c_int,
            #[context_of(visit)] context: *mut c_void,
            #[value(3)] count: c_int,
            #[variadic] a: c_int,
            #[variadic] b: c_short,
            #[variadic] c: c_int,
        ) -> c_int;
        pub(crate) fn cl_sum(
            visit: extern "C" fn(context: *mut c_void, n: c_int, text: *const c_char) -> c_int,
            #[context_of(visit)] context: *mut c_void,
            count: c_int,
            ...
        ) -> c_int;
        pub(crate) safe fn cl_elsewhere(
            #[fallback(-7)] visit: extern "C" fn(
                context: *mut c_void,
                n: c_int,
                text: &CStr,
            ) -> c_int,
            #[context_of(visit)] context: *mut c_void,
        ) -> c_int;
        #[symbol("cl_elsewhere")]
        #[fallible]
        pub(crate) safe fn cl_elsewhere_told(
            visit: extern "C" fn(context: *mut c_void, n: c_int, text: &CStr) -> c_int,
            #[context_of(visit)] context: *mut c_void,
        ) -> c_int;
        #[symbol("cl_elsewhere")]
        pub(crate) safe fn cl_elsewhere_shared(
            visit: extern "C" fn(context: *mut c_void, n: c_int, text: &CStr) -> c_int,
            #[context_of(visit, any_thread)] context: *mut c_void,
        ) -> c_int;

        pub(crate) safe fn cl_open(#[out] source: *mut Source) -> Status;
        fn cl_close(source: Source);
        pub(crate) safe fn cl_open_sources() -> c_int;
        #[calls_back]
        pub(crate) safe fn cl_fire(self: &Source, n: c_int) -> c_int;
        #[symbol("cl_fire")]
        pub(crate) safe fn cl_fire_alone(self: &Source, n: c_int) -> c_int;
        #[calls_back]
        pub(crate) safe fn cl_fire_elsewhere(self: &Source) -> c_int;
        pub(crate) safe fn cl_add(
            source: &Source,
            visit: extern "C" fn(context: *mut c_void, n: c_int, text: &CStr) -> c_int,
            #[context_of(visit, until = source)] context: *mut c_void,
        ) -> Status;
        pub(crate) safe fn cl_set(
            self: &mut Source,
            status: c_int,
            visit: Option<extern "C" fn(context: *mut c_void, n: c_int, text: &CStr) -> c_int>,
            #[context_of(visit, until = self, replaces)] context: *mut c_void,
        ) -> Status;
        #[symbol("cl_set")]
        pub(crate) safe fn cl_set_reentrant(
            self: &Source,
            status: c_int,
            visit: extern "C" fn(context: *mut c_void, n: c_int, text: &CStr) -> c_int,
            #[context_of(visit, until = self, reentrant)] context: *mut c_void,
        ) -> Status;
        pub(crate) safe fn cl_register(
            self: &Source,
            how: c_int,
            visit: Option<extern "C" fn(context: *mut c_void, n: c_int, text: &CStr) -> c_int>,
            #[context_of(visit, destroy = destroy)] context: *mut c_void,
            destroy: Option<unsafe extern "C" fn(*mut c_void)>,
        ) -> Status;
        #[calls_back]
        pub(crate) safe fn cl_drop_inside(source: &Source) -> c_int;
        #[calls_back]
        pub(crate) safe fn cl_unregister(source: &Source);
        #[null_is_error]
        pub(crate) safe fn cl_make(
            how: c_int,
            visit: extern "C" fn(context: *mut c_void, n: c_int, text: &CStr) -> c_int,
            #[context_of(visit, destroy = destroy)] context: *mut c_void,
            destroy: Option<unsafe extern "C" fn(*mut c_void)>,
        ) -> Source;
        pub(crate) safe fn cl_open_loudly(
            #[out] source: *mut Source,
            status: c_int,
            visit: extern "C" fn(context: *mut c_void, n: c_int, text: &CStr) -> c_int,
            #[context_of(visit)] context: *mut c_void,
        ) -> Status;
        #[symbol("cl_open")]
        pub(crate) safe fn cl_open_roaming(#[out] source: *mut Roaming) -> Status;
        #[symbol("cl_close")]
        fn cl_close_roaming(source: Roaming);
        #[symbol("cl_add")]
        pub(crate) safe fn cl_add_roaming(
            source: &Roaming,
            visit: extern "C" fn(context: *mut c_void, n: c_int, text: &CStr) -> c_int,
            #[context_of(visit, until = source)] context: *mut c_void,
        ) -> Status;
        #[calls_back]
        #[symbol("cl_fire")]
        pub(crate) safe fn cl_fire_roaming(source: &mut Roaming, n: c_int) -> c_int;
        pub(crate) safe fn cl_copy(
            read: extern "C" fn(stream: *mut c_void, to: *mut c_char, size: c_int) -> c_int,
            close: Option<extern "C" fn(stream: *mut c_void) -> c_int>,
            #[context_of(read, close)] stream: *mut c_void,
            to: &mut [c_char],
            #[len_of(to)] size: c_int,
        ) -> c_int;
        #[calls_back]
        pub(crate) safe fn cl_plain(
            f: Option<&Callback<unsafe extern "C" fn(c_int) -> c_int>>,
            n: c_int,
        ) -> c_int;
        #[calls_back]
        pub(crate) fn cl_call(f: unsafe extern "C" fn()) -> c_int;
    }
}

/// Counts how often it is dropped.
#[derive(Clone, Default)]
struct Count(Arc<AtomicU32>);

impl Count {
    fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }

    /// What adds to the count when it is dropped.
    fn token(&self) -> Token {
        Token(self.clone())
    }
}

struct Token(Count);

impl Token {
    fn touch(&self) {}
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The message of the panic of `body`.
fn panic_of<T>(body: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(body()))).expect_err("it panics");
    Failure::Panic(payload).message()
}

fn closures() -> Closures {
    // SAFETY: it is the library that is declared.
    unsafe { Closures::load_from(support::fixture("closures")) }.expect("the fixture")
}
