//! Values that own their bytes.

use crate::{message, pair, record, tree};
use farcall::{ErrorKind, OwnedValue, RecordKind, RecordType, Type, Value, values};

#[test]
fn a_record_is_made_from_its_fields() {
    let value = OwnedValue::record(pair(), &values![3, 1.5]).expect("a record");
    assert_eq!(value.to_string(), "{ a: 3, b: 1.5 }");
    let value = OwnedValue::record(pair(), &values![3u8]).expect("a record");
    assert_eq!(value.to_string(), "{ a: 3, b: 0.0 }");
    let none = OwnedValue::record(pair(), &[]).expect("a record");
    assert_eq!(none.to_string(), "{ a: 0, b: 0.0 }");
    let outer = record(
        RecordKind::Struct,
        "outer",
        &[("in", pair().into()), ("n", Type::SHORT)],
    );
    let outer = OwnedValue::record(outer, &values![&value, -1i64]).expect("a record");
    assert_eq!(outer.to_string(), "{ in: { a: 3, b: 0.0 }, n: -1 }");
}

#[test]
fn fields_follow_the_rules_of_arguments() {
    let point = pair();
    let record = |values: &[Value<'_>]| message(OwnedValue::record(point, values));
    assert_eq!(record(&values![1, 2.0, 3]), "expected 2 arguments, found 3");
    assert_eq!(
        record(&values![1, 2]),
        "field `b`: expected double, found i32; write 2.0"
    );
    assert_eq!(
        record(&values![1u64 << 31]),
        "field `a`: 2147483648 does not fit into int (-2147483648 to 2147483647)"
    );
    let mut tree = OwnedValue::zeroed(tree());
    let cases: [(&str, Value<'_>, &str); 8] = [
        (
            "deep",
            Value::from(128),
            "field `deep`: 128 does not fit into signed char (-128 to 127)",
        ),
        (
            "yes",
            Value::from(1),
            "field `yes`: expected bool, found i32; write true",
        ),
        (
            "grid",
            Value::from(1),
            "field `grid`: expected int [2][3], found i32",
        ),
        (
            "grid[0]",
            Value::NULL,
            "field `grid[0]`: expected int [3], found null",
        ),
        (
            "text",
            Value::from(0),
            "field `text`: expected const char *, found i32; write std::ptr::null::<u8>()",
        ),
        (
            "pair",
            Value::from(0),
            "field `pair`: expected struct pair, found i32",
        ),
        (
            "f",
            Value::from(0.1),
            "field `f`: expected float, found f64; shorten it with `as f32`",
        ),
        (
            "u",
            Value::VOID,
            "field `u`: expected unsigned int, found no value",
        ),
    ];
    let before = tree.clone();
    for (path, value, expected) in cases {
        assert_eq!(message(tree.set(path, value)), expected);
    }
    assert_eq!(tree.as_record(), before.as_record());
}

#[test]
fn null_is_refused_where_a_field_forbids_it() {
    let text = Type::CHAR.const_pointer().non_null();
    let mut record = OwnedValue::zeroed(record(RecordKind::Struct, "named", &[("name", text)]));
    assert_eq!(
        message(record.set("name", Value::NULL)),
        "field `name`: null is not allowed for const char *_Nonnull"
    );
    record.set("name", c"x").expect("a name");
}

#[test]
fn the_empty_path_is_the_whole_value() {
    let mut whole = OwnedValue::zeroed(pair());
    let other = OwnedValue::record(pair(), &values![1, 2.0]).expect("a record");
    whole.set("", &other).expect("a record");
    assert_eq!(whole.as_record(), other.as_record());
    assert_eq!(
        message(whole.set("", 1)),
        "field ``: expected struct pair, found i32"
    );
    let mut nothing = OwnedValue::VOID;
    nothing.set("", Value::VOID).expect("nothing");
    assert!(matches!(
        nothing.set("x", 1).expect_err("no field").kind(),
        ErrorKind::Field { .. }
    ));
    assert!(nothing.set("", 1).is_err());
    assert_eq!(nothing.bytes_mut(), []);
}

#[test]
fn a_record_of_the_same_scalars_fits() {
    let twin = record(
        RecordKind::Struct,
        "twin",
        &[("x", Type::UNSIGNED_INT), ("y", Type::DOUBLE)],
    );
    let twin = OwnedValue::record(twin, &values![u32::MAX, 0.5]).expect("a record");
    let mut pair_ = OwnedValue::zeroed(pair());
    pair_.set("", &twin).expect("the same scalars");
    assert_eq!(pair_.to_string(), "{ a: -1, b: 0.5 }");
    let near = [
        ("floats", &[("x", Type::FLOAT), ("y", Type::DOUBLE)][..]),
        ("short", &[("x", Type::INT)]),
        ("order", &[("y", Type::DOUBLE), ("x", Type::INT)]),
        (
            "more",
            &[("x", Type::INT), ("z", Type::INT), ("y", Type::DOUBLE)],
        ),
    ];
    for (tag, fields) in near {
        let other = OwnedValue::zeroed(record(RecordKind::Struct, tag, fields));
        let expected = format!("field ``: expected struct pair, found `struct {tag}`");
        assert_eq!(message(pair_.set("", &other)), expected);
    }
}

#[test]
fn a_record_is_aligned_as_its_type_asks() {
    for align in [1u64, 2, 16, 64, 4096, 1 << 20] {
        let ty = RecordType::builder(RecordKind::Struct, None)
            .field("c", Type::CHAR)
            .align(align)
            .build();
        let mut value = OwnedValue::zeroed(ty.expect("a record"));
        let address = value.bytes_mut().as_ptr() as u64;
        assert_eq!(address % align.max(8), 0);
        assert_eq!(value.bytes_mut().len() as u64, align);
        value.bytes_mut().fill(0xff);
        assert_eq!(value.clone().as_record(), value.as_record());
    }
}

#[test]
fn a_clone_has_bytes_of_its_own() {
    let mut first = OwnedValue::zeroed(pair());
    let second = first.clone();
    first.set("a", 9).expect("an int");
    first.bytes_mut()[8..].copy_from_slice(&4.0f64.to_ne_bytes());
    assert_eq!(first.to_string(), "{ a: 9, b: 4.0 }");
    assert_eq!(second.to_string(), "{ a: 0, b: 0.0 }");
    std::thread::spawn(move || drop((first, second)))
        .join()
        .expect("no panic");
}

#[test]
fn a_union_shares_its_bytes() {
    let number = record(
        RecordKind::Union,
        "number",
        &[("i", Type::INT), ("f", Type::FLOAT)],
    );
    let mut value = OwnedValue::record(number, &values![0x4049_0fdb]).expect("a union");
    assert_eq!(value.to_string(), "{ i: 1078530011, f: 3.1415927 }");
    value.set("f", -0.0f32).expect("a float");
    let object = value.as_record().expect("a record");
    assert_eq!(
        object
            .get("i")
            .expect("a field")
            .value()
            .and_then(Value::as_i64),
        Some(i32::MIN.into())
    );
}

#[test]
fn enumerations_and_char_take_either_sign() {
    let text = "struct s { char c; enum e { A, B } e; enum f { N = -1 } f; }";
    let mut value = OwnedValue::zeroed(RecordType::parse(text).expect("a record"));
    for c in [-128, -1, 0, 127, 128, 255] {
        value.set("c", c).expect("a char");
    }
    assert_eq!(
        message(value.set("c", 256)),
        "field `c`: 256 does not fit into char (-128 to 255)"
    );
    assert_eq!(
        message(value.set("c", -129)),
        "field `c`: -129 does not fit into char (-128 to 255)"
    );
    value
        .set("e", -1)
        .expect("a bit pattern of the enumeration");
    value
        .set("f", u32::MAX)
        .expect("a bit pattern of the enumeration");
    assert_eq!(
        value
            .as_record()
            .expect("a record")
            .get("f")
            .expect("a field")
            .to_string(),
        "-1"
    );
    assert_eq!(
        message(value.set("e", 1u64 << 32)),
        "field `e`: 4294967296 does not fit into enum e (-2147483648 to 4294967295)"
    );
}
