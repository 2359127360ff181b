//! What is refused, and by which words?

use super::bind;
use farcall::{Complex, ErrorKind, F16, FnType, LongDouble, Type, Value, Vector, values};

fn says(error: &farcall::Error, text: &str) {
    let found = error.to_string();
    assert!(found.contains(text), "{found}\nexpected: {text}");
}

#[test]
fn a_function_pointer_of_types_that_rustc_passes_otherwise() {
    type Add = unsafe extern "C" fn(LongDouble, f64) -> LongDouble;
    let add = bind("long double wide_add(long double a, double b)");
    let error = add.typed::<Add>().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }));
    says(&error, "wide_add: a Rust function pointer for");
    says(&error, "call it with `Function::call`");
}

#[test]
fn values_of_other_kinds() {
    let add = bind("long double wide_add(long double a, double b)");
    let call = |arguments: &[Value<'_>]| {
        // SAFETY: nothing is called.
        unsafe { add.call_values(arguments) }.unwrap_err()
    };
    says(
        &call(&values![1.0, 1.0]),
        "argument 1 (a): expected long double, found f64; write LongDouble::from(1.0)",
    );
    says(
        &call(&values![1, 1.0]),
        "argument 1 (a): expected long double, found i32",
    );
    let z = Complex::new(1.0, 2.0);
    says(
        &call(&values![Value::of(&z), 1.0]),
        "argument 1 (a): expected long double, found `double _Complex`",
    );
    // SAFETY: nothing is called.
    let error = unsafe { add.call::<_, LongDouble>((1.0, 1.0)) }.unwrap_err();
    says(
        &error,
        "argument 1 (a): expected long double, found f64; write LongDouble::from(1.0)",
    );
    // SAFETY: as above.
    let error = unsafe { add.call::<_, f64>((LongDouble::from(1), 1.0)) }.unwrap_err();
    says(
        &error,
        "the result is declared as long double, which cannot be taken as f64",
    );
}

#[test]
fn integers_that_do_not_fit() {
    let shift = bind("unsigned __int128 wide_shift(unsigned __int128 n, int by)");
    let call = |arguments: &[Value<'_>]| {
        // SAFETY: nothing is called.
        unsafe { shift.call_values(arguments) }.unwrap_err()
    };
    says(
        &call(&values![-1, 1]),
        "argument 1 (n): -1 does not fit into unsigned __int128 \
         (0 to 340282366920938463463374607431768211455)",
    );
    let large = 1i128 << 40;
    says(
        &call(&values![1, Value::of(&large)]),
        "1099511627776 does not fit into int",
    );
    says(
        &call(&values![1, Value::of(&u128::MAX)]),
        "is more than it holds",
    );
    says(
        &call(&values![1.0, 1]),
        "expected unsigned __int128, found f64",
    );
    assert!(i64::try_from(Value::of(&large)).is_ok());
    assert!(i32::try_from(Value::of(&large)).is_err());
    assert!(i128::try_from(Value::of(&u128::MAX)).is_err());
    assert!(u128::try_from(Value::of(&-1i128)).is_err());
}

#[test]
fn types_that_compilers_do_not_agree_on() {
    for (text, what) in [
        ("_Float16 f(void)", "_Float16"),
        (
            "void f(float v __attribute__((vector_size(8))))",
            "float __attribute__((vector_size(8)))",
        ),
    ] {
        let ty = FnType::parse(&format!("{text} __attribute__((ms_abi))")).unwrap();
        // SAFETY: it is not called.
        let bound = unsafe { farcall::Function::from_address("f", 8 as *const _, ty) };
        let error = bound.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }));
        says(
            &error,
            &format!("passing `{what}` by value under Windows x64 is not supported: gcc"),
        );
    }
    assert!(Type::DOUBLE.vector(1).is_err());
    assert!(Type::FLOAT.vector(8).is_err());
    assert!(Type::INT.complex().is_err());
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_union_that_takes_more_than_its_scalars() {
    let bind = |text: &str| {
        let ty = FnType::parse(text).unwrap();
        // SAFETY: it is not called.
        unsafe { farcall::Function::from_address("f", 8 as *const _, ty) }
    };
    let error = bind("union { long double x; long n[2]; } f(void)").unwrap_err();
    says(
        &error,
        "by value is not supported: where a union of a `long double` and integers is passed",
    );
    // Others share nothing with a long double, or are always in memory.
    for text in [
        "void f(union { long double x; double y; } u)",
        "void f(struct { long double x; int n; } s)",
        "void f(union { long double x; } u)",
        "void f(union { long double x; long n[3]; } u) __attribute__((ms_abi))",
    ] {
        #[cfg(feature = "jit")]
        bind(text).expect(text);
        #[cfg(not(feature = "jit"))]
        let _ = (text, bind(text));
    }
}

#[test]
#[cfg(feature = "libffi")]
fn what_libffi_lacks() {
    use farcall::Engine;
    let scale = super::library().function(
        "float __attribute__((vector_size(16))) wide_scale(
         float __attribute__((vector_size(16))) v, float by)",
    );
    // Where there is no other engine it is refused at once.
    let error = match scale {
        Ok(function) => function.with_engine(Engine::Libffi).unwrap_err(),
        Err(error) => error,
    };
    says(&error, "through libffi is not supported: it has no vectors");
}

#[test]
fn fields_and_buffers_keep_to_their_types() {
    let point = Type::parse("struct { long double x; __int128 n; }").unwrap();
    let mut place = farcall::OwnedValue::zeroed(point.record().unwrap());
    place.set("x", Value::of(&LongDouble::from(2))).unwrap();
    place.set("n", -3).unwrap();
    assert_eq!(place.to_string(), "{ x: 2.0, n: -3 }");
    says(
        &place.set("x", 1.0).unwrap_err(),
        "field `x`: expected long double, found f64",
    );
    says(
        &place.set("n", F16::from_f32(1.0)).unwrap_err(),
        "expected __int128, found F16",
    );
    let v = Vector::new([1u8; 16]);
    says(
        &place.set("n", Value::of(&v)).unwrap_err(),
        "expected __int128, found `uint8_t",
    );
}
