//! Records by value of every class, as arguments and results.

use crate::{all_ways, bytes, library, on_engines};
use farcall::{FnType, OwnedValue, RecordType, Value, values};

/// The type of a function's first parameter.
fn first(prototype: &str) -> RecordType {
    let ty = FnType::parse(prototype).expect(prototype).params()[0].ty();
    ty.record().expect("a record")
}

fn record(ty: RecordType, fields: &[Value<'_>]) -> OwnedValue {
    OwnedValue::record(ty, fields).expect("a record")
}

#[test]
fn records_of_every_size_are_turned() {
    let r8 = "struct r8 { int a, b; } turn_r8(struct r8 r)";
    let r12 = "struct r12 { int a; float b; int c; } turn_r12(struct r12 r)";
    let r16 = "struct r16 { double a; int64_t b; } turn_r16(struct r16 r)";
    let r24 = "struct r24 { int64_t a, b, c; } turn_r24(struct r24 r)";
    let cases = [
        (r8, values![1, -2].to_vec(), "{ a: -2, b: -1 }"),
        (
            r12,
            values![1, 2.5f32, i32::MIN].to_vec(),
            "{ a: -2147483648, b: -2.5, c: 1 }",
        ),
        (
            r16,
            values![0.5, i64::MAX].to_vec(),
            "{ a: -0.5, b: -9223372036854775807 }",
        ),
        (
            r24,
            values![1, 2, i64::MIN].to_vec(),
            "{ a: 2, b: -9223372036854775808, c: 1 }",
        ),
    ];
    for (prototype, fields, expected) in cases {
        let argument = record(first(prototype), &fields);
        assert_eq!(
            all_ways(prototype, &values![&argument]).to_string(),
            expected
        );
    }
    let r3 = "struct r3 { uint8_t b[3]; } turn_r3(struct r3 r)";
    let mut argument = OwnedValue::zeroed(first(r3));
    argument.bytes_mut().copy_from_slice(&[1, 2, 3]);
    assert_eq!(
        all_ways(r3, &values![&argument]).to_string(),
        "{ b: [3, 1, 2] }"
    );
    let r48 = "struct r48 { double d[6]; } turn_r48(struct r48 r)";
    let mut argument = OwnedValue::zeroed(first(r48));
    argument.set("d[5]", 1.0).expect("a double");
    let expected = "{ d: [-0.0, -0.0, -0.0, -0.0, -0.0, -1.0] }";
    assert_eq!(all_ways(r48, &values![&argument]).to_string(), expected);
    let r4096 = "struct r4096 { uint8_t b[4096]; } turn_r4096(struct r4096 r)";
    let mut argument = OwnedValue::zeroed(first(r4096));
    argument
        .bytes_mut()
        .iter_mut()
        .zip(0..)
        .for_each(|(byte, n)| *byte = (n % 251) as u8);
    let turned: Vec<u8> = (0..4096).map(|n| !((n % 251) as u8)).collect();
    assert_eq!(bytes(&all_ways(r4096, &values![&argument])), turned);
    let last = "int last_r4096(int before, struct r4096 { uint8_t b[4096]; } r, int after)";
    let expected = 1000 + 4095 % 251 + 7;
    assert_eq!(
        all_ways(last, &values![1000, &argument, 7]).as_i64(),
        Some(expected)
    );
}

#[test]
fn a_mixed_record_is_made_and_summed() {
    let rect = "struct rect { double x, y, w, h; };";
    let text = format!(
        "{rect} struct mixed {{ uint8_t u; float f; struct rect rect; size_t usize; uint32_t array[2]; }};
         struct mixed create_mixed(uint8_t u, float f, struct rect rect, size_t usize, const uint32_t *array);
         double sum_mixed(struct mixed m, double more);"
    );
    let text = farcall::Declarations::parse(&text).expect("declarations");
    let create = library()
        .function_in(&text, "create_mixed")
        .expect("a function");
    let sum = library()
        .function_in(&text, "sum_mixed")
        .expect("a function");
    let rect = record(
        create.ty().params()[2].ty().record().expect("a record"),
        &values![1.0, 2.0, 3.0, 4.0],
    );
    for engine in crate::ENGINES {
        let (create, sum) = (create.with_engine(*engine), sum.with_engine(*engine));
        let (create, sum) = (create.expect("a function"), sum.expect("a function"));
        // SAFETY: the fixture's functions are called as they are declared.
        unsafe {
            let mixed = create.call_values(&values![8, 0.5f32, &rect, 64, &[100u32, 200]]);
            let mixed = mixed.expect("a record");
            assert_eq!(
                mixed.to_string(),
                "{ u: 8, f: 0.5, rect: { x: 1.0, y: 2.0, w: 3.0, h: 4.0 }, usize: 64, array: [100, 200] }"
            );
            let offsets = ["u", "f", "rect", "usize", "array"].map(|name| {
                create
                    .ty()
                    .result()
                    .record()
                    .and_then(|r| r.field(name))
                    .expect("a field")
                    .offset()
            });
            assert_eq!((offsets, bytes(&mixed).len()), ([0, 4, 8, 40, 48], 56));
            let sum = sum.call_values(&values![&mixed, 0.25]).expect("a sum");
            assert_eq!(sum.as_f64(), Some(8.0 + 0.5 + 10.0 + 64.0 + 300.0 + 0.25));
        }
    }
}

#[test]
fn bools_and_unions_inside_records() {
    let is_set = "bool is_set(struct flag { bool set; uint8_t n; } flag)";
    let mut flag = record(first(is_set), &values![true, 1]);
    assert_eq!(all_ways(is_set, &values![&flag]).as_bool(), Some(true));
    flag.set("set", false).expect("a bool");
    assert_eq!(all_ways(is_set, &values![&flag]).as_bool(), Some(false));
    let make = "struct flag { bool set; uint8_t n; } make_flag(bool set)";
    assert_eq!(
        all_ways(make, &values![true]).to_string(),
        "{ set: true, n: 1 }"
    );
    let flip = "union number { int32_t i; float f; uint8_t b[4]; } flip(union number n)";
    let number = record(first(flip), &values![0x7f7f_ffff]);
    let flipped = all_ways(flip, &values![&number]);
    assert_eq!(
        flipped
            .as_record()
            .expect("a record")
            .get("i")
            .expect("i")
            .to_string(),
        "-2139095040"
    );
}

#[test]
fn padding_of_a_union_takes_no_register() {
    let prototype = "double wide_and_double(\
        union __attribute__((aligned(16))) wide { int32_t i; uint32_t u; } w, double d)";
    let wide = record(first(prototype), &values![7]);
    assert_eq!(
        all_ways(prototype, &values![&wide, 0.5]).as_f64(),
        Some(57.0)
    );
}

/// Nested 14 times over, a union of two of the one before, it is one integer still.
#[test]
fn unions_in_unions_go_where_their_scalars_go() {
    let mut text = "typedef union { int a; int b; } t0;".to_owned();
    for n in 1..20 {
        text += &format!("typedef union {{ t{0} a, b; }} t{n};", n - 1);
    }
    text += "t19 flip(t19 n);";
    let text = farcall::Declarations::parse(&text).expect("declarations");
    let function = library().function_in(&text, "flip").expect("a function");
    let argument = OwnedValue::zeroed(function.ty().result().record().expect("a record"));
    for engine in crate::ENGINES {
        let function = function.with_engine(*engine).expect("one integer");
        // SAFETY: a union of integers is passed like an integer.
        let result = unsafe { function.call_values(&values![&argument]) }.expect("a union");
        assert_eq!(bytes(&result), [0xff; 4]);
    }
}

/// A record is read to its last byte and no further: the next page may not be there.
#[cfg(any(unix, windows))]
#[test]
fn no_byte_beyond_a_record_is_read() {
    use support::pages::{Access, Pages};
    let page = Pages::size();
    let pages = Pages::new(2 * page);
    pages.protect(page, page, Access::None);
    let end = pages.start().wrapping_add(page);
    for size in (1..=48).chain([63, 64, 65, 100, 4096]) {
        let prototype = format!("void sum0(struct s {{ unsigned char b[{size}]; }} s)");
        // SAFETY: the record ends where the memory does.
        let bytes = unsafe { std::slice::from_raw_parts(end.sub(size), size) };
        for function in on_engines(&prototype) {
            let value = Value::record(first(&prototype), bytes).expect("a record");
            for _ in 0..2 {
                // SAFETY: the function looks at no argument.
                unsafe { function.call_values(&[value]) }.expect("called");
            }
        }
    }
}

#[cfg(feature = "macros")]
mod of_rust {
    use crate::bind;
    use farcall::{ForeignResult, ForeignType};

    macro_rules! records {
        ($($name:ident { $($field:ident: $ty:ty),* })*) => {$(
            #[derive(ForeignType, ForeignResult, Clone, Copy, Debug, PartialEq)]
            #[repr(C)]
            struct $name { $($field: $ty),* }
        )*};
    }

    records! {
        R8 { a: i32, b: i32 }
        R12 { a: i32, b: f32, c: i32 }
        R16 { a: f64, b: i64 }
        R24 { a: i64, b: i64, c: i64 }
        R48 { d: [f64; 6] }
        R4096 { b: [u8; 4096] }
        Flag { set: bool, n: u8 }
    }

    macro_rules! turned {
        ($prototype:literal: $argument:expr => $expected:expr) => {{
            let function = bind($prototype);
            for _ in 0..3 {
                // SAFETY: the fixture's functions are called as they are declared.
                let turned = unsafe { function.call(($argument,)) };
                assert_eq!(turned.ok(), Some($expected));
            }
        }};
    }

    #[test]
    fn records_of_rust_are_passed_and_returned() {
        turned!("struct r8 { int a, b; } turn_r8(struct r8 r)": R8 { a: 1, b: -2 } => R8 { a: -2, b: -1 });
        turned!("struct r12 { int a; float b; int c; } turn_r12(struct r12)":
            R12 { a: 1, b: 2.5, c: 3 } => R12 { a: 3, b: -2.5, c: 1 });
        turned!("struct r16 { double a; int64_t b; } turn_r16(struct r16)":
            R16 { a: 1.0, b: 2 } => R16 { a: -1.0, b: -2 });
        turned!("struct r24 { int64_t a, b, c; } turn_r24(struct r24)":
            R24 { a: 1, b: 2, c: 3 } => R24 { a: 2, b: 3, c: 1 });
        turned!("struct r48 { double d[6]; } turn_r48(struct r48)":
            R48 { d: [1.0; 6] } => R48 { d: [-1.0; 6] });
        turned!("struct r4096 { uint8_t b[4096]; } turn_r4096(struct r4096)":
            R4096 { b: [0x0f; 4096] } => R4096 { b: [0xf0; 4096] });
        turned!("bool is_set(struct flag { bool set; uint8_t n; } f)": Flag { set: true, n: 1 } => true);
        turned!("struct flag { bool set; uint8_t n; } make_flag(bool set)": true => Flag { set: true, n: 1 });
    }

    #[cfg(all(target_arch = "x86_64", not(target_env = "msvc")))]
    #[test]
    fn records_of_rust_follow_another_convention() {
        turned!("__attribute__((ms_abi)) struct r8 { int a, b; } turn_win(struct r8 r)":
            R8 { a: 1, b: -2 } => R8 { a: -2, b: -1 });
        turned!("__attribute__((ms_abi)) struct r24 { int64_t a, b, c; } turn_win24(struct r24)":
            R24 { a: 1, b: 2, c: 3 } => R24 { a: 2, b: 3, c: 1 });
    }
}
