//! Are functions of the Windows x64 convention called as their compiler has it?
#![cfg(all(target_arch = "x86_64", not(target_env = "msvc")))]

use std::ffi::c_char;

use farcall::{
    CallConv, Declarations, ErrorKind, FnType, Function, OwnedValue, Type, Value, values,
};

const TEXT: &str = "
    struct one { int8_t a; };
    struct two { uint8_t a; int8_t b; };
    struct three { uint8_t a, b, c; };
    struct four { int16_t a; uint16_t b; };
    struct eight { float a; int32_t b; };
    struct sixteen { double a; int64_t b; };
    struct twenty_four { int64_t a; double b; int32_t c; };
    __attribute__((ms_abi)) int32_t win_nothing(void);
    __attribute__((ms_abi)) int64_t win_scalars(int8_t a, uint16_t b, int32_t c, int64_t d);
    __attribute__((ms_abi)) int8_t win_narrow(int8_t a, uint8_t b);
    __attribute__((ms_abi)) float win_float(float a);
    __attribute__((ms_abi)) double win_mixed(int32_t a, double b, float c, int64_t d, double e,
                                             uint8_t f, float g, const char *h, int16_t i);
    __attribute__((ms_abi)) int32_t win_small(struct one a, struct two b, struct four c,
                                              struct eight d);
    __attribute__((ms_abi)) double win_references(struct three a, struct sixteen b, int32_t c,
                                                  struct twenty_four d, struct sixteen e,
                                                  struct three f);
    __attribute__((ms_abi)) struct one win_one(int8_t a);
    __attribute__((ms_abi)) struct two win_two(uint8_t a, int8_t b);
    __attribute__((ms_abi)) struct three win_three(uint8_t a, uint8_t b, uint8_t c);
    __attribute__((ms_abi)) struct four win_four(int16_t a, uint16_t b);
    __attribute__((ms_abi)) struct eight win_eight(float a, int32_t b);
    __attribute__((ms_abi)) struct sixteen win_sixteen(double a, int64_t b);
    __attribute__((ms_abi)) struct twenty_four win_twenty_four(int64_t a, double b, int32_t c,
                                                               float d);
    __attribute__((ms_abi)) int64_t win_calls(void *f, int64_t a);
    __attribute__((ms_abi)) int64_t win_weights(int64_t a, int64_t b, int64_t c, int64_t d,
                                                int64_t e);
    __attribute__((ms_abi)) void win_store(int32_t *to, int32_t value);
";

fn declarations() -> Declarations {
    Declarations::parse(TEXT).unwrap()
}

/// The function with this name, as the text declares it.
fn function(name: &str) -> Function {
    let library = support::open(support::fixture("windows_abi"));
    library.function_in(&declarations(), name).unwrap()
}

/// Calls through every engine in every way, twice, and gives the result as text.
fn call(name: &str, arguments: &[Value<'_>]) -> Option<String> {
    let function = function(name);
    let mut texts = Vec::new();
    for &engine in support::engines() {
        let function = function.with_engine(engine).unwrap();
        for _ in 0..2 {
            // SAFETY: the declarations are those of the fixture.
            let result = unsafe { function.call_values(arguments) }.unwrap();
            texts.push(result.to_string());
        }
        let mut buffer = function.buffer();
        for (index, argument) in arguments.iter().enumerate() {
            buffer.set(index, *argument).unwrap();
        }
        // SAFETY: as above.
        unsafe { buffer.call(&function) }.unwrap();
        texts.push(buffer.result().to_string());
    }
    let first = texts.first()?.clone();
    assert!(texts.iter().all(|text| *text == first), "{name}: {texts:?}");
    Some(first)
}

/// Asserts that every engine gives the result that prints as `expected`.
fn check(name: &str, arguments: &[Value<'_>], expected: &str) {
    if let Some(text) = call(name, arguments) {
        assert_eq!(text, expected, "{name}");
    }
}

fn record(name: &str, fields: &[Value<'_>]) -> OwnedValue {
    let ty = declarations().record(name).unwrap();
    OwnedValue::record(ty, fields).unwrap()
}

#[test]
fn the_attribute_is_the_convention() {
    for (name, ty) in declarations().functions() {
        assert_eq!(ty.call_conv(), CallConv::Win64, "{name}");
    }
}

#[test]
fn scalars_arrive_and_come_back() {
    check("win_nothing", &[], "7");
    check(
        "win_scalars",
        &values![-128, 65535, -5, 1i64 << 40],
        "1099511628430722",
    );
    check("win_narrow", &values![-100, 100], "56");
    check("win_float", &values![-1.25f32], "-2.5");
    check("win_weights", &values![1, 2, 3, 4, 5], "54321");
    let mut place = 0;
    check("win_store", &values![&mut place, -9], "");
    if !support::engines().is_empty() {
        assert_eq!(place, -9);
    }
}

#[test]
fn arguments_are_counted_by_position_whatever_their_type() {
    let arguments = values![1, 2.0, 3.0f32, 4, 5.0, 6, 7.0f32, c"\x08", -9];
    check("win_mixed", &arguments, "123.0");
}

#[test]
fn structs_of_one_register_go_by_value() {
    let (one, two) = (record("one", &values![-1]), record("two", &values![2, -3]));
    let four = record("four", &values![-4, 5]);
    let eight = record("eight", &values![6.5f32, 7_000_000]);
    let arguments = values![&one, &two, &four, &eight];
    check("win_small", &arguments, "7045732");
}

#[test]
fn other_structs_go_by_reference_to_a_copy() {
    let three = record("three", &values![1, 2, 3]);
    let sixteen = record("sixteen", &values![4.0, 5]);
    let long = record("twenty_four", &values![7, 8.0, 9]);
    let before = [three.to_string(), sixteen.to_string(), long.to_string()];
    let arguments = values![&three, &sixteen, 6, &long, &sixteen, &three];
    check("win_references", &arguments, "416.0");
    let after = [three.to_string(), sixteen.to_string(), long.to_string()];
    assert_eq!(before, after, "the callee wrote to the caller's records");
}

#[test]
fn structs_come_back_in_a_register_or_by_hidden_pointer() {
    check("win_one", &values![-1], "{ a: -1 }");
    check("win_two", &values![255, -128], "{ a: 255, b: -128 }");
    check("win_three", &values![1, 2, 3], "{ a: 1, b: 2, c: 3 }");
    check(
        "win_four",
        &values![-32768, 65535],
        "{ a: -32768, b: 65535 }",
    );
    check("win_eight", &values![0.5f32, -2], "{ a: 0.5, b: -2 }");
    check(
        "win_sixteen",
        &values![-0.25, i64::MIN],
        "{ a: -0.25, b: -9223372036854775808 }",
    );
    let arguments = values![i64::MAX, 1.5, -3, 2.0f32];
    check(
        "win_twenty_four",
        &arguments,
        "{ a: 9223372036854775807, b: 3.0, c: -3 }",
    );
}

#[test]
fn the_target_may_call_back_with_the_same_convention() {
    let weights = function("win_weights");
    check("win_calls", &values![weights.address(), 1], "54322");
}

support::foreign_struct!(Sixteen { a: f64, b: i64 });

type Mixed = unsafe extern "win64" fn(i32, f64, f32, i64, f64, u8, f32, *const c_char, i16) -> f64;

#[test]
fn it_is_had_as_a_function_pointer_of_its_convention() {
    let mixed = function("win_mixed").typed::<Mixed>().unwrap();
    // SAFETY: the declaration is that of the fixture.
    let sum = unsafe { mixed(1, 2.0, 3.0, 4, 5.0, 6, 7.0, c"\x08".as_ptr(), -9) };
    assert_eq!(sum, 123.0);
    let sixteen = function("win_sixteen");
    let sixteen = sixteen
        .typed::<unsafe extern "win64" fn(f64, i64) -> Sixteen>()
        .unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { sixteen(-0.25, 3) }, Sixteen { a: -0.25, b: 3 });
}

#[test]
fn other_function_pointers_are_refused() {
    let narrow = function("win_narrow");
    let c = narrow.typed::<unsafe extern "C" fn(i8, u8) -> i8>();
    let sysv = narrow.typed::<unsafe extern "sysv64" fn(i8, u8) -> i8>();
    let c_unwind = narrow.typed::<unsafe extern "C-unwind" fn(i8, u8) -> i8>();
    if cfg!(windows) {
        assert!(c.is_ok() && c_unwind.is_ok() && sysv.is_err());
        return;
    }
    for error in [c.err(), c_unwind.err(), sysv.err()] {
        let error = error.expect("a refusal");
        assert!(
            matches!(error.kind(), ErrorKind::Convention { .. }),
            "{error}"
        );
        let text = error.to_string();
        assert!(
            text.contains("win_narrow") && text.contains("Win64"),
            "{text}"
        );
    }
    let typed = narrow.typed::<unsafe extern "win64" fn(i8, i8) -> i8>();
    assert!(matches!(
        typed.unwrap_err().kind(),
        ErrorKind::Argument { .. }
    ));
}

#[test]
fn tuples_of_rust_values_are_passed_through_an_engine() {
    if support::engines().is_empty() {
        return;
    }
    let (narrow, sixteen) = (function("win_narrow"), function("win_sixteen"));
    for &engine in support::engines() {
        let narrow = narrow.with_engine(engine).unwrap();
        let sixteen = sixteen.with_engine(engine).unwrap();
        for _ in 0..2 {
            // SAFETY: the declarations are those of the fixture.
            let difference: i8 = unsafe { narrow.call((-100i8, 100u8)) }.unwrap();
            // SAFETY: as above.
            let record: Sixteen = unsafe { sixteen.call((-0.25, 3i64)) }.unwrap();
            assert_eq!((difference, record), (56, Sixteen { a: -0.25, b: 3 }));
        }
    }
}

#[test]
fn the_convention_can_be_set_by_the_builder() {
    let ty = |conv| {
        let params = FnType::builder()
            .param("a", Type::INT8)
            .param("b", Type::UINT8);
        params.result(Type::INT8).call_conv(conv).build().unwrap()
    };
    assert_eq!(ty(CallConv::Win64).call_conv(), CallConv::Win64);
    assert_ne!(ty(CallConv::Win64), ty(CallConv::C));
    let library = support::open(support::fixture("windows_abi"));
    for &engine in support::engines() {
        let function = library
            .function_as("win_narrow", ty(CallConv::Win64))
            .unwrap();
        let function = function.with_engine(engine).unwrap();
        // SAFETY: the type is that of the fixture.
        let result = unsafe { function.call_values(&values![5, 7]) }.unwrap();
        assert_eq!(result.as_i64(), Some(-2));
    }
}
