//! One function type, however it is described: as text, by the builder, from Rust types.

use crate::{ENGINES, library, message};
use farcall::{FnType, ForeignType, Type, values};

#[test]
fn text_builder_and_rust_types_call_the_same() {
    let text = FnType::parse("double f(int64_t a, double b)").expect("a prototype");
    let builder = FnType::builder()
        .param("a", Type::INT64)
        .param("b", Type::DOUBLE);
    let builder = builder.result(Type::DOUBLE).build().expect("a type");
    let rust = FnType::builder()
        .param("a", i64::TYPE.to_type().expect("a type"))
        .param("b", f64::TYPE.to_type().expect("a type"))
        .result(f64::TYPE.to_type().expect("a type"))
        .build()
        .expect("a type");
    assert_eq!((text, builder), (builder, rust));
    let missing = library().function_as("no_such_function", text);
    assert!(message(missing).starts_with("no_such_function: no such symbol: "));
    let text = FnType::parse("int f(int, int)").expect("a prototype");
    let i32 = i32::TYPE.to_type().expect("a type");
    let rust = FnType::builder()
        .unnamed_param(i32)
        .unnamed_param(i32)
        .result(i32)
        .build();
    for ty in [text, rust.expect("a type")] {
        let sum = library().function_as("sum2", ty).expect("a function");
        for engine in ENGINES {
            let sum = sum.with_engine(*engine).expect("a function");
            // SAFETY: the fixture's functions are called as they are declared.
            unsafe {
                assert_eq!(
                    sum.call_values(&values![1, 2]).expect("5").as_i64(),
                    Some(5)
                );
                assert_eq!(sum.call::<_, i32>((1, 2)).expect("5"), 5);
            }
        }
    }
}

#[cfg(feature = "macros")]
#[test]
fn records_are_the_same_by_what_they_hold() {
    use farcall::{RecordKind, RecordType};
    #[derive(farcall::ForeignType, farcall::ForeignResult, Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Pair {
        a: i32,
        b: i32,
    }
    let text = RecordType::parse("struct r8 { int a, b; }").expect("a record");
    let built = RecordType::builder(RecordKind::Struct, None);
    let built = built
        .field("x", Type::INT32)
        .field("y", Type::UNSIGNED_INT)
        .build()
        .expect("a record");
    let rust = Pair::TYPE
        .to_type()
        .expect("a type")
        .record()
        .expect("a record");
    let value = farcall::OwnedValue::record(built, &values![1, 2]).expect("a record");
    for ty in [text, built, rust] {
        let ty = FnType::builder()
            .param("r", ty.into())
            .result(ty.into())
            .build()
            .expect("a type");
        let turn = library().function_as("turn_r8", ty).expect("a function");
        for engine in ENGINES {
            let turn = turn.with_engine(*engine).expect("a function");
            for _ in 0..2 {
                // SAFETY: the fixture's functions are called as they are declared.
                unsafe {
                    let turned: Pair = turn.call((Pair { a: 1, b: 2 },)).expect("a record");
                    assert_eq!(turned, Pair { a: 2, b: -1 });
                    let turned = turn.call_values(&values![&value]).expect("a record");
                    let bytes = turned.as_record().expect("a record").bytes();
                    assert_eq!(bytes[..4], 2i32.to_ne_bytes());
                }
            }
            let typed = turn
                .typed::<unsafe extern "C" fn(Pair) -> Pair>()
                .expect("the type");
            // SAFETY: as above.
            assert_eq!(unsafe { typed(Pair { a: 3, b: 4 }) }, Pair { a: 4, b: -3 });
        }
    }
}
