//! Closures over values that C calls with them.
#![cfg(feature = "jit")]

use super::{THIRD, bind};
use farcall::{
    Callback, Complex, FnType, LongDouble, OwnedValue, Value, ValueView, Vector, values,
};

const TYPE: &str =
    "long double f(long double, double _Complex, float __attribute__((vector_size(16))))";

#[test]
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
