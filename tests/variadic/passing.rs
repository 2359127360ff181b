//! Extra arguments of every type that C can pass, under both conventions.

use crate::{bind, on_engines, record, text};
use farcall::{OwnedValue, Value, values};
use std::ffi::c_int;

const DESCRIBE: &str = "int variadic_describe(char *to, size_t size, const char *kinds, ...)";

/// The describing functions of both conventions.
fn describing() -> Vec<String> {
    let mut all = vec![DESCRIBE.to_owned()];
    if cfg!(target_arch = "x86_64") {
        let win = DESCRIBE.replace("variadic_describe", "variadic_describe_win");
        all.push(format!("__attribute__((ms_abi)) {win}"));
    }
    all
}

/// What arrives, by the letters of the types that are read.
fn arrives(kinds: &std::ffi::CStr, extra: &[Value<'_>]) -> String {
    let texts = describing();
    let mut texts = texts
        .iter()
        .map(|describe| text(describe, kinds.into(), extra));
    let first = texts.next().expect("a convention");
    texts.for_each(|other| assert_eq!(other, first));
    first
}

#[test]
fn scalars_are_promoted() {
    assert_eq!(arrives(c"ii", &values![true, false]), "1 0 ");
    assert_eq!(
        arrives(c"iii", &values![i8::MIN, i8::MAX, -1i8]),
        "-128 127 -1 "
    );
    assert_eq!(arrives(c"ii", &values![u8::MAX, 0u8]), "255 0 ");
    assert_eq!(
        arrives(c"ii", &values![i16::MIN, i16::MAX]),
        "-32768 32767 "
    );
    assert_eq!(arrives(c"ii", &values![u16::MAX, 1u16]), "65535 1 ");
    assert_eq!(
        arrives(c"dd", &values![0.1f32, f32::MAX]),
        format!("{} 3.4028234663852886e+38 ", f64::from(0.1f32))
    );
}

#[test]
fn other_scalars_arrive_as_they_are() {
    assert_eq!(
        arrives(c"ii", &values![i32::MIN, i32::MAX]),
        "-2147483648 2147483647 "
    );
    assert_eq!(arrives(c"uu", &values![u32::MAX, 0u32]), "4294967295 0 ");
    assert_eq!(
        arrives(c"ll", &values![i64::MIN, i64::MAX]),
        format!("{} {} ", i64::MIN, i64::MAX)
    );
    assert_eq!(arrives(c"l", &values![u64::MAX]), "-1 ");
    assert_eq!(arrives(c"ll", &values![-5isize, 5usize]), "-5 5 ");
    assert_eq!(arrives(c"d", &values![-0.5]), "-0.5 ");
    assert_eq!(arrives(c"s", &values![c"text"]), "text ");
    let numbers = [7u8; 4];
    let (some, none) = (Some(&numbers[0]), None::<&u8>);
    assert_eq!(
        arrives(c"zzzz", &values![some, none, Value::NULL, &numbers[..]]),
        "0 1 1 0 "
    );
}

fn records() -> [OwnedValue; 5] {
    [
        record(
            "struct narrow { short a; signed char b; }",
            &values![-300, -1],
        ),
        record("struct pair { float x, y; }", &values![1.5f32, -2.5f32]),
        record(
            "struct mixed { double d; long long n; }",
            &values![0.25, i64::MIN],
        ),
        record("struct large { long long a, b, c; }", &values![1, -2, 3]),
        record("union either { long long n; double d; }", &values![77]),
    ]
}

#[test]
fn records_of_every_class_go_by_value() {
    let [narrow, pair, mixed, large, either] = &records();
    assert_eq!(
        arrives(c"NPMLE", &values![narrow, pair, mixed, large, either]),
        "{-300 -1} {1.5 -2.5} {0.25 -9223372036854775808} {1 -2 3} {77} "
    );
}

#[test]
fn registers_run_out_in_the_middle() {
    let [narrow, pair, mixed, large, either] = &records();
    let integers: Vec<_> = (0..7).map(|n| Value::from(i64::from(n))).collect();
    let doubles: Vec<_> = (0..9).map(|n| Value::from(f64::from(n))).collect();
    for front in 0..=7 {
        for floats in 0..=9 {
            let (mut kinds, mut expected) = (String::new(), String::new());
            for n in 0..front {
                kinds += "l";
                expected += &format!("{n} ");
            }
            for n in 0..floats {
                kinds += "d";
                expected += &format!("{n} ");
            }
            kinds += "MNLPEd\0";
            expected += "{0.25 -9223372036854775808} {-300 -1} {1 -2 3} {1.5 -2.5} {77} 0.5 ";
            let mut extra = integers[..front].to_vec();
            extra.extend(&doubles[..floats]);
            extra.extend(values![mixed, narrow, large, pair, either, 0.5]);
            let kinds = std::ffi::CStr::from_bytes_with_nul(kinds.as_bytes()).expect("letters");
            assert_eq!(arrives(kinds, &extra), expected);
        }
    }
}

#[test]
fn as_many_as_there_may_be() {
    let numbers: Vec<_> = (0..255).map(Value::from).collect();
    for sum in on_engines("int variadic_sum(int count, ...)") {
        for count in [0, 1, 15, 16, 17, 254, 255] {
            let mut arguments = values![count].to_vec();
            arguments.extend(&numbers[..count as usize]);
            for _ in 0..2 {
                // SAFETY: there are that many.
                let result = unsafe { sum.call_values(&arguments) }.expect("a sum");
                assert_eq!(result.as_i64(), Some(i64::from(count * (count - 1) / 2)));
            }
        }
    }
}

/// C23 has functions without named parameters; what they get arrives as if the first were named.
#[test]
fn none_has_to_be_named() {
    let unnamed = bind("int variadic_describe(...)");
    assert_eq!(unnamed.ty().named(), []);
    for engine in support::engines() {
        let unnamed = unnamed.with_engine(*engine).expect("a function");
        let mut to = [0u8; 64];
        for _ in 0..3 {
            let place = to.as_mut_ptr();
            // SAFETY: the arguments are those that the function reads.
            let length: c_int =
                unsafe { unnamed.call((place, 64usize, c"id", 5i8, 2.5f32)) }.expect("a length");
            assert_eq!(&to[..length as usize], b"5 2.5 ");
            let arguments = values![&mut to[..], 64u64, c"di", 0.5f32, 7];
            // SAFETY: as above.
            let length = unsafe { unnamed.call_values(&arguments) }.expect("a length");
            assert_eq!(
                &to[..length.as_i64().expect("a length") as usize],
                b"0.5 7 "
            );
        }
    }
}

support::foreign_struct!(Pair { x: f32, y: f32 });
support::foreign_struct!(Large {
    a: i64,
    b: i64,
    c: i64
});

#[test]
fn structs_of_rust_go_by_value() {
    for describe in describing() {
        for describe in on_engines(&describe) {
            let mut to = [0u8; 64];
            let (pair, large) = (Pair { x: 0.5, y: 2.0 }, Large { a: 1, b: 2, c: -3 });
            for _ in 0..3 {
                let arguments = (&mut to[..], 64usize, c"PLiP", pair, large, true, pair);
                // SAFETY: the arguments are those that the function reads.
                let length: c_int = unsafe { describe.call(arguments) }.expect("a length");
                assert_eq!(&to[..length as usize], b"{0.5 2} {1 2 -3} 1 {0.5 2} ");
            }
        }
    }
}

#[test]
fn integers_fit_where_the_types_are_known_before() {
    let closed = bind(DESCRIBE).with_extra(&[farcall::Type::LONG_LONG, farcall::Type::CHAR]);
    let closed = closed.expect("a function");
    for engine in support::engines() {
        let closed = closed.with_engine(*engine).expect("a function");
        let mut to = [0u8; 64];
        // SAFETY: the arguments are fitted to what the function reads.
        let length =
            unsafe { closed.call_values(&values![&mut to[..], 64, c"li", -5i8, 70_000i64]) };
        let length = length.expect("a length").as_i64().expect("a length");
        assert_eq!(&to[..length as usize], b"-5 70000 ");
    }
}
