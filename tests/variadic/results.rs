//! Results of variadic functions, `errno`, and function pointers.

use crate::{bind, in_every_way, on_engines};
use farcall::values;
use std::ffi::{c_char, c_int, c_void};

support::foreign_struct!(Narrow { a: i16, b: i8 });
support::foreign_struct!(Mixed { d: f64, n: i64 });
support::foreign_struct!(Large {
    a: i64,
    b: i64,
    c: i64
});

#[test]
fn every_class_of_result_comes_back() {
    for (prototype, expected) in [
        ("int variadic_sum", "-5"),
        ("signed char variadic_sum_i8", "-5"),
        ("double variadic_sum_f64", "-5.0"),
        ("float variadic_sum_f32", "-5.0"),
        ("long long variadic_sum_pointer", "-5"),
        (
            "struct narrow { short a; signed char b; } variadic_sum_narrow",
            "{ a: -5, b: -1 }",
        ),
        (
            "struct mixed { double d; long long n; } variadic_sum_mixed",
            "{ d: -5.0, n: -1 }",
        ),
        (
            "struct large { long long a, b, c; } variadic_sum_large",
            "{ a: -5, b: -1, c: -5 }",
        ),
    ] {
        for sum in on_engines(&format!("{prototype}(int count, ...)")) {
            // Of the kinds that are passed, and of kinds that are promoted.
            for extra in [values![3, 10, -20, 5], values![3, 10, -20i8, 5u16]] {
                in_every_way(&sum, &extra, |result| {
                    assert_eq!(result.to_string(), expected);
                });
            }
            in_every_way(&sum, &values![0], |result| {
                assert_eq!(result.to_string(), expected.replace("-5", "0"));
            });
        }
    }
}

#[test]
fn tuples_get_results_of_rust_types() {
    macro_rules! check {
        ($name:literal $rust:ty: $expected:expr) => {
            for sum in on_engines(concat!($name, "(int count, ...)")) {
                for _ in 0..3 {
                    // SAFETY: the fixture's functions are called as they are declared.
                    let result = unsafe { sum.call::<_, $rust>((3, 10, -20i8, 5u16)) };
                    assert_eq!(result.expect("a sum"), $expected);
                    // SAFETY: as above.
                    let result = unsafe { sum.call::<_, $rust>((1, -5i64)) };
                    assert_eq!(result.expect("a sum"), $expected);
                }
            }
        };
    }
    check!("int variadic_sum" i32: -5);
    check!("signed char variadic_sum_i8" i8: -5);
    check!("double variadic_sum_f64" f64: -5.0);
    check!("float variadic_sum_f32" f32: -5.0);
    check!("void *variadic_sum_pointer" *mut c_void: std::ptr::without_provenance_mut(-5isize as usize));
    check!("struct narrow { short a; signed char b; } variadic_sum_narrow" Narrow:
        Narrow { a: -5, b: -1 });
    check!("struct mixed { double d; long long n; } variadic_sum_mixed" Mixed:
        Mixed { d: -5.0, n: -1 });
    check!("struct large { long long a, b, c; } variadic_sum_large" Large:
        Large { a: -5, b: -1, c: -5 });
}

#[test]
fn void_comes_back_as_nothing() {
    let stored = bind("int variadic_stored(void)");
    // SAFETY: the fixture's functions are called as they are declared.
    let stored = || unsafe { stored.call::<_, i32>(()) }.expect("a number");
    for (number, store) in (1..).zip(on_engines("void variadic_store(int count, ...)")) {
        for number in [number * 10, number * 10 + 1] {
            // SAFETY: the fixture's functions are called as they are declared.
            unsafe { store.call::<_, ()>((2, number, 1000)) }.expect("nothing");
            assert_eq!(stored(), number + 1000);
            // SAFETY: as above.
            let nothing = unsafe { store.call_values(&values![1, number]) }.expect("nothing");
            assert_eq!(nothing.to_string(), "");
            assert_eq!(stored(), number);
        }
    }
}

#[test]
fn errno_is_that_of_the_call() {
    for fail in on_engines("int variadic_fail(int count, ...)") {
        for (a, b) in [(2, 3), (20, 2), (0, 0)] {
            // SAFETY: the fixture's functions are called as they are declared.
            let (result, errno) =
                unsafe { fail.call_errno::<_, c_int>((2, a, b)) }.expect("a result");
            assert_eq!((result, errno.0), (-1, a + b));
            // SAFETY: as above.
            let found = unsafe { fail.call_values_errno(&values![2, a, b]) }.expect("a result");
            assert_eq!((found.0.as_i64(), found.1.0), (Some(-1), a + b));
        }
    }
}

#[test]
fn it_is_had_as_a_function_pointer_with_dots() {
    type Snprintf = unsafe extern "C" fn(*mut c_char, usize, *const c_char, ...) -> c_int;
    type Unwinding = unsafe extern "C-unwind" fn(*mut c_char, usize, *const c_char, ...) -> c_int;
    let snprintf = bind(crate::SNPRINTF);
    let pointer = snprintf.typed::<Snprintf>().expect("the type");
    let mut text: [c_char; 16] = [0; 16];
    // SAFETY: the arguments are those that the format asks for.
    let length = unsafe { pointer(text.as_mut_ptr(), 16, c"%d %.1f".as_ptr(), 7, 2.5) };
    assert_eq!(
        text[..length as usize]
            .iter()
            .map(|c| *c as u8)
            .collect::<Vec<_>>(),
        b"7 2.5"
    );
    assert!(snprintf.typed::<Unwinding>().is_ok());
    let closed = snprintf
        .with_extra(&[farcall::Type::INT])
        .expect("a function");
    assert!(closed.typed::<Snprintf>().is_ok());
    let sum = bind("int variadic_sum(int count, ...)");
    let sum = sum
        .typed::<unsafe extern "C" fn(c_int, ...) -> c_int>()
        .expect("the type");
    // SAFETY: there are as many.
    assert_eq!(unsafe { sum(3, 1, 2, 3) }, 6);
    type Eight = unsafe extern "C" fn(i8, u8, i16, u16, i32, u32, i64, f32, ...);
    let ty = "void f(int8_t, uint8_t, int16_t, uint16_t, int, unsigned, int64_t, float, ...)";
    let ty = farcall::FnType::parse(ty).expect("a prototype");
    // SAFETY: it is not called.
    let eight = unsafe { farcall::Function::from_address("f", sum as *const c_void, ty) };
    assert!(eight.expect("a function").typed::<Eight>().is_ok());
}
