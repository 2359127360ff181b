//! Closures of Rust types that C calls with them.

use farcall::{Callback, Complex, ErrorKind, LongDouble};

/// rustc's own type: a typed closure, on every engine.
#[test]
fn a_typed_closure_takes_integers_of_128_bits() {
    type Sum = unsafe extern "C" fn(i64, i128, Complex<f64>) -> i128;
    for engine in support::engines() {
        let callback = Callback::builder().engine(*engine);
        let callback = callback.from_fn::<Sum, _>(|a, b, z| i128::from(a) + b - z.im as i128);
        let callback = callback.unwrap();
        let f: Sum = callback.as_fn();
        // SAFETY: the callback is alive and of this type.
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
    use farcall::{Engine, FnType, OwnedValue};
    let ty = FnType::parse("long double f(long double, double)").unwrap();
    let callback = Callback::builder().engine(Engine::Libffi).new(ty, |args| {
        OwnedValue::from(LongDouble::try_from(args[0]).unwrap())
    });
    let callback = callback.unwrap();
    // SAFETY: the callback lives on.
    let call = unsafe { farcall::Function::from_address("f", callback.as_ptr(), ty).unwrap() };
    let third: LongDouble = super::THIRD.parse().unwrap();
    // SAFETY: the type is that of the callback.
    let found: LongDouble = unsafe { call.call((third, 1.0)).unwrap() };
    assert_eq!(found, third);
}
