//! What is refused before anything is called, on every engine with the same words.

use crate::{SNPRINTF, bind, message, on_engines};
use farcall::{ErrorKind, ForeignFn, Function, RecordKind, RecordType, Type, Value, values};
use std::ffi::{c_char, c_int};
use std::ptr;

/// The message without the library's name at its end.
fn strip(text: &str) -> String {
    text.rsplit_once(" (in ").expect(text).0.to_owned()
}

/// The message for these values in every way of calling on every engine, at the first call and
/// after; good calls lie between.
fn refused_on(functions: &[Function], good: &[Value<'_>], bad: &[Value<'_>]) -> String {
    let mut texts = Vec::new();
    for function in functions {
        for _ in 0..3 {
            // SAFETY: nothing is called.
            unsafe {
                texts.push(message(function.call_values(bad)));
                texts.push(message(function.call_unwind(bad)));
                texts.push(message(function.call_values_errno(bad)));
            }
            // SAFETY: the arguments are those that the function expects.
            unsafe { function.call_values(good) }.expect("a call");
        }
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
    strip(&texts[0])
}

fn refused(prototype: &str, good: &[Value<'_>], bad: &[Value<'_>]) -> String {
    refused_on(&on_engines(prototype).collect::<Vec<_>>(), good, bad)
}

fn big(size: u64) -> RecordType {
    let builder = RecordType::builder(RecordKind::Struct, Some("big"));
    let bytes = Type::CHAR.array(size).expect("an array");
    builder.field("bytes", bytes).build().expect("a record")
}

#[test]
fn wrong_counts() {
    let size = values![Value::NULL, 0, c"%d", 5];
    for (count, expected) in [
        (0, "snprintf: expected at least 3 arguments, found 0"),
        (1, "snprintf: expected at least 3 arguments, found 1"),
        (2, "snprintf: expected at least 3 arguments, found 2"),
    ] {
        assert_eq!(refused(SNPRINTF, &size, &size[..count]), expected);
    }
    let sum = "int variadic_sum(int count, ...)";
    let none = refused(sum, &values![0], &[]);
    assert_eq!(none, "variadic_sum: expected at least 1 argument, found 0");
    for count in [257, 300, 5000] {
        let many = vec![Value::from(1); count];
        let expected = format!(
            "variadic_sum: the list of arguments is too large: {count} arguments, at most 256"
        );
        assert_eq!(refused(sum, &values![0], &many), expected);
    }
    let closed = |function: Function| function.with_extra(&[Type::INT; 2]).expect("a function");
    let closed: Vec<_> = on_engines(sum).map(closed).collect();
    for count in [0, 1, 2, 4, 300] {
        let found = refused_on(&closed, &values![2, 1, 1], &vec![Value::from(1); count]);
        assert_eq!(
            found,
            format!("variadic_sum: expected 3 arguments, found {count}")
        );
    }
}

#[test]
fn wrong_named_arguments_are_named_first() {
    let good = values![Value::NULL, 0, c"%d", 5];
    for (bad, expected) in [
        (
            values![Value::NULL, 1.5, c"%d", Value::VOID],
            "snprintf: argument 2 (size): expected size_t, found f64; round it and convert it to u64",
        ),
        (
            values![Value::NULL, -1, c"%d", 5],
            "snprintf: argument 2 (size): -1 does not fit into size_t (0 to 18446744073709551615)",
        ),
        (
            values![0, 1, c"%d", 5],
            "snprintf: argument 1 (to): expected char *, found i32; write std::ptr::null::<u8>()",
        ),
    ] {
        assert_eq!(refused(SNPRINTF, &good, &bad), expected);
    }
    let read = "int variadic_read(const int *_Nonnull number, ...)";
    let null = "variadic_read: argument 1 (number): null is not allowed for const int *_Nonnull";
    assert_eq!(
        refused(read, &values![&5, 1.5], &values![Value::NULL, 1.5]),
        null
    );
    for read in on_engines(read) {
        for _ in 0..3 {
            // SAFETY: nothing is called.
            unsafe {
                assert_eq!(
                    strip(&message(read.call::<_, i32>((None::<&i32>, 1.5)))),
                    null
                );
                assert_eq!(
                    strip(&message(read.call_errno::<_, i32>((None::<&i32>, 1)))),
                    null
                );
            }
            // SAFETY: the fixture's functions are called as they are declared.
            assert_eq!(unsafe { read.call::<_, i32>((&5, 1.5)) }.expect("5"), 5);
        }
    }
}

#[test]
fn what_is_no_value() {
    let good = values![Value::NULL, 0, c"%d", 5];
    let expected = "expected a value, found no value; leave it out";
    for index in 3..6 {
        let mut bad = values![Value::NULL, 0, c"%d %d %d", 5, 6, 7];
        bad[index] = Value::VOID;
        assert_eq!(
            refused(SNPRINTF, &good, &bad),
            format!("snprintf: argument {}: {expected}", index + 1)
        );
    }
    for snprintf in on_engines(SNPRINTF) {
        for _ in 0..3 {
            // SAFETY: nothing is called.
            let array = unsafe {
                snprintf.call::<_, i32>((ptr::null_mut::<u8>(), 0usize, c"%d", 5, [1u8, 2]))
            };
            assert_eq!(
                strip(&message(array)),
                "snprintf: argument 5: expected a value, found [u8; 2]; pass its address, as a slice"
            );
        }
    }
}

#[test]
fn wrong_tuples() {
    for snprintf in on_engines(SNPRINTF) {
        let closed = snprintf
            .with_extra(&[Type::FLOAT, Type::CHAR])
            .expect("a function");
        let (to, size, format) = (ptr::null_mut::<u8>(), 0usize, c"%f %c");
        for _ in 0..3 {
            // SAFETY: nothing is called.
            let texts = unsafe {
                [
                    message(snprintf.call::<_, i32>(())),
                    message(snprintf.call::<_, i32>((to, size))),
                    message(snprintf.call::<_, i32>((to, 5, format, 1))),
                    message(snprintf.call::<_, i32>((to, size, 1.5, 1))),
                    message(snprintf.call::<_, f64>((to, size, format, 1))),
                    message(closed.call::<_, i32>((to, size, format))),
                    message(closed.call::<_, i32>((to, size, format, 1.5, 1, 1))),
                    message(closed.call::<_, i32>((to, size, format, 1, 1))),
                    message(closed.call_errno::<_, i32>((to, size, format, 1.5f32, 1i64))),
                ]
            };
            assert_eq!(
                texts.map(|text| strip(&text)),
                [
                    "snprintf: expected at least 3 arguments, found 0",
                    "snprintf: expected at least 3 arguments, found 2",
                    "snprintf: argument 2 (size): expected size_t, found i32; write 5u64",
                    "snprintf: argument 3 (format): expected const char *, found f64",
                    "snprintf: the result is declared as int, which cannot be taken as f64",
                    "snprintf: expected 5 arguments, found 3",
                    "snprintf: expected 5 arguments, found 6",
                    "snprintf: argument 4: expected double, found i32; write 1.0",
                    "snprintf: argument 5: expected int, found i64; write 1i32",
                ]
            );
            // SAFETY: the arguments are those that the format asks for.
            let good = unsafe { closed.call::<_, i32>((to, size, format, 1.5f32, b'a')) };
            assert_eq!(good.expect("a length"), 10);
        }
    }
}

#[test]
fn values_of_other_types_than_were_given_before() {
    let closed = |function: Function| {
        let types = [Type::INT, Type::DOUBLE, Type::CHAR.const_pointer()];
        function.with_extra(&types).expect("a function")
    };
    let closed: Vec<_> = on_engines(SNPRINTF).map(closed).collect();
    let named = values![Value::NULL, 0, c"%d %f %s"];
    let refused = |extra: [Value<'_>; 3]| {
        let good = [&named[..], &values![1i8, 2f32, c"x"]].concat();
        refused_on(&closed, &good, &[&named[..], &extra].concat())
    };
    assert_eq!(
        refused(values![1i64 << 31, 1.5, c""]),
        "snprintf: argument 4: 2147483648 does not fit into int (-2147483648 to 2147483647)"
    );
    assert_eq!(
        refused(values![1.5f32, 1.5, c""]),
        "snprintf: argument 4: expected int, found f64; round it and convert it to i32"
    );
    assert_eq!(
        refused(values![1, true, c""]),
        "snprintf: argument 5: expected double, found i32; write 1.0"
    );
    assert_eq!(
        refused([Value::from(1), Value::from(1.5), Value::VOID]),
        "snprintf: argument 6: expected const char *, found no value"
    );
}

#[test]
fn a_buffer_has_places_for_types_that_were_given_before() {
    for snprintf in on_engines(SNPRINTF) {
        let closed = snprintf.with_extra(&[Type::INT]).expect("a function");
        let (mut open, mut buffer) = (snprintf.buffer(), closed.buffer());
        let error = open.set(3, 5).expect_err("a refusal");
        assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }));
        assert_eq!(
            error.to_string(),
            "argument 4 in a buffer for `int (char *to, size_t size, const char *format, ...)` is \
             not supported: the types of a buffer are fixed; give those of extra arguments to \
             `with_extra`, and call what it returns"
        );
        assert_eq!(message(buffer.set(4, 5)), "expected 4 arguments, found 5");
        assert_eq!(
            message(buffer.set(3, 0.5f32)),
            "argument 4: expected int, found f64; round it and convert it to i32"
        );
        buffer.set(2, c"%d").expect("a text");
        buffer.set(3, u8::MAX).expect("an int");
        open.set(2, c"none").expect("a text");
        // SAFETY: nothing is called.
        let wrong = unsafe { [message(buffer.call(&snprintf)), message(open.call(&closed))] };
        let types = "int (char *to, size_t size, const char *format, ...";
        assert_eq!(
            wrong.map(|text| strip(&text)),
            [
                format!(
                    "snprintf: expected a buffer for `{types})`, found a buffer for `{types}, int)`"
                ),
                format!(
                    "snprintf: expected a buffer for `{types}, int)`, found a buffer for `{types})`"
                ),
            ]
        );
        // SAFETY: the arguments are those that the format asks for.
        unsafe { buffer.call(&closed) }.expect("a length");
        assert_eq!(buffer.result().as_i64(), Some(3));
        // SAFETY: as above.
        unsafe { open.call(&snprintf) }.expect("a length");
        assert_eq!(open.result().as_i64(), Some(4));
    }
}

/// The message for taking `prototype` as `F`.
fn not_typed<F: ForeignFn>(prototype: &str) -> String {
    let error = bind(prototype).typed::<F>().err().expect("another type");
    strip(&error.to_string())
}

#[test]
fn other_function_pointers() {
    type Fixed = unsafe extern "C" fn(*mut c_char, usize, *const c_char) -> c_int;
    type Two = unsafe extern "C" fn(*mut c_char, usize, ...) -> c_int;
    type Four = unsafe extern "C" fn(*mut c_char, usize, *const c_char, c_int, ...) -> c_int;
    type Wrong = unsafe extern "C" fn(*mut c_char, u32, *const c_char, ...) -> c_int;
    type Result = unsafe extern "C" fn(*mut c_char, usize, *const c_char, ...) -> usize;
    let stored = "int variadic_stored(void)";
    assert_eq!(
        [
            not_typed::<Fixed>(SNPRINTF),
            not_typed::<Two>(SNPRINTF),
            not_typed::<Four>(SNPRINTF),
            not_typed::<Wrong>(SNPRINTF),
            not_typed::<Result>(SNPRINTF),
            not_typed::<unsafe extern "C" fn(c_int, ...) -> c_int>(stored),
        ],
        [
            "snprintf: the declaration ends in `...`, the Rust type does not; write \
             `unsafe extern \"C\" fn(.., ...) -> ..`, or use `call`",
            "snprintf: expected 3 arguments, found 2",
            "snprintf: expected 3 arguments, found 4",
            "snprintf: argument 2 (size): expected size_t (u64 in Rust), found u32",
            "snprintf: the result is declared as int, which cannot be taken as u64",
            "variadic_stored: the Rust type ends in `...`, the declaration does not; leave it out",
        ]
    );
    if cfg!(all(target_arch = "x86_64", not(windows))) {
        let win = "__attribute__((ms_abi)) int variadic_describe_win(char *, size_t, \
                   const char *, ...)";
        assert_eq!(
            not_typed::<unsafe extern "C" fn(*mut c_char, usize, *const c_char, ...) -> c_int>(win),
            "variadic_describe_win: the declaration has the Win64 calling convention, the Rust \
             type C"
        );
    }
}

#[test]
fn more_stack_than_there_may_be() {
    let sum = "int variadic_sum(int count, ...)";
    let big = [
        farcall::OwnedValue::zeroed(big(1 << 20)),
        farcall::OwnedValue::zeroed(big(1 << 19)),
    ];
    let [most, half] = &big;
    let expected = |size: u64| {
        format!(
            "variadic_sum: the stack that the arguments take is too large: {size} bytes, at most \
             1048576"
        )
    };
    assert_eq!(
        refused(sum, &values![0], &values![0, most]),
        expected(8 + (1 << 20))
    );
    assert_eq!(
        refused(sum, &values![0], &values![0, half, half]),
        expected(8 + (1 << 20))
    );
    let closed = bind(sum).with_extra(&[most.as_value().ty()]);
    assert_eq!(strip(&message(closed)), expected(8 + (1 << 20)));
}

#[test]
#[cfg(feature = "libffi")]
fn what_libffi_cannot_pass() {
    let aligned = crate::record(
        "struct wide { int x; } __attribute__((aligned(32)))",
        &values![5],
    );
    let sum = bind("int variadic_sum(int count, ...)");
    let libffi = sum
        .with_engine(farcall::Engine::Libffi)
        .expect("a function");
    let expected = "variadic_sum: passing `struct wide` by value through libffi is not supported: \
                    libffi does not keep alignments above 16 bytes";
    for _ in 0..3 {
        let bad = values![0, &aligned];
        assert_eq!(
            refused_on(std::slice::from_ref(&libffi), &values![0], &bad),
            expected
        );
        let types = [aligned.as_value().ty()];
        assert_eq!(strip(&message(libffi.with_extra(&types))), expected);
        #[cfg(feature = "jit")]
        {
            let jit = sum.with_engine(farcall::Engine::Jit).expect("a function");
            // SAFETY: the function does not look at it.
            assert!(unsafe { jit.call_values(&bad) }.is_ok());
            assert!(jit.with_extra(&types).is_ok());
        }
    }
}

#[test]
fn nothing_was_called() {
    // A copy that no other test calls.
    let scratch = support::Scratch::new();
    let library = support::open(scratch.copy("variadic", "refusals.so"));
    let stored = library
        .function("int variadic_stored(void)")
        .expect("a function");
    let store = library
        .function("void variadic_store(int count, ...)")
        .expect("a function");
    // SAFETY: the fixture's functions are called as they are declared.
    let stored = || unsafe { stored.call::<_, i32>(()) }.expect("a number");
    for engine in support::engines() {
        let store = store.with_engine(*engine).expect("a function");
        for number in 1..4 {
            // SAFETY: as above.
            unsafe { store.call_values(&values![1, number]) }.expect("nothing");
            // SAFETY: nothing is called.
            unsafe {
                assert!(store.call_values(&values![1, 9, Value::VOID]).is_err());
                assert!(store.call::<_, ()>((1, 9, [5, 6])).is_err());
                assert!(store.call::<_, i32>((1, 9)).is_err());
                assert!(store.call::<_, ()>((1.0, 9)).is_err());
            }
            assert_eq!(stored(), number);
        }
    }
}
