//! Values in print.

use crate::{pair, record, tree};
use farcall::{Declarations, OwnedValue, RecordKind, RecordType, Type, Value, values};
use std::ffi::c_void;

#[test]
fn scalars_print_as_in_c() {
    let values: [(Value<'_>, &str); 14] = [
        (Value::from(true), "true"),
        (Value::from(i8::MIN), "-128"),
        (Value::from(b'a'), "97"),
        (Value::from(u64::MAX), "18446744073709551615"),
        (Value::from(i64::MIN), "-9223372036854775808"),
        (Value::from(1.0), "1.0"),
        (Value::from(-0.0), "-0.0"),
        (Value::from(0.1f32), "0.1"),
        (Value::from(1e300), "1e300"),
        (Value::from(f64::NAN), "NaN"),
        (Value::from(f32::NEG_INFINITY), "-inf"),
        (Value::NULL, "null"),
        (Value::from(0x1234 as *const c_void), "0x1234"),
        (Value::VOID, ""),
    ];
    for (value, expected) in values {
        assert_eq!(value.to_string(), expected);
        assert_eq!(value.view().to_string(), expected);
    }
}

#[test]
fn debugging_shows_the_kind() {
    assert_eq!(format!("{:?}", Value::from(1u8)), "U8(1)");
    assert_eq!(format!("{:?}", Value::VOID), "Void");
    let pair = OwnedValue::zeroed(pair());
    assert_eq!(
        format!("{pair:?}"),
        "Record(Object(struct pair { a: 0, b: 0.0 }))"
    );
}

#[test]
fn floats_read_back_with_a_point_or_an_exponent() {
    for float in [
        0.1,
        1e16,
        123456789.125,
        f64::MIN_POSITIVE,
        5e-324,
        f64::MAX,
        -1.0,
        1e15,
    ] {
        let text = Value::from(float).to_string();
        assert_eq!(text.parse(), Ok(float));
        assert!(text.contains(['.', 'e']), "{text}");
    }
    for float in [0.1f32, 16777216.0, f32::MIN_POSITIVE, 1e-45, f32::MAX] {
        let text = Value::from(float).to_string();
        assert_eq!(text.parse(), Ok(float));
        assert!(text.contains(['.', 'e']), "{text}");
    }
}

#[test]
fn records_print_their_fields() {
    let pair = OwnedValue::record(pair(), &values![-1, 0.5]).expect("a record");
    assert_eq!(pair.to_string(), "{ a: -1, b: 0.5 }");
    let object = pair.as_record().expect("a record");
    assert_eq!(
        format!("{object:?}"),
        "Object(struct pair { a: -1, b: 0.5 })"
    );
    assert_eq!(
        OwnedValue::zeroed(tree()).to_string(),
        "{ pair: { a: 0, b: 0.0 }, pairs: [{ a: 0, b: 0.0 }, { a: 0, b: 0.0 }, { a: 0, b: 0.0 }], \
         grid: [[0, 0, 0], [0, 0, 0]], { f: 0.0, u: 0 }, { yes: false, { deep: 0 } }, text: null }"
    );
}

#[test]
fn long_arrays_are_cut_short() {
    let array = |len| {
        let ty = Type::UNSIGNED_CHAR.array(len).expect("an array");
        OwnedValue::zeroed(record(
            RecordKind::Struct,
            "long",
            &[("b", ty), ("end", Type::BOOL)],
        ))
    };
    let zeros = ["0"; 32].join(", ");
    assert_eq!(
        array(32).to_string(),
        format!("{{ b: [{zeros}], end: false }}")
    );
    assert_eq!(
        array(33).to_string(),
        format!("{{ b: [{zeros}, …], end: false }}")
    );
    assert_eq!(
        array(1 << 20).to_string(),
        format!("{{ b: [{zeros}, …], end: false }}")
    );
    assert_eq!(array(0).to_string(), "{ b: [], end: false }");
}

/// Typedefs make 2^60 parts of sixty lines.
fn doubled(levels: usize, of: impl Fn(usize) -> String) -> RecordType {
    let lines: String = (1..levels).map(of).collect();
    let text = format!(
        "typedef union {{ int a; int b; }} t0; {lines} struct last {{ t{} x; }};",
        levels - 1
    );
    let last = Declarations::parse(&text)
        .expect("declarations")
        .parse_type("struct last");
    last.expect("a type").record().expect("a record")
}

#[test]
fn unions_in_unions_are_printed_in_part() {
    let last = doubled(60, |n| {
        format!("typedef union {{ t{0} a, b; }} t{n};", n - 1)
    });
    assert_eq!(last.size(), 4);
    let text = OwnedValue::zeroed(last).to_string();
    assert!(text.starts_with("{ x: { a: { a: { a: "), "{text}");
    assert!(text.len() < 1_000_000 && text.contains("…"));
    let inner = last.fields()[0].ty().to_string();
    assert!(inner.len() < 1_000_000 && inner.contains("…"), "{inner}");
    let error = Value::record(last, &[]).expect_err("no bytes").to_string();
    assert_eq!(error, "the value: `struct last` has 4 bytes, found 0");
}

#[test]
fn functions_of_functions_are_printed_in_part() {
    let lines: String = (1..30)
        .map(|n| format!("typedef int (*f{n})(f{0}, f{0}, f{0});", n - 1))
        .collect();
    let text = format!("typedef int (*f0)(int); {lines}");
    if let Ok(declarations) = Declarations::parse(&text) {
        let text = declarations.parse_type("f29").expect("a type").to_string();
        assert!(text.len() < 10_000_000, "{}", text.len());
    }
    let text = Declarations::parse(&text[..text.find("typedef int (*f20)").expect("a line")]);
    let f19 = text
        .expect("declarations")
        .parse_type("f19")
        .expect("a type")
        .to_string();
    assert!(f19.len() < 10_000_000 && f19.contains("…"), "{}", f19.len());
}

#[test]
fn nested_arrays_print_in_bounded_time() {
    let mut ty = Type::CHAR;
    for _ in 0..5 {
        ty = ty.array(30).expect("an array");
    }
    let text = OwnedValue::zeroed(record(RecordKind::Struct, "cube", &[("c", ty)])).to_string();
    assert!(
        text.len() < 200_000 && text.ends_with("…] }"),
        "{}",
        &text[text.len() - 20..]
    );
}
