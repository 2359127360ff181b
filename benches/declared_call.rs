//! What a declared call costs: a plain one, one that collects, and one that lends a closure, beside
//! the same through a function pointer (the floor). What counts are the ratios.

mod harness;

use declared::{Calls, Closures};
use harness::{AtMost, compare, row};
use std::ffi::{c_int, c_void};
use std::hint::black_box as b;

mod declared {
    use farcall::foreign_lib;

    /// `tests/native/calls.c`
    #[foreign_lib]
    pub(crate) mod calls {
        use std::ffi::c_int;
        pub(crate) struct Calls;
        unsafe extern "C" {
            pub(crate) safe fn add2(a: c_int, b: c_int) -> c_int;
            #[calls_back]
            #[symbol("add2")]
            pub(crate) safe fn add2_collecting(a: c_int, b: c_int) -> c_int;
            #[errno(on = -1)]
            #[symbol("add2")]
            pub(crate) safe fn add2_errno(a: c_int, b: c_int) -> c_int;
            pub(crate) safe fn fadd2(a: f64, b: f64) -> f64;
        }
        #[lazy]
        unsafe extern "C" {
            #[symbol("add2")]
            pub(crate) safe fn add2_lazy(a: c_int, b: c_int) -> c_int;
        }
    }

    /// `tests/native/closures.c`
    #[foreign_lib]
    pub(crate) mod closures {
        use std::ffi::c_void;
        pub(crate) struct Closures;
        unsafe extern "C" {
            pub(crate) safe fn cl_nothing(
                f: extern "C" fn(data: *mut c_void),
                #[context_of(f)] data: *mut c_void,
            );
            #[symbol("cl_nothing")]
            pub(crate) fn cl_nothing_raw(f: unsafe extern "C" fn(*mut c_void), data: *mut c_void);
        }
    }

    pub(crate) use calls::Calls;
    pub(crate) use closures::Closures;
}

fn main() {
    let fixture = |name| format!("{}/libfarcall_{name}.so", env!("FARCALL_FIXTURES"));
    // SAFETY: the fixtures are what is declared.
    let calls = unsafe { Calls::load_from(fixture("calls")) }.expect("the fixture");
    // SAFETY: as above.
    let closures = unsafe { Closures::load_from(fixture("closures")) }.expect("the fixture");
    plain(calls);
    doubles(calls);
    lent(closures);
}

fn plain(calls: Calls) {
    let add = calls.library().symbol("add2").expect("add2").address();
    // SAFETY: this is its type.
    let add = b(unsafe {
        std::mem::transmute::<*const c_void, unsafe extern "C" fn(c_int, c_int) -> c_int>(add)
    });
    compare(
        "2 ints",
        &mut [
            // SAFETY: it takes any numbers.
            row("function pointer", || unsafe { add(b(1), b(2)) }),
            row("declared", || calls.add2(b(1), b(2))).at_most(AtMost::Times(1.05)),
            row("declared, looked up late", || calls.add2_lazy(b(1), b(2))),
            row("declared, collecting", || calls.add2_collecting(b(1), b(2)))
                .at_most(AtMost::Times(1.3)),
            row("declared, with errno", || calls.add2_errno(b(1), b(2))),
        ],
    );
}

fn doubles(calls: Calls) {
    let add = calls.library().symbol("fadd2").expect("fadd2").address();
    // SAFETY: this is its type.
    let add = b(unsafe {
        std::mem::transmute::<*const c_void, unsafe extern "C" fn(f64, f64) -> f64>(add)
    });
    compare(
        "2 doubles",
        &mut [
            // SAFETY: it takes any numbers.
            row("function pointer", || unsafe { add(b(1.0), b(2.0)) }),
            row("declared", || calls.fadd2(b(1.0), b(2.0))).at_most(AtMost::Times(1.05)),
        ],
    );
}

/// C calls back once.
fn lent(closures: Closures) {
    unsafe extern "C" fn count(data: *mut c_void) {
        // SAFETY: it is the number below.
        unsafe { *data.cast::<u64>() += 1 };
    }
    let (mut floor, mut counted) = (0u64, 0u64);
    compare(
        "a call that is called back",
        &mut [
            row("C function and context", || {
                // SAFETY: the number lives.
                unsafe { closures.cl_nothing_raw(b(count), (&raw mut floor).cast()) }
            }),
            row("closure that is lent", || {
                closures.cl_nothing(|| counted += 1)
            }),
        ],
    );
    assert!(floor > 0 && counted > 0, "both were called");
}
