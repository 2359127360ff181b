//! Do closures over Rust types become C function pointers of the right type?

use super::{IntFn, apply, bind, builders, call};
use farcall::{Callback, values};
use std::cell::Cell;
use std::ffi::c_int;
use std::rc::Rc;

#[test]
fn does_a_typed_closure_run_with_what_it_captures() {
    for builder in builders() {
        let seen = Rc::new(Cell::new(0));
        let inner = seen.clone();
        let callback: Callback<IntFn> = builder
            .from_fn(move |x: c_int| {
                inner.set(inner.get() + x);
                x * 2
            })
            .unwrap();
        // SAFETY: the fixture calls it as it is declared.
        let result: i32 = unsafe { apply().call((&callback, 21)) }.unwrap();
        assert_eq!((result, seen.get()), (42, 21));
        // SAFETY: the callback is alive.
        assert_eq!(unsafe { callback.as_fn()(3) }, 6);
        assert_eq!(seen.get(), 24);
    }
}

#[test]
fn may_there_be_none() {
    let apply_or = bind("int apply_or(int (*f)(int), int x, int otherwise)");
    for builder in builders() {
        let callback: Callback<IntFn> = builder.from_fn(|x: c_int| x + 1).unwrap();
        for (given, expected) in [(Some(&callback), 6), (None, 9)] {
            // SAFETY: the fixture calls what is not null, as it is declared.
            let result: i32 = unsafe { apply_or.call((given, 5, 9)) }.unwrap();
            assert_eq!(result, expected);
            // SAFETY: as above.
            let result = unsafe { apply_or.call_values(&values![given, 5, 9]) };
            assert_eq!(result.unwrap().as_i64(), Some(expected.into()));
        }
    }
}

#[test]
fn does_an_fn_mut_keep_its_state_between_calls() {
    for builder in builders() {
        let mut count = 0;
        let callback: Callback<IntFn> = builder
            .from_fn_mut(move |x: c_int| {
                count += x;
                count
            })
            .unwrap();
        assert_eq!(call(callback.as_ptr(), 1).unwrap(), 1);
        assert_eq!(call(callback.as_ptr(), 2).unwrap(), 3);
    }
}

#[test]
fn are_twelve_parameters_enough_for_each_register_and_the_stack() {
    type Twelve =
        unsafe extern "C" fn(i64, f64, i64, f64, i64, f64, i64, f64, i64, f64, i64, i64) -> i64;
    for builder in builders() {
        let callback: Callback<Twelve> = builder
            .from_fn(
                |a: i64,
                 b: f64,
                 c: i64,
                 d: f64,
                 e: i64,
                 f: f64,
                 g: i64,
                 h: f64,
                 i: i64,
                 j: f64,
                 k: i64,
                 l: i64| {
                    let weights = [
                        a, b as i64, c, d as i64, e, f as i64, g, h as i64, i, j as i64, k, l,
                    ];
                    (1..)
                        .zip(weights)
                        .map(|(weight, value)| weight * value)
                        .sum()
                },
            )
            .unwrap();
        // SAFETY: the callback is alive.
        let sum = unsafe { callback.as_fn()(1, 2.0, 3, 4.0, 5, 6.0, 7, 8.0, 9, 10.0, 11, 12) };
        assert_eq!(sum, (1..=12).map(|n| n * n).sum::<i64>());
    }
}

#[test]
fn is_an_array_by_value_refused() {
    let error = Callback::<unsafe extern "C" fn([i32; 4])>::from_fn(|_| ()).unwrap_err();
    let expected = "a callback with [i32; 4] by value is not supported: C passes arrays by \
                    address; write a pointer to the element";
    assert_eq!(error.to_string(), expected);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn does_a_typed_closure_have_the_convention_of_its_pointer() {
    for builder in builders() {
        let callback: Callback<unsafe extern "win64" fn(i32, f64, i32, i32, i32, f64) -> f64> =
            builder
                .from_fn(|a: i32, b: f64, c: i32, d: i32, e: i32, f: f64| {
                    f64::from(a) + 10.0 * b + 100.0 * f64::from(c + d + e) + f
                })
                .unwrap();
        // SAFETY: the callback is alive.
        assert_eq!(unsafe { callback.as_fn()(1, 2.0, 1, 1, 1, 0.5) }, 321.5);
    }
}

#[test]
fn are_records_taken_and_returned_by_value() {
    support::foreign_struct!(Pair { a: i32, b: i32 });
    support::foreign_struct!(Large { a: [i64; 5] });
    let pass =
        bind("struct pair { int a, b; } pass_pair(struct pair (*f)(struct pair), struct pair)");
    let pass_large = bind(
        "struct large { int64_t a[5]; } pass_large(struct large (*f)(struct large), struct large)",
    );
    for builder in builders() {
        let swap: Callback<unsafe extern "C" fn(Pair) -> Pair> =
            builder.from_fn(|p: Pair| Pair { a: p.b, b: p.a }).unwrap();
        // SAFETY: the fixture is called as it is declared.
        let swapped: Pair = unsafe { pass.call((&swap, Pair { a: 1, b: 2 })) }.unwrap();
        assert_eq!(swapped, Pair { a: 2, b: 1 });
    }
    for builder in builders() {
        let negate: Callback<unsafe extern "C" fn(Large) -> Large> = builder
            .from_fn(|l: Large| Large { a: l.a.map(|x| -x) })
            .unwrap();
        let large = Large { a: [1, 2, 3, 4, 5] };
        // SAFETY: as above.
        let negated: Large = unsafe { pass_large.call((&negate, large)) }.unwrap();
        assert_eq!(
            negated,
            Large {
                a: [-1, -2, -3, -4, -5]
            }
        );
    }
}
