//! Closures that C calls with them.

use super::{THIRD, bind, library};
use farcall::{
    Callback, Complex, Engine, ErrorKind, FnType, LongDouble, OwnedValue, Value, Vector,
};
use farcall::{ValueView, values};

const TYPE: &str =
    "long double f(long double, double _Complex, float __attribute__((vector_size(16))))";

#[test]
#[cfg(feature = "jit")]
fn a_closure_over_values_takes_and_returns_them() {
    let call = bind(&format!(
        "long double wide_call({}, long double a, double complex z, \
         float __attribute__((vector_size(16))) v)",
        FnType::parse(TYPE).unwrap().declare("(*f)")
    ));
    let third: LongDouble = THIRD.parse().unwrap();
    let (z, v) = (Complex::new(1.0, 2.0), Vector::new([1.0f32, 2.0, 3.0, 4.0]));
    let receive = move |args: &[Value<'_>]| {
        assert_eq!(LongDouble::try_from(args[0]).unwrap(), third);
        assert_eq!(Complex::try_from(args[1]).unwrap(), z);
        let ValueView::Vector(lanes) = args[2].view() else {
            panic!("{:?}", args[2]);
        };
        assert_eq!(lanes.get(3).unwrap().as_f64(), Some(4.0));
        OwnedValue::from(third)
    };
    let callback = call.callback("f", receive).unwrap();
    let shared = Callback::builder().any_thread();
    let shared = shared.new(FnType::parse(TYPE).unwrap(), receive).unwrap();
    for pointer in [callback.as_ptr(), shared.as_ptr()] {
        // SAFETY: the fixture's functions are called as they are declared.
        let found: LongDouble = unsafe { call.call((pointer, third, z, v)).unwrap() };
        assert_eq!(found, third);
        let arguments = values![pointer, Value::of(&third), Value::of(&z), Value::of(&v)];
        // SAFETY: as above.
        let found = unsafe { call.call_values(&arguments).unwrap() };
        assert_eq!(LongDouble::try_from(found).unwrap(), third);
    }
}

#[test]
#[cfg(feature = "jit")]
fn a_fallback_is_given_whole() {
    let ty = FnType::parse("long double f(void)").unwrap();
    let third: LongDouble = THIRD.parse().unwrap();
    let callback = Callback::builder()
        .fallback(Value::of(&third))
        .new(ty, |_| Err::<OwnedValue, _>("no number"));
    let callback = callback.unwrap();
    // SAFETY: the callback lives on.
    let call = unsafe { farcall::Function::from_address("f", callback.as_ptr(), ty).unwrap() };
    // SAFETY: the type is that of the callback.
    let error = unsafe { call.call_values(&[]).unwrap_err() };
    assert!(error.to_string().contains("no number"), "{error}");
    let callback = Callback::builder().fallback(Value::of(&third));
    let wrong = callback.new(FnType::parse("double f(void)").unwrap(), |_| 1.0);
    let error = wrong.unwrap_err().to_string();
    assert!(
        error.contains("expected double, found LongDouble"),
        "{error}"
    );
}

/// rustc's own type: a typed closure, on every engine.
#[test]
fn a_typed_closure_takes_integers_of_128_bits() {
    type Sum = unsafe extern "C" fn(i64, i128, Complex<f64>) -> i128;
    for engine in support::engines() {
        let callback = Callback::builder().engine(*engine);
        let callback = callback.from_fn::<Sum, _>(|a, b, z| i128::from(a) + b - z.im as i128);
        let callback = callback.unwrap();
        // SAFETY: the callback is alive and of this type.
        let f: Sum = callback.as_fn();
        // SAFETY: as above.
        let sum = unsafe { f(1, 1 << 100, Complex::new(0.0, 5.0)) };
        assert_eq!(sum, (1 << 100) - 4);
    }
}

#[test]
fn a_typed_closure_is_refused_what_rustc_passes_otherwise() {
    type Long = unsafe extern "C" fn(LongDouble) -> LongDouble;
    let error = Callback::<Long>::from_fn(|a| a).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }));
    assert_eq!(
        error.to_string(),
        "a Rust function pointer for `long double (long double)` is not supported: rustc passes \
         `long double`, `_Float16` and vectors differently from C; call it with `Function::call`, \
         and make callbacks of it with `Callback::new`"
    );
}

#[test]
#[cfg(all(feature = "libffi", target_arch = "x86_64"))]
fn libffi_calls_back_with_a_long_double() {
    let ty = FnType::parse("long double f(long double, double)").unwrap();
    let callback = Callback::builder().engine(Engine::Libffi).new(ty, |args| {
        OwnedValue::from(LongDouble::try_from(args[0]).unwrap())
    });
    let callback = callback.unwrap();
    // SAFETY: the callback lives on.
    let call = unsafe { farcall::Function::from_address("f", callback.as_ptr(), ty).unwrap() };
    let third: LongDouble = THIRD.parse().unwrap();
    // SAFETY: the type is that of the callback.
    let found: LongDouble = unsafe { call.call((third, 1.0)).unwrap() };
    assert_eq!(found, third);
    let _ = library();
}
