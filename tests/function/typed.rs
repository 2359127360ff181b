//! Functions as plain function pointers.

use crate::{bind, library, message};
use farcall::{ErrorKind, ForeignFn};
use std::ffi::{c_char, c_void};
use std::ptr::NonNull;

#[test]
fn the_declared_type_is_given() {
    let add = bind("double add_f64(double, double)");
    // SAFETY: the fixture's functions are called as they are declared.
    unsafe {
        assert_eq!(
            add.typed::<unsafe extern "C" fn(f64, f64) -> f64>()
                .expect("the type")(1.0, 2.0),
            3.0
        );
        assert_eq!(
            add.typed::<unsafe extern "C-unwind" fn(f64, f64) -> f64>()
                .expect("the type")(1.0, 2.0),
            3.0
        );
        assert_eq!(
            add.typed::<unsafe extern "system" fn(f64, f64) -> f64>()
                .expect("the type")(1.0, 2.0),
            3.0
        );
        let length = bind("size_t text_length(const char *)");
        assert_eq!(
            length
                .typed::<unsafe extern "C" fn(*const c_char) -> usize>()
                .expect("the type")(c"abc".as_ptr()),
            3
        );
        let read = bind("int read_int(const int *)");
        assert_eq!(
            read.typed::<unsafe extern "C" fn(Option<&'static i32>) -> i32>()
                .expect("the type")(Some(&5)),
            5
        );
        assert_eq!(
            read.typed::<unsafe extern "C" fn(Option<NonNull<i32>>) -> i32>()
                .expect("the type")(None),
            -1
        );
    }
}

#[cfg(all(target_arch = "x86_64", windows))]
#[test]
fn conventions_by_another_name_are_the_same() {
    let add = bind("double add_f64(double, double)");
    let win = add.typed::<unsafe extern "win64" fn(f64, f64) -> f64>();
    // SAFETY: the fixture's functions are called as they are declared.
    assert_eq!(unsafe { win.expect("the type")(1.0, 2.0) }, 3.0);
    let add = add.typed::<unsafe extern "system" fn(f64, f64) -> f64>();
    // SAFETY: as above.
    assert_eq!(unsafe { add.expect("the type")(1.0, 2.0) }, 3.0);
    assert_eq!(
        refused::<unsafe extern "sysv64" fn(f64, f64) -> f64>("double add_f64(double, double)"),
        "add_f64: the declaration has the C calling convention, the Rust type SysV64"
    );
}

#[cfg(all(target_arch = "x86_64", unix))]
#[test]
fn conventions_by_another_name_are_the_same() {
    let add = bind("double add_f64(double, double)");
    let sysv = add
        .typed::<unsafe extern "sysv64" fn(f64, f64) -> f64>()
        .expect("the type");
    // SAFETY: the fixture's functions are called as they are declared.
    assert_eq!(unsafe { sysv(1.0, 2.0) }, 3.0);
    let win = bind("__attribute__((ms_abi)) int8_t win_i8(int8_t)");
    let win = win
        .typed::<unsafe extern "win64" fn(i8) -> i8>()
        .expect("the type");
    // SAFETY: as above.
    assert_eq!(unsafe { win(-3) }, -3);
}

/// The message for taking `prototype` as `F`, without the library's path.
fn refused<F: ForeignFn>(prototype: &str) -> String {
    let function = bind(prototype);
    let error = function.typed::<F>().err().expect("another type");
    let suffix = format!(" (in {})", library().name());
    let text = error.to_string();
    text.strip_suffix(&suffix)
        .expect("the library's name")
        .to_owned()
}

#[test]
fn another_type_is_refused() {
    let add = "double add_f64(double a, double b)";
    let cases = [
        (
            refused::<unsafe extern "C" fn(f64) -> f64>(add),
            "add_f64: expected 2 arguments, found 1",
        ),
        (
            refused::<unsafe extern "C" fn(f64, f64, f64) -> f64>(add),
            "add_f64: expected 2 arguments, found 3",
        ),
        (
            refused::<unsafe extern "C" fn(f64, f32) -> f64>(add),
            "add_f64: argument 2 (b): expected double (f64 in Rust), found f32",
        ),
        (
            refused::<unsafe extern "C" fn(f64, *const u8) -> f64>(add),
            "add_f64: argument 2 (b): expected double (f64 in Rust), found pointer",
        ),
        (
            refused::<unsafe extern "C" fn(f64, f64)>(add),
            "add_f64: the result is declared as double, which cannot be taken as ()",
        ),
        (
            refused::<unsafe extern "C" fn(f64, f64) -> u64>(add),
            "add_f64: the result is declared as double, which cannot be taken as u64",
        ),
        (
            refused::<unsafe extern "C" fn() -> i32>("void sum0(void)"),
            "sum0: the result is declared as void, which cannot be taken as i32",
        ),
        (
            refused::<unsafe extern "C" fn(bool) -> bool>("uint8_t same_u8(uint8_t)"),
            "same_u8: argument 1: expected uint8_t (u8 in Rust), found bool",
        ),
        (
            refused::<unsafe extern "C" fn(u8) -> bool>("uint8_t same_u8(uint8_t)"),
            "same_u8: the result is declared as uint8_t, which cannot be taken as bool",
        ),
        (
            refused::<unsafe extern "C" fn(u8) -> u8>("bool same_bool(bool)"),
            "same_bool: argument 1: expected bool (bool in Rust), found u8",
        ),
        (
            refused::<unsafe extern "C" fn(usize) -> *mut c_void>(
                "const void *same_pointer(const void *)",
            ),
            "same_pointer: argument 1: expected const void * (pointer in Rust), found u64",
        ),
        (
            refused::<unsafe extern "C" fn([i32; 2]) -> i32>("int sum1(int a)"),
            "sum1: argument 1 (a): expected int (i32 in Rust), found [i32; 2]",
        ),
        (
            refused::<unsafe extern "C" fn(i32) -> [i32; 1]>("int sum1(int a)"),
            "sum1: the result is declared as int, which cannot be taken as [i32; 1]",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}

#[cfg(all(target_arch = "x86_64", unix))]
#[test]
fn another_convention_is_refused() {
    assert_eq!(
        refused::<unsafe extern "win64" fn(f64, f64) -> f64>("double add_f64(double, double)"),
        "add_f64: the declaration has the C calling convention, the Rust type Win64"
    );
    assert_eq!(
        refused::<unsafe extern "C" fn(i8) -> i8>("__attribute__((ms_abi)) int8_t win_i8(int8_t)"),
        "win_i8: the declaration has the Win64 calling convention, the Rust type C"
    );
}

#[test]
fn a_function_at_an_address() {
    let ty = farcall::FnType::parse("int f(int)").expect("a prototype");
    extern "C" fn next(n: i32) -> i32 {
        n + 1
    }
    // SAFETY: the function has this type.
    let next = unsafe { farcall::Function::from_address("next", next as *const c_void, ty) }
        .expect("a function");
    assert!(next.library().is_none());
    assert_eq!((next.name(), next.ty()), ("next", ty));
    // SAFETY: as above.
    assert_eq!(unsafe { next.call::<_, i32>((1,)) }.expect("2"), 2);
    // SAFETY: nothing is called.
    let refused = unsafe { next.call::<_, i32>(()) };
    assert_eq!(message(refused), "next: expected 1 argument, found 0");
    // SAFETY: as above.
    let null =
        unsafe { farcall::Function::from_address("null", std::ptr::null(), ty) }.expect_err("null");
    assert!(matches!(null.kind(), ErrorKind::Symbol { .. }));
    assert_eq!(
        null.to_string(),
        "null: no such symbol: its address is null"
    );
}
