//! Strings, slices, references, function pointers.

use crate::{all_ways, bind, on_engines};
use farcall::{Value, values};
use std::ffi::{CStr, c_int, c_void};

#[test]
fn text_goes_in_and_comes_out() {
    let length = "size_t text_length(const char *text)";
    assert_eq!(all_ways(length, &values![c"hello"]).as_u64(), Some(5));
    assert_eq!(all_ways(length, &[Value::NULL]).as_u64(), Some(u64::MAX));
    let function = bind(length);
    let text = String::from("ünïcode\0");
    let text = CStr::from_bytes_with_nul(text.as_bytes()).expect("C text");
    // SAFETY: the fixture's functions are called as they are declared.
    unsafe {
        assert_eq!(function.call::<_, usize>((c"hello",)).expect("a length"), 5);
        assert_eq!(function.call::<_, usize>((text,)).expect("a length"), 9);
        assert_eq!(
            function
                .call::<_, usize>((b"abc\0".as_slice(),))
                .expect("a length"),
            3
        );
        let hello = bind("const char *greeting(void)")
            .call_values(&[])
            .expect("a text");
        assert_eq!(hello.as_value().as_c_str(), Some(c"hello"));
        let none = bind("const char *nothing_to_say(void)")
            .call_values(&[])
            .expect("null");
        assert_eq!(none.as_value().as_c_str(), None);
        assert_eq!(none.to_string(), "null");
    }
}

#[test]
fn slices_and_references_are_read_and_written() {
    let bytes = [1u8, 2, 3, 4, 5, 6, 7, 8];
    let hash = "uint32_t hash(const uint8_t *bytes, uint32_t len)";
    let expected = bytes
        .iter()
        .fold(0u32, |h, b| h.wrapping_mul(1_000_003) ^ u32::from(*b));
    assert_eq!(
        all_ways(hash, &values![&bytes[..], 8]).as_u64(),
        Some(expected.into())
    );
    assert_eq!(
        all_ways(hash, &values![&bytes, 8]).as_u64(),
        Some(expected.into())
    );
    let fill = bind("void fill(uint8_t value, uint8_t *out, size_t len)");
    let mut out = [0u8; 8];
    // SAFETY: the fixture's functions are called as they are declared.
    unsafe {
        fill.call::<_, ()>((7u8, &mut out[1..], 3usize))
            .expect("filled");
        assert_eq!(out, [0, 7, 7, 7, 0, 0, 0, 0]);
        let result = fill
            .call_values(&values![9, &mut out[4..], 2])
            .expect("filled");
        assert!(matches!(result.view(), farcall::ValueView::Void));
        assert_eq!(out, [0, 7, 7, 7, 9, 9, 0, 0]);
        let read = bind("int read_int(const int *p)");
        let (number, none) = (-5, None::<&i32>);
        assert_eq!(read.call::<_, i32>((&number,)).expect("a number"), -5);
        assert_eq!(read.call::<_, i32>((Some(&number),)).expect("a number"), -5);
        assert_eq!(read.call::<_, i32>((none,)).expect("a number"), -1);
        assert_eq!(
            read.call::<_, i32>((std::ptr::null::<c_int>(),))
                .expect("a number"),
            -1
        );
    }
    assert_eq!(
        all_ways("bool is_null(const void *)", &[Value::NULL]).as_bool(),
        Some(true)
    );
    assert_eq!(
        all_ways("bool is_null(const void *)", &values![&bytes[..0]]).as_bool(),
        Some(false)
    );
}

extern "C" fn triple(x: c_int) -> c_int {
    3 * x
}

extern "C" fn compare(a: *const c_void, b: *const c_void) -> c_int {
    // SAFETY: `qsort` passes addresses of elements, which are integers.
    let (a, b) = unsafe { (*a.cast::<c_int>(), *b.cast::<c_int>()) };
    a.cmp(&b) as c_int
}

#[test]
fn functions_of_rust_are_called_by_c() {
    type Callee = extern "C" fn(c_int) -> c_int;
    let prototype = "int apply(int (*f)(int), int x)";
    let apply = bind(prototype);
    let none = None::<Callee>;
    // SAFETY: the fixture's functions are called as they are declared.
    unsafe {
        assert_eq!(
            apply.call::<_, i32>((triple as Callee, 14)).expect("42"),
            42
        );
        assert_eq!(
            apply
                .call::<_, i32>((Some(triple as Callee), 14))
                .expect("42"),
            42
        );
        assert_eq!(apply.call::<_, i32>((none, 14)).expect("-1"), -1);
        let twice = bind("int (*get_twice(void))(int)");
        let twice: Option<unsafe extern "C" fn(c_int) -> c_int> =
            twice.call(()).expect("a function");
        assert_eq!(twice.expect("a function")(21), 42);
        assert_eq!(apply.call::<_, i32>((twice, 4)).expect("8"), 8);
    }
    let address = triple as Callee as *const c_void;
    assert_eq!(all_ways(prototype, &values![address, 5]).as_i64(), Some(15));
    let sort = support::c_library().function(
        "void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *))",
    );
    let sort = sort.expect("qsort");
    let compare = compare as extern "C" fn(*const c_void, *const c_void) -> c_int;
    let mut numbers = [5, -3, 9, 0];
    // SAFETY: there are four integers.
    unsafe { sort.call::<_, ()>((&mut numbers[..], 4usize, 4usize, compare)) }.expect("sorted");
    assert_eq!(numbers, [-3, 0, 5, 9]);
    numbers.reverse();
    let compare = compare as *const c_void;
    // SAFETY: as above.
    unsafe { sort.call_values(&values![&mut numbers[..], 4, 4, compare]) }.expect("sorted");
    assert_eq!(numbers, [-3, 0, 5, 9]);
}

#[test]
fn enumerations_are_integers_by_name() {
    let colors = farcall::Declarations::parse(
        "enum color { RED, GREEN, BLUE }; enum side { LEFT = -1, MIDDLE, RIGHT };
         enum color next_color(enum color c); enum side other_side(enum side s);",
    )
    .expect("declarations");
    let next = crate::library()
        .function_in(&colors, "next_color")
        .expect("a function");
    let other = crate::library()
        .function_in(&colors, "other_side")
        .expect("a function");
    for engine in crate::ENGINES {
        let (next, other) = (next.with_engine(*engine), other.with_engine(*engine));
        let (next, other) = (next.expect("a function"), other.expect("a function"));
        // SAFETY: the fixture's functions are called as they are declared.
        unsafe {
            assert_eq!(
                next.call_values(&values![2]).expect("red").as_i64(),
                Some(0)
            );
            assert_eq!(next.call::<_, u32>((1u32,)).expect("blue"), 2);
            assert_eq!(next.call::<_, i32>((0i32,)).expect("green"), 1);
            assert_eq!(
                other.call_values(&values![-1i8]).expect("right").as_i64(),
                Some(1)
            );
            assert_eq!(
                other.call_values(&values![1]).expect("left").to_string(),
                "-1"
            );
            assert_eq!(other.call::<_, i32>((1,)).expect("left"), -1);
        }
    }
}

#[test]
fn null_is_checked_without_being_passed_on() {
    for prototype in [
        "int read_int(const int *_Nonnull p)",
        "int read_int(const int p[static 1])",
    ] {
        for function in on_engines(prototype) {
            let number = 8;
            // SAFETY: the fixture's functions are called as they are declared.
            unsafe {
                assert_eq!(function.call::<_, i32>((&number,)).expect("8"), 8);
                assert_eq!(
                    function.call_values(&values![&number]).expect("8").as_i64(),
                    Some(8)
                );
                let (eight, _) = function
                    .call_errno::<_, i32>((&raw const number,))
                    .expect("8");
                assert_eq!(eight, 8);
            }
        }
    }
}
