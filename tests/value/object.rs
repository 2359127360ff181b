//! Records, their fields and the elements of their arrays.

use crate::{message, pair, record, tree};
use farcall::{OwnedValue, RecordKind, RecordType, Type, Value, ValueView};

#[test]
fn a_record_has_exactly_its_bytes() {
    let bytes = [0; 17];
    for len in [0, 1, 15, 17] {
        assert_eq!(
            message(Value::record(pair(), &bytes[..len])),
            format!("the value: `struct pair` has 16 bytes, found {len}")
        );
    }
    let value = Value::record(pair(), &bytes[1..]).expect("16 bytes");
    assert_eq!(value.as_record().expect("a record").bytes(), [0; 16]);
    assert_eq!(value.ty(), pair().as_type());
    assert!(matches!(value.view(), ValueView::Record(object) if object.ty() == pair().into()));
}

#[test]
fn fields_are_found_by_path() {
    let mut tree = OwnedValue::zeroed(tree());
    let numbers = [
        ("pair.a", 1),
        ("pairs[0].a", 2),
        ("pairs[2].a", 3),
        ("grid[1][2]", 4),
        ("deep", 5),
    ];
    for (path, number) in numbers {
        tree.set(path, number).expect(path);
    }
    tree.set("pairs[1].b", 2.5).expect("a double");
    tree.set("f", 1.0f32).expect("a float");
    tree.set("yes", true).expect("a bool");
    tree.set("text", c"text").expect("a pointer");
    let object = tree.as_record().expect("a record");
    for (path, number) in numbers {
        let field = object.get(path).expect(path);
        assert_eq!(
            field.value().and_then(Value::as_i64),
            Some(number.into()),
            "{path}"
        );
    }
    let get = |path| object.get(path).expect(path);
    assert_eq!(get("u").value().and_then(Value::as_u64), Some(0x3f80_0000));
    assert_eq!(get("pairs[1].b").value().and_then(Value::as_f64), Some(2.5));
    assert_eq!(
        get("pairs").get("[ 1 ].b").expect("a path").bytes(),
        2.5f64.to_ne_bytes()
    );
    assert_eq!(get("").ty(), object.ty());
    assert_eq!(get("grid").ty().to_string(), "int [2][3]");
    assert!(get("grid").value().is_none());
    assert_eq!(get("pairs[2]").to_string(), "{ a: 3, b: 0.0 }");
}

#[test]
fn fields_are_found_by_number() {
    let mut tree = OwnedValue::zeroed(tree());
    tree.set("grid[1][0]", 7).expect("an int");
    let object = tree.as_record().expect("a record");
    let grid = object.nth(2).expect("the third field");
    let seven = grid.nth(1).and_then(|row| row.nth(0)).expect("an element");
    assert_eq!(seven.value().and_then(Value::as_i64), Some(7));
    assert!(seven.nth(0).is_none());
    assert!(grid.nth(2).is_none());
    assert!(grid.nth(u64::MAX).is_none());
    assert!(object.nth(6).is_none());
    assert!(object.nth(u64::MAX).is_none());
}

#[test]
fn paths_that_lead_nowhere_are_refused() {
    let mut tree = OwnedValue::zeroed(tree());
    let paths = [
        ".",
        "..",
        "[",
        "]",
        "[]",
        "[0]",
        "[0",
        "0",
        " ",
        "x",
        "pair.",
        ".pair",
        "pair..a",
        "pair.c",
        "pair.a.b",
        "pair[0]",
        "pair.a[0]",
        "pairs.a",
        "pairs[3]",
        "pairs[-1]",
        "pairs[]",
        "pairs[0",
        "pairs[0]a",
        "pairs[0].",
        "pairs[0]..a",
        "pairs.[0]",
        "pairs[x]",
        "grid[1,2]",
        "grid[0][3]",
        "grid[0]]",
        "grid[18446744073709551616]",
        "grid[18446744073709551615]",
        "grid[6148914691236517206]",
        "ä",
        "pair.ä",
        "pairs[ä]",
        "pairs[0]ä",
        "\0",
        "pair\0",
    ];
    for path in paths {
        let error = tree
            .as_record()
            .expect("a record")
            .get(path)
            .expect_err(path);
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("no field or element `{path}`: `")),
            "{text}"
        );
        assert_eq!(message(tree.set(path, 1)), text);
    }
    assert_eq!(
        message(tree.set("pair.c", 1)),
        "no field or element `pair.c`: `struct pair` has none of that name or index"
    );
}

#[test]
fn any_byte_of_a_bool_is_false_or_true() {
    let flag = record(
        RecordKind::Union,
        "flag",
        &[("set", Type::BOOL), ("n", Type::UNSIGNED_CHAR)],
    );
    let mut value = OwnedValue::zeroed(flag);
    for n in [0u8, 1, 2, 0x80, 0xff] {
        value.set("n", n).expect("a byte");
        let object = value.as_record().expect("a record");
        let set = object.get("set").expect("a field").value().expect("a bool");
        assert_eq!(set.as_bool(), Some(n != 0));
        let mut copy = OwnedValue::zeroed(flag);
        copy.set("set", set).expect("a bool");
        assert_eq!(copy.bytes_mut(), [u8::from(n != 0)]);
    }
}

#[test]
fn scalars_lie_at_any_alignment() {
    let packed = RecordType::builder(RecordKind::Struct, Some("packed"))
        .packed(1)
        .field("c", Type::CHAR)
        .field("d", Type::DOUBLE)
        .field("i", Type::LONG_LONG)
        .build()
        .expect("a record");
    assert_eq!(packed.size(), 17);
    let mut bytes = [0u8; 18];
    bytes[2..10].copy_from_slice(&1.25f64.to_ne_bytes());
    bytes[10..18].copy_from_slice(&i64::MIN.to_ne_bytes());
    let value = Value::record(packed, &bytes[1..]).expect("a record");
    assert_eq!(
        value.to_string(),
        "{ c: 0, d: 1.25, i: -9223372036854775808 }"
    );
}

#[test]
fn objects_are_equal_by_type_and_bytes() {
    let (a, mut b) = (OwnedValue::zeroed(pair()), OwnedValue::zeroed(pair()));
    assert_eq!(a.as_record(), b.as_record());
    b.set("a", 1).expect("an int");
    assert_ne!(a.as_record(), b.as_record());
    let other = record(
        RecordKind::Struct,
        "other",
        &[("a", Type::INT), ("b", Type::DOUBLE)],
    );
    assert_ne!(a.as_record(), OwnedValue::zeroed(other).as_record());
}

#[test]
fn describing_a_record_again_makes_no_new_one() {
    // Otherwise the table of records would grow beyond what can be had.
    let first = pair();
    for _ in 0..100_000 {
        assert_eq!(pair(), first);
    }
}
