//! Rust calls C, which calls Rust, which calls C.

use super::{closures, panic_of};

#[test]
fn do_calls_nest() {
    let lib = closures();
    let mut trace = Vec::new();
    let sum = lib.each(
        2,
        Some(&mut |n, _| {
            let mut inner = Vec::new();
            let sum = lib.each(
                3,
                Some(&mut |m, _| {
                    let deepest = lib.middle(|x, y| f64::from(x) * f64::from(y));
                    inner.push((m, deepest));
                    m
                }),
            );
            trace.push((n, inner));
            sum + n
        }),
    );
    assert_eq!(sum, 7);
    let inner = vec![(0, 100.0), (1, 100.0), (2, 100.0)];
    assert_eq!(trace, [(0, inner.clone()), (1, inner)]);
}

#[test]
fn does_a_panic_stop_at_the_innermost_call() {
    let lib = closures();
    let mut outer = 0;
    let sum = lib.each(
        3,
        Some(&mut |n, _| {
            outer += 1;
            match n {
                1 => {
                    let message = panic_of(|| lib.nothing(|| panic!("inner")));
                    assert_eq!(message, "inner");
                    10
                }
                n => n,
            }
        }),
    );
    assert_eq!((sum, outer), (12, 3));
}

#[test]
fn does_a_panic_pass_through_all_calls_that_let_it() {
    let lib = closures();
    let message = panic_of(|| {
        lib.each(
            1,
            Some(&mut |_, _| lib.each(1, Some(&mut |_, _| panic!("deep")))),
        )
    });
    assert_eq!(message, "deep");
}

#[test]
fn may_the_same_closure_be_lent_twice_if_it_is_an_fn() {
    let lib = closures();
    let depth = std::cell::Cell::new(0);
    struct Again<'a>(&'a dyn Fn(&Again<'_>, i32) -> i32);
    let again = Again(&|again, n| {
        depth.set(depth.get() + 1);
        match n {
            0 => 1,
            n => lib.each_reentrant(1, |_, _| (again.0)(again, n - 1)),
        }
    });
    assert_eq!(((again.0)(&again, 4), depth.get()), (1, 5));
}
