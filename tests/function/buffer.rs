//! Call buffers.

use crate::{bind, message, on_engines};
use farcall::{CallBuffer, ErrorKind, FnType, OwnedValue, Value, values};

#[test]
fn a_buffer_is_filled_and_called_again_and_again() {
    for function in on_engines("double add_f64(double a, double b)") {
        let mut buffer = function.buffer();
        assert_eq!(buffer.ty(), function.ty());
        assert_eq!(buffer.result().as_f64(), Some(0.0));
        for n in 0..5 {
            buffer.set(0, f64::from(n)).expect("a double");
            // SAFETY: the fixture's functions are called as they are declared.
            unsafe { buffer.set_unchecked(1, 0.5f64) };
            // SAFETY: as above.
            unsafe { buffer.call(&function) }.expect("a sum");
            assert_eq!(buffer.result().as_f64(), Some(f64::from(n) + 0.5));
        }
    }
}

#[test]
fn every_scalar_is_set_unchecked() {
    macro_rules! check {
        ($($name:ident $c:literal $number:expr;)*) => {$(
            for function in on_engines(concat!($c, " same_", stringify!($name), "(", $c, ")")) {
                let mut buffer = CallBuffer::new(function.ty());
                // SAFETY: there is one parameter of this type.
                unsafe { buffer.set_unchecked(0, $number) };
                // SAFETY: the fixture's functions are called as they are declared.
                unsafe { buffer.call(&function) }.expect("called");
                assert_eq!(buffer.result().to_string(), Value::from($number).to_string());
            }
        )*};
    }
    check! {
        bool "bool" true; i8 "int8_t" i8::MIN; u8 "uint8_t" u8::MAX; i16 "int16_t" i16::MIN;
        u16 "uint16_t" u16::MAX; i32 "int32_t" i32::MIN; u32 "uint32_t" u32::MAX;
        i64 "int64_t" i64::MIN; u64 "uint64_t" u64::MAX; f32 "float" -0.5f32;
        f64 "double" f64::MIN;
    }
}

#[test]
fn records_are_copied_or_filled_in_place() {
    for function in on_engines("struct r12 { int a; float b; int c; } turn_r12(struct r12 r)") {
        let mut buffer = function.buffer();
        let ty = function.ty().result().record().expect("a record");
        let record = OwnedValue::record(ty, &values![1, 2f32, 3]).expect("a record");
        buffer.set(0, &record).expect("a record");
        drop(record);
        // SAFETY: the fixture's functions are called as they are declared.
        unsafe { buffer.call(&function) }.expect("turned");
        assert_eq!(buffer.result().to_string(), "{ a: 3, b: -2.0, c: 1 }");
        buffer.record_mut(0)[8..].copy_from_slice(&9i32.to_ne_bytes());
        // SAFETY: as above.
        unsafe { buffer.call(&function) }.expect("turned");
        assert_eq!(buffer.result().to_string(), "{ a: 9, b: -2.0, c: 1 }");
        assert_eq!(buffer.record_mut(1), []);
        assert_eq!(function.clone().buffer().record_mut(0), [0; 12]);
    }
}

#[test]
fn what_a_parameter_refuses_leaves_the_buffer_as_it_was() {
    for function in on_engines("int sum2(int a, int b)") {
        let mut buffer = function.buffer();
        buffer.set(0, 5).expect("an int");
        let cases = [
            (
                message(buffer.set(0, 2.0)),
                "argument 1 (a): expected int, found f64; round it and convert it to i32",
            ),
            (
                message(buffer.set(1, 1i64 << 31)),
                "argument 2 (b): 2147483648 does not fit into int (-2147483648 to 2147483647)",
            ),
            (message(buffer.set(2, 1)), "expected 2 arguments, found 3"),
            (
                message(buffer.set(usize::MAX - 1, 1)),
                "expected 2 arguments, found 18446744073709551615",
            ),
            (
                message(buffer.set(usize::MAX, 1)),
                "expected 2 arguments, found 18446744073709551615",
            ),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
        assert_eq!(buffer.record_mut(7), []);
        // SAFETY: the fixture's functions are called as they are declared.
        unsafe { buffer.call(&function) }.expect("a sum");
        assert_eq!(buffer.result().as_i64(), Some(5));
    }
}

#[test]
fn a_buffer_for_another_type_is_refused() {
    for function in on_engines("int sum2(int a, int b)") {
        for other in [
            "int sum1(int a)",
            "int sum3(int, int, int)",
            "double add_f64(double, double)",
            "int sum2(int, int)",
        ] {
            let mut buffer = bind(other).buffer();
            // SAFETY: nothing is called.
            let text = message(unsafe { buffer.call(&function) });
            let found = buffer.ty();
            let expected = format!(
                "sum2: expected a buffer for `int (int a, int b)`, found a buffer for `{found}` (in "
            );
            assert!(text.starts_with(&expected), "{text}");
        }
    }
}

#[test]
fn null_that_was_never_set_is_refused() {
    for function in on_engines("int read_int(const int *_Nonnull p)") {
        let mut buffer = function.buffer();
        for _ in 0..2 {
            // SAFETY: nothing is called.
            let error = unsafe { buffer.call(&function) }.expect_err("null");
            assert!(matches!(error.kind(), ErrorKind::Null { .. }));
            assert!(error.to_string().starts_with(
                "read_int: argument 1 (p): null is not allowed for const int *_Nonnull (in "
            ));
        }
        assert!(buffer.set(0, Value::NULL).is_err());
        let number = 6;
        buffer.set(0, Value::from(&number)).expect("a pointer");
        // SAFETY: the fixture's functions are called as they are declared.
        unsafe { buffer.call(&function) }.expect("6");
        assert_eq!(buffer.result().as_i64(), Some(6));
        // SAFETY: nothing is called.
        unsafe { buffer.set_unchecked(0, std::ptr::null::<i32>()) };
        // SAFETY: nothing is called.
        assert!(unsafe { buffer.call(&function) }.is_err());
    }
}

#[test]
fn a_buffer_moves_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let ty = FnType::parse("int f(int)").expect("a prototype");
    let buffer = CallBuffer::new(ty);
    shared(&buffer);
    assert_eq!(format!("{buffer:?}"), "CallBuffer(int (int))");
}
