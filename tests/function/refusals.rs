//! Bad arguments: each its own message, the same on every engine, in every way of calling, before
//! and after good calls; and nothing called.

use crate::{ENGINES, message};
use farcall::{Function, Library, OwnedValue, RecordKind, RecordType, Type, Value, values};
use support::Scratch;

/// A copy of the fixture that no other test calls.
pub(crate) struct Fixture {
    pub(crate) library: Library,
    _scratch: Scratch,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new();
        let library = support::open(scratch.copy("function", "refusals.so"));
        Self {
            library,
            _scratch: scratch,
        }
    }

    pub(crate) fn calls(&self) -> i32 {
        let calls = self
            .library
            .variable("extern int calls")
            .expect("a variable");
        // SAFETY: this test alone calls the functions that write it.
        unsafe { calls.get() }.expect("an int")
    }

    /// `text` without the library's name, which must be at its end.
    pub(crate) fn strip(&self, text: &str) -> String {
        let suffix = format!(" (in {})", self.library.name());
        text.strip_suffix(&suffix).expect(text).to_owned()
    }

    /// The message for bad arguments; good calls lie between.
    fn refused(&self, prototype: &str, good: &[Value<'_>], bad: &[Value<'_>]) -> String {
        let mut texts = Vec::new();
        let function = self.library.function(prototype).expect(prototype);
        for engine in ENGINES {
            let function = function.with_engine(*engine).expect(prototype);
            for _ in 0..3 {
                let before = self.calls();
                texts.extend(refusals(&function, bad));
                assert_eq!(self.calls(), before, "{prototype} was called");
                for _ in 0..3 {
                    // SAFETY: the fixture's functions are called as they are declared.
                    unsafe { function.call_values(good) }.expect(prototype);
                }
                assert_eq!(self.calls(), before + 3, "{prototype} was not called");
            }
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
        self.strip(&texts[0])
    }
}

/// The messages of every way of calling.
fn refusals(function: &Function, bad: &[Value<'_>]) -> [String; 3] {
    // SAFETY: nothing is called.
    unsafe {
        [
            message(function.call_values(bad)),
            message(function.call_unwind(bad)),
            message(function.call_values_errno(bad)),
        ]
    }
}

#[test]
fn wrong_counts() {
    let fixture = Fixture::new();
    let add = "int add_i32(int a, int b)";
    let many = [Value::from(1); 300];
    for count in [0, 1, 3, 16, 17, 256, 257, 300] {
        assert_eq!(
            fixture.refused(add, &values![1, 2], &many[..count]),
            format!("add_i32: expected 2 arguments, found {count}")
        );
    }
    assert_eq!(
        fixture.refused("int least_i32(void)", &[], &many[..1]),
        "least_i32: expected 0 arguments, found 1"
    );
    assert_eq!(
        fixture.refused("int same_i32(int)", &many[..1], &[]),
        "same_i32: expected 1 argument, found 0"
    );
}

/// A value of every kind, and how messages name it.
fn kinds(record: &OwnedValue) -> Vec<(Value<'_>, &'static str)> {
    vec![
        (Value::VOID, "no value"),
        (Value::from(true), "bool"),
        (Value::from(7i8), "i8"),
        (Value::from(7u8), "u8"),
        (Value::from(7i16), "i16"),
        (Value::from(7u16), "u16"),
        (Value::from(7i32), "i32"),
        (Value::from(7u32), "u32"),
        (Value::from(7i64), "i64"),
        (Value::from(7u64), "u64"),
        (Value::from(7f32), "f32"),
        (Value::from(7f64), "f64"),
        (Value::from(&7), "a pointer"),
        (Value::NULL, "null"),
        (record.into(), "`struct other`"),
    ]
}

#[test]
fn wrong_kinds() {
    let other = RecordType::builder(RecordKind::Struct, Some("other"));
    let other = other
        .field("a", Type::LONG)
        .field("b", Type::INT)
        .build()
        .expect("a record");
    let other = OwnedValue::zeroed(other);
    let fixture = Fixture::new();
    let turn = "struct r12 { int a; float b; int c; } turn_r12(struct r12 x)";
    let r12 = farcall::FnType::parse(turn)
        .expect("a prototype")
        .result()
        .record();
    let r12 = OwnedValue::zeroed(r12.expect("a record"));
    let integers = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64"];
    let functions: [(&str, &str, Value<'_>, &[&str]); 14] = [
        ("same_bool", "bool", Value::from(true), &["bool"]),
        ("same_char", "char", Value::from(1), &integers),
        ("same_i8", "int8_t", Value::from(1), &integers),
        ("same_u8", "uint8_t", Value::from(1), &integers),
        ("same_i16", "short", Value::from(1), &integers),
        ("same_u16", "uint16_t", Value::from(1), &integers),
        ("same_i32", "int", Value::from(1), &integers),
        ("same_u32", "unsigned int", Value::from(1), &integers),
        ("same_i64", "int64_t", Value::from(1), &integers),
        ("same_u64", "uint64_t", Value::from(1), &integers),
        ("same_f32", "float", Value::from(1f32), &["f32"]),
        ("same_f64", "double", Value::from(1.0), &["f64"]),
        (
            "same_pointer",
            "const void *",
            Value::NULL,
            &["a pointer", "null"],
        ),
        ("turn_r12", "struct r12", Value::from(&r12), &[]),
    ];
    let mut table = String::new();
    for (name, c, good, accepted) in functions {
        let prototype = if name == "turn_r12" {
            turn.to_owned()
        } else {
            format!("{c} {name}({c} x)")
        };
        for (value, kind) in kinds(&other) {
            if accepted.contains(&kind) {
                let function = fixture.library.function(&prototype).expect(&prototype);
                // SAFETY: the fixture's functions are called as they are declared.
                unsafe { function.call_values(&[value]) }.expect(kind);
                continue;
            }
            let text = fixture.refused(&prototype, &[good], &[value]);
            let start = format!("{name}: argument 1 (x): expected {c}, found {kind}");
            assert!(text.starts_with(&start), "{text}");
            let hint = text[start.len()..].strip_prefix("; ").unwrap_or("-");
            table += &format!("{c} <- {kind}: {hint}\n");
        }
    }
    if std::ffi::c_char::MIN == 0 {
        return support::not_asked(
            "the words about `char`",
            "they are kept for one with a sign",
        );
    }
    support::golden("wrong_kinds.txt", &table);
}

#[test]
fn integers_out_of_range() {
    let fixture = Fixture::new();
    let functions: [(&str, &str, i128, i128); 11] = [
        ("same_char", "char", -128, 255),
        ("same_i8", "int8_t", -128, 127),
        ("same_u8", "uint8_t", 0, 255),
        ("same_i16", "int16_t", -32768, 32767),
        ("same_u16", "uint16_t", 0, 65535),
        ("same_i32", "int", -2147483648, 2147483647),
        ("same_u32", "unsigned int", 0, 4294967295),
        ("same_i64", "long long", i64::MIN.into(), i64::MAX.into()),
        ("same_u64", "uint64_t", 0, u64::MAX.into()),
        ("same_isize", "ptrdiff_t", i64::MIN.into(), i64::MAX.into()),
        ("same_usize", "size_t", 0, u64::MAX.into()),
    ];
    for (name, c, low, high) in functions {
        let prototype = format!("{c} {name}({c} x)");
        let value = |number: i128| match i64::try_from(number) {
            Ok(number) => Some(Value::from(number)),
            Err(_) => u64::try_from(number).ok().map(Value::from),
        };
        for (good, bad) in [(low, low - 1), (high, high + 1)] {
            let (Some(good), Some(bad_value)) = (value(good), value(bad)) else {
                continue;
            };
            assert_eq!(
                fixture.refused(&prototype, &[good], &[bad_value]),
                format!("{name}: argument 1 (x): {bad} does not fit into {c} ({low} to {high})")
            );
        }
    }
    assert_eq!(
        fixture.refused("int same_i32(int)", &values![0], &values![u64::MAX]),
        "same_i32: argument 1: 18446744073709551615 does not fit into int (-2147483648 to 2147483647)"
    );
}

#[test]
fn the_first_wrong_argument_is_named() {
    let fixture = Fixture::new();
    let add = "double add_f64(double a, double b)";
    let good = values![1.0, 2.0];
    let cases = [
        (
            values![1, 2],
            "argument 1 (a): expected double, found i32; write 1.0",
        ),
        (
            values![1.0, -2],
            "argument 2 (b): expected double, found i32; write -2.0",
        ),
        (
            values![1.0, 1i64 << 60],
            "argument 2 (b): expected double, found i64",
        ),
        (
            values![1.0, 0.1f32],
            "argument 2 (b): expected double, found f32; write 0.10000000149011612",
        ),
        (
            values![1.0, f32::NAN],
            "argument 2 (b): expected double, found f32; widen it with `f64::from`",
        ),
    ];
    for (bad, expected) in cases {
        assert_eq!(
            fixture.refused(add, &good, &bad),
            format!("add_f64: {expected}")
        );
    }
    let add = "float add_f32(float a, float b)";
    let good = values![1f32, 2f32];
    let cases = [
        (
            values![1f32, 1.5],
            "expected float, found f64; write 1.5f32",
        ),
        (
            values![1f32, 0.1],
            "expected float, found f64; shorten it with `as f32`",
        ),
        (
            values![1f32, f64::INFINITY],
            "expected float, found f64; shorten it with `as f32`",
        ),
        (
            values![1f32, (1 << 24) - 1],
            "expected float, found i32; write 16777215.0f32",
        ),
        (values![1f32, (1 << 24) + 1], "expected float, found i32"),
    ];
    for (bad, expected) in cases {
        assert_eq!(
            fixture.refused(add, &good, &bad),
            format!("add_f32: argument 2 (b): {expected}")
        );
    }
}

#[test]
fn null_where_it_is_forbidden() {
    let fixture = Fixture::new();
    let number = 5;
    for (parameter, c) in [
        ("const int *_Nonnull p", "const int *_Nonnull"),
        ("const int p[static 1]", "const int *_Nonnull"),
    ] {
        let prototype = format!("int read_int({parameter})");
        let expected = format!("read_int: argument 1 (p): null is not allowed for {c}");
        assert_eq!(
            fixture.refused(&prototype, &values![&number], &[Value::NULL]),
            expected
        );
        let function = fixture.library.function(&prototype).expect(&prototype);
        for engine in ENGINES {
            let function = function.with_engine(*engine).expect(&prototype);
            let (before, none) = (fixture.calls(), None::<&i32>);
            for _ in 0..3 {
                // SAFETY: nothing is called.
                let texts = unsafe {
                    [
                        message(function.call::<_, i32>((none,))),
                        message(function.call::<_, i32>((std::ptr::null::<i32>(),))),
                        message(function.call_errno::<_, i32>((none,))),
                    ]
                };
                for text in texts {
                    assert_eq!(fixture.strip(&text), expected);
                }
                let mut buffer = function.buffer();
                assert_eq!(
                    format!("read_int: {}", message(buffer.set(0, Value::NULL))),
                    expected
                );
            }
            assert_eq!(fixture.calls(), before);
        }
    }
}
