//! Panics of Rust functions that are called as C functions.

use std::ffi::c_void;
use std::panic::{self, AssertUnwindSafe};

use farcall::Function;

use super::{SHAPES, declarations, engines, with_arguments};

#[derive(Clone, Copy)]
#[repr(C)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Large([i64; 6]);

/// Panics without printing.
fn raise(sum: i64) -> ! {
    panic::resume_unwind(Box::new(sum))
}

extern "C-unwind" fn few(a: i64, b: f64) -> i64 {
    raise(a + 10 * b as i64)
}

extern "C-unwind" fn stack(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64) -> i64 {
    raise(a + b + c + d + e + f + 10 * g + 100 * h)
}

extern "C-unwind" fn large(a: Large, b: f64) -> Large {
    raise(a.0[0] + 10 * a.0[5] + 100 * b as i64)
}

extern "C-unwind" fn pair(a: Point, b: Large) -> Point {
    raise(a.x as i64 + 10 * a.y as i64 + 100 * b.0[5])
}

#[cfg(target_arch = "x86_64")]
extern "win64-unwind" fn win(a: i64, b: Large, c: f64, d: i64, e: i64) -> i64 {
    raise(a + b.0[5] + c as i64 + d + e)
}

#[cfg(target_arch = "x86_64")]
extern "win64-unwind" fn shadow(a: i64, b: f64) -> i64 {
    raise(a + 10 * b as i64)
}

fn function(shape: &str) -> Function {
    let address = match shape {
        // An extra double travels as a named one does.
        "few" | "extra" => few as *const c_void,
        "stack" => stack as *const c_void,
        "large" => large as *const c_void,
        "pair" => pair as *const c_void,
        #[cfg(target_arch = "x86_64")]
        "win" => win as *const c_void,
        #[cfg(target_arch = "x86_64")]
        "shadow" => shadow as *const c_void,
        other => panic!("{other}"),
    };
    let name = format!("panics_{shape}");
    let ty = declarations("panics").function(&name).unwrap();
    // SAFETY: the functions of this program are there for ever.
    unsafe { Function::from_address(&name, address, ty) }.unwrap()
}

#[test]
fn a_panic_passes_and_is_caught_outside() {
    for (shape, expected) in SHAPES {
        with_arguments(shape, |arguments| {
            for engine in engines(shape) {
                let function = function(shape).with_engine(engine).unwrap();
                for _ in 0..3 {
                    // SAFETY: the declarations are those of the functions.
                    let call = || unsafe { function.call_unwind(arguments) };
                    let payload = panic::catch_unwind(AssertUnwindSafe(call)).unwrap_err();
                    assert_eq!(payload.downcast_ref(), Some(expected), "{shape} {engine}");
                }
            }
        });
    }
}
