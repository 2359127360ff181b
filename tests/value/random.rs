//! Random values, fields and paths.

use crate::tree;
use farcall::{ErrorKind, OwnedValue, RecordKind, RecordType, Scalar, Type, Value, ValueView};
use proptest::prelude::*;

const INTEGERS: [Type; 14] = [
    Type::INT8,
    Type::UINT8,
    Type::INT16,
    Type::UINT16,
    Type::INT32,
    Type::UINT32,
    Type::INT64,
    Type::UINT64,
    Type::CHAR,
    Type::LONG,
    Type::SIZE,
    Type::PTRDIFF,
    Type::WCHAR,
    Type::LONG_LONG,
];

/// Integers near the edges of all widths.
fn integer() -> impl Strategy<Value = i128> {
    let edge = (0u32..=64, -2i128..=2, any::<bool>());
    let edge = edge.prop_map(|(bits, by, negative)| {
        let edge = 1i128 << bits;
        if negative { -edge + by } else { edge + by }
    });
    prop_oneof![
        edge,
        any::<i64>().prop_map(i128::from),
        any::<u64>().prop_map(i128::from)
    ]
}

/// A value that holds `number`, of one of the kinds that can.
fn holding(number: i128, choice: usize) -> Option<Value<'static>> {
    let mut values = Vec::new();
    macro_rules! add {
        ($($ty:ty),*) => { $(values.extend(<$ty>::try_from(number).map(Value::from));)* };
    }
    add!(i8, u8, i16, u16, i32, u32, i64, u64);
    (!values.is_empty()).then(|| values[choice % values.len()])
}

fn range(ty: Type) -> (i128, i128) {
    let (low, high) = ty.scalar().and_then(Scalar::range).expect("an integer");
    if ty == Type::CHAR {
        (-128, 255)
    } else {
        (low, high.try_into().expect("at most 64 bits"))
    }
}

fn one(ty: Type) -> RecordType {
    let builder = RecordType::builder(RecordKind::Struct, None);
    builder.field("x", ty).build().expect("a record")
}

fn any_value() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        (integer(), any::<usize>()).prop_filter_map("no kind holds it", |(n, c)| holding(n, c)),
        any::<u32>().prop_map(|bits| Value::from(f32::from_bits(bits))),
        any::<u64>().prop_map(|bits| Value::from(f64::from_bits(bits))),
        any::<usize>().prop_map(|address| Value::from(address as *const u8)),
        Just(Value::NULL),
        Just(Value::VOID),
    ]
}

/// What two values must share to be the same, NaNs included.
fn bits(value: Value<'_>) -> (String, String) {
    let bits = match value.view() {
        ValueView::F32(float) => float.to_bits().to_string(),
        ValueView::F64(float) => float.to_bits().to_string(),
        _ => value.to_string(),
    };
    (value.ty().to_string(), bits)
}

proptest! {
    #[test]
    fn integers_fit_as_arithmetic_says(number in integer(), choice: usize, ty in 0usize..14) {
        let ty = INTEGERS[ty];
        let Some(value) = holding(number, choice) else { return Ok(()) };
        let (low, high) = range(ty);
        let mut record = OwnedValue::zeroed(one(ty));
        let set = record.set("x", value);
        prop_assert_eq!(set.is_ok(), (low..=high).contains(&number));
        match set {
            Ok(()) => {
                let held = record.as_record().and_then(|r| r.nth(0)?.value()).expect("a field");
                let size = 8 * ty.size().expect("a size") as u32;
                let modulus = 1i128 << size;
                let held = held.as_i64().map(i128::from).or(held.as_u64().map(i128::from));
                prop_assert_eq!(held.expect("an integer").rem_euclid(modulus), number.rem_euclid(modulus));
            }
            Err(error) => {
                let found = match error.kind() {
                    ErrorKind::Range { found, .. } => Some(*found),
                    _ => None,
                };
                prop_assert_eq!(found, Some(number));
                prop_assert_eq!(record.as_record().expect("a record").bytes().iter().max(), Some(&0));
            }
        }
    }

    #[test]
    fn integers_come_back_as_arithmetic_says(number in integer(), choice: usize) {
        let Some(value) = holding(number, choice) else { return Ok(()) };
        prop_assert_eq!(value.as_i64(), i64::try_from(number).ok());
        prop_assert_eq!(value.as_u64(), u64::try_from(number).ok());
        macro_rules! check {
            ($($ty:ty),*) => {
                $(prop_assert_eq!(<$ty>::try_from(value).ok(), <$ty>::try_from(number).ok());)*
            };
        }
        check!(i8, u8, i16, u16, i32, u32, i64, u64, isize, usize);
        prop_assert_eq!(value.to_string(), number.to_string());
    }

    #[test]
    fn what_is_stored_is_what_comes_back(value in any_value(), before in 0u64..16) {
        if matches!(value.view(), ValueView::Void) { return Ok(()) }
        let pad = Type::CHAR.array(before).expect("an array");
        let builder = RecordType::builder(RecordKind::Struct, None).packed(1);
        let ty = builder.field("pad", pad).field("x", value.ty()).field("end", Type::CHAR);
        let mut record = OwnedValue::zeroed(ty.build().expect("a record"));
        record.set("x", value).expect("a field of its own type");
        let copy = record.clone();
        let object = copy.as_record().expect("a record");
        prop_assert_eq!(bits(object.get("x").expect("a field").value().expect("a value")), bits(value));
        let others = object.get("pad").expect("a field").bytes().iter().chain(object.get("end").expect("a field").bytes());
        prop_assert_eq!(others.max(), Some(&0));
    }

    #[test]
    fn only_the_kind_decides(value in any_value(), into in any_value()) {
        if matches!(into.view(), ValueView::Void) { return Ok(()) }
        let integer = |value: Value<'_>| value.ty().scalar().is_some_and(Scalar::is_integer);
        let mut record = OwnedValue::zeroed(one(into.ty()));
        let same = value.ty().scalar() == into.ty().scalar();
        match record.set("x", value) {
            Ok(()) => prop_assert!(same || (integer(value) && integer(into))),
            Err(error) => {
                prop_assert!(!same, "{error}");
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn no_path_panics(path in "[a-z.\\[\\] 0-9ä]{0,12}", number: i64) {
        let mut tree = OwnedValue::zeroed(tree());
        let _ = tree.set(&path, number);
        let _ = tree.as_record().expect("a record").get(&path).map(|object| object.to_string());
    }

    #[test]
    fn likely_paths_lead_inside(
        path in "(pair|pairs\\[[0-3]\\]|grid\\[[0-2]\\]|text|deep|u|\\.)(\\.a|\\.b|\\[[0-3]\\]|\\.)?"
    ) {
        let bytes: Vec<_> = (0..tree().size()).map(|n| n as u8).collect();
        let tree = Value::record(tree(), &bytes).expect("a record").as_record().expect("a record");
        if let Ok(object) = tree.get(&path) {
            prop_assert_eq!(object.bytes().len() as u64, object.ty().size().expect("a size"));
            let offset = object.bytes()[0];
            prop_assert_eq!(object.bytes(), &bytes[offset.into()..][..object.bytes().len()]);
            prop_assert!(u64::from(offset).is_multiple_of(object.ty().align()));
        }
    }
}
