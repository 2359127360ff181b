//! `qsort` and `bsearch` of a million numbers, with closures that compare.

use super::Api;
use farcall::callback::CallbackBuilder;
use farcall::{Callback, Value, callback};
use std::ffi::{c_int, c_void};

const SORTING: &str = "
    void qsort(void *base, size_t nmemb, size_t size,
               int (*compar)(const void *, const void *));
    void *bsearch(const void *key, const void *base, size_t nmemb, size_t size,
                  int (*compar)(const void *, const void *));
";

type Compare = unsafe extern "C" fn(*const i64, *const i64) -> c_int;

/// Fewer where the test itself is not optimised.
const LENGTH: usize = if cfg!(debug_assertions) {
    20_000
} else {
    1_000_000
};

fn sorting() -> Api {
    Api::open("libc.so.6", "libc6", SORTING).unwrap()
}

/// Numbers of which some are equal, the same in each run.
fn numbers() -> Vec<i64> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as i64 % (LENGTH as i64) - 7
    };
    (0..LENGTH).map(next).collect()
}

fn sorted() -> Vec<i64> {
    let mut numbers = numbers();
    numbers.sort_unstable();
    numbers
}

fn by_value(a: *const i64, b: *const i64) -> c_int {
    // SAFETY: C hands over the addresses of a key or of elements.
    let order = unsafe { (*a).cmp(&*b) };
    order as c_int
}

/// As [`by_value`], for arguments that are known at run time only.
fn by_values(args: &[Value<'_>]) -> Result<c_int, &'static str> {
    let address =
        |index: usize| Ok::<_, &str>(args[index].as_pointer().ok_or("no pointer")?.cast());
    Ok(by_value(address(0)?, address(1)?))
}

/// Sorts with a callback and compares with what Rust makes of it.
fn sorts<F, P>(api: &Api, compare: &Callback<F, P>) {
    let mut numbers = numbers();
    let qsort = api.function("qsort");
    // SAFETY: the declaration is that of the C standard, and there are so many elements.
    unsafe { qsort.call::<_, ()>((&mut numbers[..], LENGTH, size_of::<i64>(), compare)) }.unwrap();
    assert!(numbers == sorted(), "{compare:?} on {}", compare.engine());
    assert_eq!(Some(compare.engine()), api.engine);
}

#[test]
fn typed_closures_sort() {
    for api in sorting().callback_engines() {
        sorts::<Compare, _>(&api, &api.builder().from_fn(by_value).unwrap());
        let any_thread = api.builder().any_thread().from_fn(by_value);
        sorts::<Compare, _>(&api, &any_thread.unwrap());
    }
}

#[test]
fn closures_over_values_sort() {
    for api in sorting().callback_engines() {
        let ty = api.function("qsort").callback_type("compar").unwrap();
        sorts(&api, &api.builder().new(ty, by_values).unwrap());
        sorts(
            &api,
            &api.builder().any_thread().new(ty, by_values).unwrap(),
        );
    }
}

#[test]
fn the_order_is_what_the_closure_says() {
    for api in sorting().callback_engines() {
        let middle = LENGTH as i64 / 2;
        // SAFETY: qsort hands over the addresses of elements.
        let far = move |number: *const i64| (unsafe { *number } - middle).abs();
        let compare = move |a, b| far(b).cmp(&far(a)) as c_int;
        let compare: Callback<Compare> = api.builder().from_fn(compare).unwrap();
        let mut numbers = numbers();
        let qsort = api.function("qsort");
        // SAFETY: as above.
        unsafe { qsort.call::<_, ()>((&mut numbers[..], LENGTH, 8usize, &compare)) }.unwrap();
        let distances = numbers.iter().map(|n| (n - middle).abs());
        assert!(distances.rev().is_sorted());
        numbers.sort_unstable();
        assert!(numbers == sorted(), "something was lost");
    }
}

#[test]
fn a_borrowing_closure_counts_the_comparisons() {
    let api = sorting();
    let (mut numbers, mut comparisons) = (numbers(), 0u64);
    let outcome = callback::scope(|scope| {
        let compare = scope.from_fn_mut::<Compare, _>(|a, b| {
            comparisons += 1;
            by_value(a, b)
        })?;
        let qsort = api.function("qsort");
        // SAFETY: as above.
        unsafe { qsort.call::<_, ()>((&mut numbers[..], LENGTH, 8usize, compare)) }
    });
    if support::engines().is_empty() {
        return assert!(outcome.is_err());
    }
    outcome.unwrap();
    assert!(numbers == sorted());
    // A sort that looks at every element and does not take a quadratic time.
    let length = LENGTH as u64;
    assert!(
        (length - 1..length * 64).contains(&comparisons),
        "{comparisons}"
    );
}

/// The index at which `bsearch` finds `key`.
fn search<F>(api: &Api, numbers: &[i64], key: i64, compare: &Callback<F>) -> Option<usize> {
    let bsearch = api.function("bsearch");
    let arguments = (&key, numbers, numbers.len(), size_of::<i64>(), compare);
    // SAFETY: the declaration is that of the C standard, and there are so many elements.
    let found: *const c_void = unsafe { bsearch.call(arguments) }.unwrap();
    let offset = found.addr().checked_sub(numbers.as_ptr().addr())?;
    Some(offset / size_of::<i64>())
}

#[test]
fn what_is_there_is_found_and_nothing_else() {
    // Every second number, so that each one's neighbours are missing.
    let numbers: Vec<i64> = (0..LENGTH as i64).map(|n| 2 * n).collect();
    let last = 2 * (LENGTH as i64 - 1);
    let step = last / 503;
    let keys = [-1, 0, 1, last - 1, last, last + 1];
    let keys: Vec<i64> = (0..last).step_by(step as usize).chain(keys).collect();
    for api in sorting().callback_engines() {
        let typed: Callback<Compare> = api.builder().from_fn(by_value).unwrap();
        let ty = api.function("bsearch").callback_type("compar").unwrap();
        let values = api.builder().new(ty, by_values).unwrap();
        for key in &keys {
            let expected = numbers.binary_search(key).ok();
            assert_eq!(search(&api, &numbers, *key, &typed), expected, "{key}");
            assert_eq!(search(&api, &numbers, *key, &values), expected, "{key}");
        }
    }
}

#[test]
fn a_failing_comparison_comes_out_of_the_sort() {
    for api in sorting().callback_engines() {
        let make = |builder: CallbackBuilder| {
            let ty = api.function("qsort").callback_type("compar").unwrap();
            let mut left = 1000;
            builder.name("compar").new_mut(ty, move |args| {
                left -= 1;
                if left == 0 {
                    return Err("these cannot be compared");
                }
                by_values(args)
            })
        };
        let compare = make(api.builder()).unwrap();
        let mut numbers = numbers();
        let qsort = api.function("qsort");
        // SAFETY: as above.
        let result = unsafe { qsort.call::<_, ()>((&mut numbers[..], LENGTH, 8usize, &compare)) };
        let text = result.unwrap_err().to_string();
        assert!(text.contains("compar"), "{text}");
        assert!(text.contains("these cannot be compared"), "{text}");
        // Which one is smaller was no longer said, but all are there.
        numbers.sort_unstable();
        assert!(numbers == sorted(), "something was lost");
    }
}
