//! Closures that are lent for a call.

use super::library::Pair;
#[cfg(any(feature = "jit", feature = "libffi"))]
use super::panic_of;
use super::{Count, closures};

#[test]
fn is_a_closure_called_with_what_c_passes() {
    let lib = closures();
    let mut seen = Vec::new();
    let sum = lib.each(
        5,
        Some(&mut |n, text| {
            seen.push(text.map(|text| text.to_str().unwrap().to_owned()));
            n * 2
        }),
    );
    assert_eq!(sum, 20);
    let words = ["zero", "one", "two", "three"];
    let expected: Vec<_> = words
        .into_iter()
        .map(|w| Some(w.to_owned()))
        .chain([None])
        .collect();
    assert_eq!(seen, expected);
}

#[test]
fn is_no_closure_null() {
    assert_eq!(closures().each(3, None), -100);
}

#[test]
fn does_every_type_cross() {
    let lib = closures();
    assert_eq!(lib.middle(|x, y| f64::from(x) + f64::from(y)), 200.5);
    let mut called = 0;
    lib.nothing(|| called += 1);
    assert_eq!(called, 1);
    assert_eq!(lib.small(|a, b| a + (b / 100) as i8), -6);
    let pair = lib.record(|pair| Pair {
        x: pair.x * 2.0,
        y: pair.y + 1,
    });
    assert_eq!(pair, Pair { x: 3.0, y: 3 });
}

#[test]
fn do_two_closures_each_have_their_own_context() {
    let (mut f_calls, mut g_calls) = (Vec::new(), Vec::new());
    let sum = closures().two(
        |n, text| {
            f_calls.push((n, text.to_owned()));
            n
        },
        |n, text| {
            g_calls.push((n, text.to_owned()));
            1
        },
    );
    assert_eq!(sum, 123);
    assert_eq!(
        f_calls,
        [(0, c"f".into()), (1, c"f".into()), (2, c"f".into())]
    );
    assert_eq!(
        g_calls,
        [(0, c"g".into()), (1, c"g".into()), (2, c"g".into())]
    );
}

#[test]
fn may_two_closures_share_a_context() {
    let lib = closures();
    let mut left: &[u8] = b"shared";
    let mut closed = 0;
    let mut to = [0; 8];
    let copy = |to: *mut std::ffi::c_char, size: i32| {
        let n = left.len().min(4).min(size as usize);
        // SAFETY: there is room for `size` bytes.
        unsafe { std::ptr::copy_nonoverlapping(left.as_ptr().cast(), to, n) };
        left = &left[n..];
        n as i32
    };
    let copied = lib.copy(
        copy,
        Some(&mut || {
            closed += 1;
            0
        }),
        &mut to,
    );
    assert_eq!((copied, closed), (6, 1));
    let bytes = to.map(|c| c as u8);
    assert_eq!(&bytes, b"shared\0\0");
}

#[test]
fn do_closures_stand_beside_variadic_arguments() {
    let lib = closures();
    let mut seen = Vec::new();
    let sum = lib.sum3(
        |n, _| {
            seen.push(n);
            2 * n
        },
        1,
        -300,
        70_000,
    );
    assert_eq!((sum, &seen[..]), (139_402, &[1, -300, 70_000][..]));
    let factor = 3;
    // SAFETY: as many numbers follow as it is told.
    let sum = unsafe { lib.sum(|n, _| n * factor, 2, (10, 20)) };
    assert_eq!(sum, 90);
}

#[test]
fn is_a_closure_that_is_lent_dropped_once() {
    let (lib, count) = (closures(), Count::default());
    let token = count.token();
    lib.nothing(move || token.touch());
    assert_eq!(count.get(), 1);
    let token = count.token();
    let mut lent = |_: i32, _: Option<&std::ffi::CStr>| {
        token.touch();
        1
    };
    assert_eq!(lib.each(2, Some(&mut lent)), 2);
    assert_eq!(lib.each(3, Some(&mut lent)), 3);
    assert_eq!(count.get(), 1);
    drop(token);
    assert_eq!(count.get(), 2);
}

#[test]
fn does_a_callback_without_a_context_pass() {
    assert_eq!(closures().plain(None, 3), -1);
}

#[cfg(any(feature = "jit", feature = "libffi"))]
#[test]
fn is_a_callback_called_and_what_becomes_of_it_collected() {
    type Plain = unsafe extern "C" fn(i32) -> i32;
    let lib = closures();
    let double: farcall::Callback<Plain> = farcall::Callback::from_fn(|n| {
        assert!(n < 50, "too large");
        2 * n
    })
    .unwrap();
    assert_eq!(lib.plain(Some(&double), 21), 42);
    assert_eq!(panic_of(|| lib.plain(Some(&double), 50)), "too large");
}

#[test]
fn does_the_declaration_say_what_c_sees() {
    let declaration = super::library::Closures::DECLARATION;
    let each = declaration.function("cl_each").unwrap();
    assert_eq!(
        each.prototype().unwrap(),
        "int cl_each(int n, void *visit, void *context)"
    );
    let make = declaration.function("cl_make").unwrap();
    assert_eq!(
        make.prototype().unwrap(),
        "void *cl_make(int how, void *visit, void *context, void *destroy)"
    );
}
