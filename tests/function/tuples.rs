//! Tuples of Rust values of every length.

use crate::{all_ways, bind, message};
use farcall::Value;

/// An integer for each number.
type Int<const N: i32> = i32;

macro_rules! tuples {
    ($($name:ident: $($number:literal)*;)*) => {
        #[test]
        fn every_length_is_passed_in_order() {
            $(
                let params: [&str; _] = [$(concat!("int p", $number)),*];
                let params = if params.is_empty() { "void".to_owned() } else { params.join(", ") };
                let prototype = format!("int {}({params})", stringify!($name));
                let function = bind(&prototype);
                let numbers: [i32; _] = [$($number),*];
                let expected = (1..).zip(numbers).map(|(weight, n)| weight * n).sum::<i32>();
                let expected = if numbers.is_empty() { 7 } else { expected };
                for _ in 0..3 {
                    // SAFETY: the fixture's functions are called as they are declared.
                    let sum: i32 = unsafe { function.call(($($number,)*)) }.expect("a sum");
                    assert_eq!(sum, expected);
                }
                // SAFETY: as above.
                let (sum, _) = unsafe { function.call_errno::<_, i32>(($($number,)*)) }.expect("a sum");
                assert_eq!(sum, expected);
                let values = numbers.map(Value::from);
                assert_eq!(all_ways(&prototype, &values).as_i64(), Some(expected.into()));
                let typed = function.typed::<unsafe extern "C" fn($(Int<$number>),*) -> i32>();
                // SAFETY: as above.
                assert_eq!(unsafe { typed.expect("the type")($($number),*) }, expected);
            )*
        }
    };
}

tuples! {
    sum0: ;
    sum1: 11;
    sum2: 11 12;
    sum3: 11 12 13;
    sum4: 11 12 13 14;
    sum5: 11 12 13 14 15;
    sum6: 11 12 13 14 15 16;
    sum7: 11 12 13 14 15 16 17;
    sum8: 11 12 13 14 15 16 17 18;
    sum9: 11 12 13 14 15 16 17 18 19;
    sum10: 11 12 13 14 15 16 17 18 19 20;
    sum11: 11 12 13 14 15 16 17 18 19 20 21;
    sum12: 11 12 13 14 15 16 17 18 19 20 21 22;
    sum13: 11 12 13 14 15 16 17 18 19 20 21 22 23;
    sum14: 11 12 13 14 15 16 17 18 19 20 21 22 23 24;
    sum15: 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25;
    sum16: 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26;
}

#[test]
fn call_sites_of_one_function_do_not_mix() {
    let same = bind("const void *same_pointer(const void *p)");
    let number = 5u32;
    for _ in 0..3 {
        // SAFETY: the fixture's functions are called as they are declared.
        unsafe {
            let a: *const u32 = same.call((&number,)).expect("a reference");
            let b: *mut u8 = same.call((&raw const number,)).expect("a pointer");
            let c: Option<std::ptr::NonNull<u8>> = same.call((None::<&u8>,)).expect("null");
            assert_eq!(
                (a, b.cast_const().cast()),
                (&raw const number, &raw const number)
            );
            assert_eq!(c, None);
            let wrong = same.call::<_, *const u8>((number,));
            assert!(message(wrong).contains("argument 1 (p): expected const void *, found u32"));
            let wrong = same.call::<_, usize>((&number,));
            assert!(message(wrong).contains("cannot be taken as u64"));
        }
    }
}

#[test]
fn clones_and_threads_share_what_is_bound() {
    let sum = bind("int sum2(int, int)");
    std::thread::scope(|scope| {
        for n in 0..4 {
            let (sum, clone) = (&sum, sum.clone());
            scope.spawn(move || {
                for m in 0..1000 {
                    // SAFETY: the fixture's functions are called as they are declared.
                    unsafe {
                        assert_eq!(sum.call::<_, i32>((n, m)).expect("a sum"), n + 2 * m);
                        assert_eq!(clone.call::<_, i32>((m, n)).expect("a sum"), m + 2 * n);
                        let values = farcall::values![n, m];
                        let result = sum.call_values(&values).expect("a sum");
                        assert_eq!(result.as_i64(), Some((n + 2 * m).into()));
                    }
                }
            });
        }
    });
}
