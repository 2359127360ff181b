//! What does a closure over values get, and what may it return?

use super::{bind, builders, call, int_fn};
use farcall::{
    CallConv, Callback, FnType, OwnedValue, RecordKind, RecordType, Type, Value, values,
};
use std::ffi::c_void;

#[test]
fn does_a_closure_see_every_argument_with_its_kind() {
    let call10 = bind(
        "int64_t call10(int64_t (*f)(int8_t, int16_t, int, int64_t, uint8_t, uint16_t, uint32_t, \
         uint64_t, float, double))",
    );
    let ty = call10.callback_type("f").unwrap();
    for builder in builders() {
        let callback = builder
            .new(ty, |args| {
                let expected = values![-1i8, -2i16, -3, -4i64, 5u8, 6u16, 7u32, 8u64, 9.5f32, 10.5];
                assert_eq!(format!("{args:?}"), format!("{expected:?}"));
                42i64
            })
            .unwrap();
        // SAFETY: the fixture calls it as it is declared.
        assert_eq!(unsafe { call10.call::<_, i64>((&callback,)) }.unwrap(), 42);
    }
}

#[test]
fn may_a_closure_return_an_integer_of_any_width_that_fits() {
    for builder in builders() {
        let ty = FnType::parse("int f(int)").unwrap();
        let callback = builder
            .new(ty, |args| args[0].as_i64().unwrap() * 2)
            .unwrap();
        assert_eq!(call(callback.as_ptr(), 21).unwrap(), 42);
        let error = call(callback.as_ptr(), i32::MAX).unwrap_err();
        let expected = "callback `int (int)`: the closure's result: 4294967294 does not fit \
                        into int (-2147483648 to 2147483647)";
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn is_a_result_of_another_kind_refused() {
    for builder in builders() {
        let callback = builder.name("f").new(int_fn(), |_| 1.5).unwrap();
        let error = call(callback.as_ptr(), 1).unwrap_err();
        let expected = "callback f: the closure's result: expected int, found f64; round it and convert it to i32";
        assert_eq!(error.to_string(), expected);
    }
    for builder in builders() {
        let callback = builder.name("f").new(int_fn(), |_| ()).unwrap();
        let error = call(callback.as_ptr(), 1).unwrap_err();
        let expected = "callback f: the closure's result: expected int, found no value";
        assert_eq!(error.to_string(), expected);
    }
    let run = bind("void run(void (*f)(void))");
    for builder in builders() {
        let ty = run.callback_type("f").unwrap();
        let callback = builder.new(ty, |_| 1).unwrap();
        // SAFETY: the fixture calls it as it is declared.
        let error = unsafe { run.call::<_, ()>((&callback,)) }.unwrap_err();
        let expected = "callback `void (void)`: the closure's result: expected void, found i32";
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn may_a_closure_return_a_record_of_every_class() {
    for (prototype, fields) in [
        (
            "struct pair { int a, b; } pass(struct pair (*f)(struct pair), struct pair)",
            2,
        ),
        (
            "struct point { double x, y; } pass(struct point (*f)(struct point), struct point)",
            2,
        ),
        (
            "struct mixed { double x; int n; } pass(struct mixed (*f)(struct mixed), struct mixed)",
            2,
        ),
        (
            "struct large { int64_t a[5]; } pass(struct large (*f)(struct large), struct large)",
            5,
        ),
    ] {
        let name = prototype.split_whitespace().nth(1).unwrap();
        let pass = bind(&prototype.replace("pass", &format!("pass_{name}")));
        let ty = pass.callback_type("1").unwrap();
        let record = ty.result().record().unwrap();
        let path = move |index: usize| match name {
            "large" => format!("a[{index}]"),
            _ => record.fields()[index].name().unwrap().to_owned(),
        };
        for builder in builders() {
            let echo = builder
                .new(ty, move |args| {
                    let given = args[0].as_record().unwrap();
                    let mut back = OwnedValue::zeroed(record);
                    for index in 0..fields {
                        // In reverse, where the types allow.
                        let from = if name == "mixed" {
                            index
                        } else {
                            fields - 1 - index
                        };
                        back.set(&path(index), given.get(&path(from))?.value().unwrap())?;
                    }
                    Ok::<_, farcall::Error>(back)
                })
                .unwrap();
            let mut value = OwnedValue::zeroed(record);
            for index in 0..fields {
                let ty = value.as_record().unwrap().get(&path(index)).unwrap().ty();
                let number = 3 + index as i32;
                if ty == Type::DOUBLE {
                    value.set(&path(index), f64::from(number)).unwrap();
                } else {
                    value.set(&path(index), number).unwrap();
                }
            }
            // SAFETY: the fixture is called as it is declared.
            let back = unsafe { pass.call_values(&[Value::from(&echo), value.as_value()]) };
            let expected = match name {
                "pair" => "{ a: 4, b: 3 }",
                "point" => "{ x: 4.0, y: 3.0 }",
                "mixed" => "{ x: 3.0, n: 4 }",
                _ => "{ a: [7, 6, 5, 4, 3] }",
            };
            assert_eq!(back.unwrap().to_string(), expected, "{:?}", echo.engine());
        }
    }
}

#[test]
fn is_a_record_of_another_type_refused() {
    let pass = bind(
        "struct point { double x, y; } pass_point(struct point (*f)(struct point), struct point)",
    );
    let other = RecordType::builder(RecordKind::Struct, Some("other"))
        .field("x", Type::INT)
        .build()
        .unwrap();
    let ty = pass.callback_type("1").unwrap();
    for builder in builders() {
        let callback = builder
            .name("f")
            .new(ty, move |_| OwnedValue::zeroed(other))
            .unwrap();
        let point = OwnedValue::zeroed(ty.result().record().unwrap());
        // SAFETY: the fixture is called as it is declared.
        let error = unsafe { pass.call_values(&[Value::from(&callback), point.as_value()]) };
        let expected =
            "callback f: the closure's result: expected struct point, found `struct other`";
        assert_eq!(error.unwrap_err().to_string(), expected);
    }
}

#[test]
fn does_every_scalar_come_and_go_whole() {
    fn ask<T>(name: &str, c: &str, numbers: &[T])
    where
        T: Copy + PartialEq + std::fmt::Debug + farcall::ForeignType + farcall::ForeignResult,
        T: Into<Value<'static>> + 'static,
        T: for<'a> TryFrom<Value<'a>>,
    {
        let pass = bind(&format!("{c} pass_{name}({c} (*f)({c}), {c} x)"));
        for builder in builders() {
            let ty = pass.callback_type("f").unwrap();
            let echo = builder
                .new(ty, |args| T::try_from(args[0]).ok().unwrap())
                .unwrap();
            for number in numbers {
                // SAFETY: the fixture is called as it is declared.
                let back: T = unsafe { pass.call((&echo, *number)) }.unwrap();
                assert_eq!(back, *number, "{name} {:?}", echo.engine());
            }
        }
    }
    ask("bool", "_Bool", &[false, true]);
    ask("i8", "int8_t", &[i8::MIN, -1, 0, i8::MAX]);
    ask("u8", "uint8_t", &[0, 1, u8::MAX]);
    ask("i16", "int16_t", &[i16::MIN, -1, i16::MAX]);
    ask("u16", "uint16_t", &[0, u16::MAX]);
    ask("i32", "int32_t", &[i32::MIN, -1, i32::MAX]);
    ask("u32", "uint32_t", &[0, u32::MAX]);
    ask("i64", "int64_t", &[i64::MIN, -1, i64::MAX]);
    ask("u64", "uint64_t", &[0, u64::MAX]);
    ask("isize", "ptrdiff_t", &[isize::MIN, -1, isize::MAX]);
    ask("usize", "size_t", &[0, usize::MAX]);
    ask("f32", "float", &[f32::MIN, -0.0, 1.5, f32::INFINITY]);
    ask("f64", "double", &[f64::MIN, -0.0, 1.5, f64::INFINITY]);
    let address = std::ptr::without_provenance::<c_void>(0x1234_5678_9abc_def0);
    ask("pointer", "const void *", &[address, std::ptr::null()]);
}

#[test]
fn are_callbacks_of_the_other_convention_entered_rightly() {
    #[cfg(target_arch = "x86_64")]
    for conv in [CallConv::SysV64, CallConv::Win64] {
        let ty = FnType::builder()
            .call_conv(conv)
            .param("a", Type::INT)
            .param("b", Type::DOUBLE)
            .result(Type::DOUBLE)
            .build()
            .unwrap();
        for builder in builders() {
            let callback = builder.new(ty, |args| {
                args[0].as_i64().unwrap() as f64 + args[1].as_f64().unwrap()
            });
            let callback = match callback {
                // libffi for Windows does not have the other one.
                Err(error) if cfg!(windows) && conv == CallConv::SysV64 => {
                    assert!(error.to_string().contains("libffi has it not"), "{error}");
                    continue;
                }
                made => made.unwrap(),
            };
            // SAFETY: the callback has this type.
            let function =
                unsafe { farcall::Function::from_address("f", callback.as_ptr(), ty) }.unwrap();
            // SAFETY: as above.
            let sum: f64 = unsafe { function.call((2, 0.5)) }.unwrap();
            assert_eq!(sum, 2.5, "{conv:?} {:?}", callback.engine());
        }
    }
}

#[test]
fn is_a_variadic_callback_refused() {
    let ty = FnType::parse("int f(const char *, ...)").unwrap();
    let error = Callback::new(ty, |_| 0).unwrap_err();
    let expected = "callback `int (const char *, ...)`: a callback with `...` is not supported: no \
                    engine knows how many arguments arrive; take a `va_list` pointer where C offers \
                    one, or write the function in C";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn is_a_parameter_that_is_no_function_pointer_refused() {
    let apply = super::apply();
    let error = |parameter| apply.callback(parameter, |_| 0).unwrap_err().to_string();
    let library = apply.library().unwrap().name().to_owned();
    assert_eq!(
        error("x"),
        format!("apply: parameter x is no pointer to a function but int; write f (in {library})")
    );
    assert_eq!(
        error("g"),
        format!("apply: there is no parameter g; write f (in {library})")
    );
    let call_kept = bind("int call_kept(int x)");
    let none = call_kept.callback("x", |_| 0).unwrap_err().to_string();
    assert_eq!(
        none,
        format!(
            "call_kept: parameter x is no pointer to a function but int; none is a pointer to a \
             function, declare one as `int (*name)(int)` (in {library})"
        )
    );
}

#[test]
fn does_a_callback_of_a_function_carry_name_and_engine() {
    for engine in support::engines() {
        let apply = super::apply().with_engine(*engine).unwrap();
        let callback = apply
            .callback("f", |args| args[0].as_i64().ok_or("none"))
            .unwrap();
        assert_eq!(callback.name(), Some("f"));
        assert_eq!(callback.engine(), *engine);
        assert_eq!(callback.ty().to_string(), "int (int)");
    }
}
