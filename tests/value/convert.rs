//! Rust values to C values and back.

use crate::{message, pair};
use farcall::{
    EnumType, OwnedValue, RecordKind, RecordType, Scalar, Type, Value, ValueView, values,
};
use std::ffi::c_void;
use std::ptr::NonNull;

macro_rules! there_and_back {
    ($($test:ident $ty:ident $variant:ident: $($value:expr),*;)*) => {$(
        #[test]
        fn $test() {
            for number in [$($value),*] {
                let value = Value::from(number);
                assert!(matches!(value.view(), ValueView::$variant(held) if held == number));
                assert_eq!($ty::try_from(value).expect("the same type"), number);
                assert_eq!(value.ty().size(), Some(size_of::<$ty>() as u64));
                assert_eq!(value.as_pointer(), None);
                assert!(value.as_record().is_none());
            }
        }
    )*};
}

there_and_back! {
    bools bool Bool: false, true;
    i8s i8 I8: i8::MIN, -1, 0, 1, i8::MAX;
    u8s u8 U8: 0, 1, 128, u8::MAX;
    i16s i16 I16: i16::MIN, -1, 0, i16::MAX;
    u16s u16 U16: 0, 0x8000, u16::MAX;
    i32s i32 I32: i32::MIN, -1, 0, i32::MAX;
    u32s u32 U32: 0, 0x8000_0000, u32::MAX;
    i64s i64 I64: i64::MIN, -1, 0, i64::MAX;
    u64s u64 U64: 0, 1 << 63, u64::MAX;
    f32s f32 F32: f32::MIN, -0.0, 1.5e-45, f32::INFINITY;
    f64s f64 F64: f64::MIN, -0.0, 5e-324, f64::NEG_INFINITY;
}

#[test]
fn sizes_are_integers_of_the_platform() {
    let (size, offset) = (Value::from(usize::MAX), Value::from(isize::MIN));
    assert_eq!(usize::try_from(size).expect("a size"), usize::MAX);
    assert_eq!(isize::try_from(offset).expect("an offset"), isize::MIN);
    assert_eq!(size.ty().scalar(), Type::SIZE.scalar());
    assert_eq!(offset.ty().scalar(), Type::PTRDIFF.scalar());
}

#[test]
fn pointers_are_kept_as_addresses() {
    let mut number = 5i32;
    let address = (&raw mut number).cast::<c_void>();
    let pointers = [
        Value::from(&raw const number),
        Value::from(&raw mut number),
        Value::from(NonNull::from(&mut number)),
    ];
    for value in pointers {
        assert_eq!(value.as_pointer(), Some(address));
        assert!(matches!(value.view(), ValueView::Pointer(held) if held == address));
        assert_eq!(<*mut c_void>::try_from(value).expect("a pointer"), address);
        assert_eq!(
            <*const c_void>::try_from(value).expect("a pointer"),
            address.cast_const()
        );
        assert_eq!(
            (value.as_i64(), value.as_u64(), value.as_f64()),
            (None, None, None)
        );
    }
    assert_eq!(Value::from(&number).as_pointer(), Some(address));
    assert_eq!(Value::from(&mut number).as_pointer(), Some(address));
    assert_eq!(Value::NULL.as_pointer(), Some(std::ptr::null_mut()));
    assert_eq!(Value::NULL.ty().to_string(), "void *");
}

#[test]
fn slices_and_text_are_pointers_to_their_start() {
    let mut numbers = [1u16, 2, 3];
    let start = numbers.as_mut_ptr().cast::<c_void>();
    assert_eq!(Value::from(&numbers[..]).as_pointer(), Some(start));
    assert_eq!(Value::from(&mut numbers[..]).as_pointer(), Some(start));
    assert_eq!(Value::from(&numbers).as_pointer(), Some(start));
    assert_eq!(
        Value::from(&numbers[1..]).as_pointer(),
        Some(start.wrapping_add(2))
    );
    let text = Value::from(c"text");
    // SAFETY: the text is a constant.
    assert_eq!(unsafe { text.as_c_str() }, Some(c"text"));
    // SAFETY: null is allowed, and a number is no pointer.
    unsafe {
        assert_eq!(Value::NULL.as_c_str(), None);
        assert_eq!(Value::from(1).as_c_str(), None);
    }
}

#[test]
fn what_was_written_through_a_value_is_seen() {
    let mut number = 5i32;
    let pointer = Value::from(&mut number).as_pointer().expect("a pointer");
    // SAFETY: the pointer was made from a mutable reference.
    unsafe { pointer.cast::<i32>().write(6) };
    assert_eq!(number, 6);
    let mut numbers = [1u8, 2];
    let pointer = Value::from(&mut numbers[..])
        .as_pointer()
        .expect("a pointer");
    // SAFETY: as above.
    unsafe { pointer.cast::<u8>().add(1).write(9) };
    assert_eq!(numbers, [1, 9]);
}

#[test]
fn nothing_is_a_value_of_its_own() {
    assert!(matches!(Value::VOID.view(), ValueView::Void));
    assert!(Value::VOID.ty().is_void());
    assert!(matches!(OwnedValue::VOID.view(), ValueView::Void));
    assert_eq!(
        message(u8::try_from(Value::VOID)),
        "expected an integer for u8, found no value"
    );
}

#[test]
fn integers_come_back_in_any_width_that_holds_them() {
    assert_eq!(u8::try_from(Value::from(255i64)).expect("fits"), 255);
    assert_eq!(i8::try_from(Value::from(-128i64)).expect("fits"), -128);
    assert_eq!(u64::try_from(Value::from(7i8)).expect("fits"), 7);
    assert_eq!(Value::from(u64::MAX).as_i64(), None);
    assert_eq!(Value::from(u64::MAX).as_u64(), Some(u64::MAX));
    assert_eq!(Value::from(-1i8).as_u64(), None);
    assert_eq!(Value::from(-1i8).as_i64(), Some(-1));
    assert_eq!(Value::from(i64::MIN).as_i64(), Some(i64::MIN));
}

#[test]
fn floats_are_widened_and_never_shortened() {
    assert_eq!(f64::try_from(Value::from(1.5f32)).expect("a double"), 1.5);
    assert_eq!(Value::from(0.1f32).as_f64(), Some(f64::from(0.1f32)));
    assert_eq!(
        message(f32::try_from(Value::from(1.5))),
        "expected f32, found f64"
    );
    let nan = Value::from(f32::from_bits(0x7fa0_0001));
    assert_eq!(f32::try_from(nan).expect("a float").to_bits(), 0x7fa0_0001);
}

#[test]
fn refusals_say_what_was_expected_and_found() {
    let pair = OwnedValue::zeroed(pair());
    let cases = [
        (
            message(u8::try_from(Value::from(256))),
            "expected a value of u8, found 256",
        ),
        (
            message(i8::try_from(Value::from(-129))),
            "expected a value of i8, found -129",
        ),
        (
            message(u64::try_from(Value::from(-1))),
            "expected a value of u64, found -1",
        ),
        (
            message(i64::try_from(Value::from(u64::MAX))),
            "expected a value of i64, found 18446744073709551615",
        ),
        (
            message(i32::try_from(Value::from(1.0))),
            "expected an integer for i32, found f64",
        ),
        (
            message(i32::try_from(Value::from(true))),
            "expected an integer for i32, found bool",
        ),
        (
            message(i32::try_from(Value::NULL)),
            "expected an integer for i32, found null",
        ),
        (
            message(i32::try_from(Value::from(&1))),
            "expected an integer for i32, found a pointer",
        ),
        (
            message(i32::try_from(pair.as_value())),
            "expected an integer for i32, found `struct pair`",
        ),
        (
            message(f64::try_from(Value::from(1))),
            "expected a floating-point number, found i32",
        ),
        (
            message(f32::try_from(Value::from(1u8))),
            "expected f32, found u8",
        ),
        (
            message(bool::try_from(Value::from(1))),
            "expected bool, found i32",
        ),
        (
            message(<*mut c_void>::try_from(Value::from(0))),
            "expected a pointer, found i32",
        ),
        (
            message(<*const c_void>::try_from(Value::from(0u64))),
            "expected a pointer, found u64",
        ),
        (
            message(u16::try_from(OwnedValue::VOID)),
            "expected an integer for u16, found no value",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}

#[test]
fn a_list_of_values_is_an_array() {
    let pair = OwnedValue::zeroed(pair());
    let number = 3u8;
    let list = values![1, 2.5, c"text", &number, &pair, true,];
    assert_eq!(list.len(), 6);
    assert_eq!(list[4].ty().to_string(), "struct pair");
    let none: [Value<'_>; 0] = values![];
    assert!(none.is_empty());
    assert_eq!(list[0].as_bool(), None);
    assert_eq!(list[5].as_bool(), Some(true));
}

#[test]
fn values_are_small_and_may_be_shared() {
    fn shared<T: Send + Sync + Unpin>() {}
    shared::<Value<'_>>();
    shared::<OwnedValue>();
    shared::<ValueViewOfNothing>();
    assert_eq!(size_of::<Value<'_>>(), 16);
    assert_eq!(size_of::<Option<Value<'_>>>(), 16);
    assert_eq!(size_of::<OwnedValue>(), 16);
    assert_eq!(size_of::<farcall::Result<OwnedValue>>(), 16);
}

/// What is shared of a view depends on its pointers, which are not; the rest is.
type ValueViewOfNothing = farcall::Object<'static>;

#[test]
fn absent_pointers_are_null() {
    let number = 7i32;
    let address = (&raw const number).cast_mut().cast();
    assert_eq!(Value::from(Some(&number)).as_pointer(), Some(address));
    let none = [Value::from(None::<&i32>), Value::from(None::<NonNull<i32>>)];
    for value in none {
        assert_eq!(value.as_pointer(), Some(std::ptr::null_mut()));
    }
}

#[test]
fn a_value_is_kept_by_copying_it_with_its_record() {
    let ty = RecordType::parse("struct { int a; int b; }").expect("a record");
    let mut record = OwnedValue::zeroed(ty);
    record.set("b", 5).expect("a field");
    let kept = OwnedValue::from(record.as_value());
    record.set("b", 6).expect("a field");
    assert_eq!(kept.to_string(), "{ a: 0, b: 5 }");
    assert_eq!(OwnedValue::from(Value::from(3u8)).as_u64(), Some(3));
}

#[test]
fn an_enumeration_has_a_free_sign_only_if_its_storage_is_open() {
    let fixed = EnumType::with_storage(None, [("A", 1)], Scalar::U8).expect("an enumeration");
    let open = EnumType::new(None, [("A", 1)]).expect("an enumeration");
    assert!(fixed.has_fixed_storage() && !open.has_fixed_storage());
    let record = RecordType::builder(RecordKind::Struct, None)
        .field("fixed", fixed.as_type())
        .field("open", open.as_type());
    let mut record = OwnedValue::zeroed(record.build().expect("a record"));
    record.set("open", -1).expect("either sign");
    let message = record.set("fixed", -1).expect_err("unsigned").to_string();
    assert_eq!(
        message,
        "field `fixed`: -1 does not fit into enum { … } (0 to 255)"
    );
    for (storage, name) in [
        (Scalar::F64, "f64"),
        (Scalar::Bool, "bool"),
        (Scalar::Pointer, "pointer"),
    ] {
        let refused = EnumType::with_storage(None, [], storage).expect_err("no integer");
        let expected =
            format!("an enumeration stored as {name}; expected an integer of at most 64 bits");
        assert_eq!(refused.to_string(), expected);
    }
}
