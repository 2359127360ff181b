//! Where does a panic or an error in a closure come out, and what does C get?

use super::{IntFn, apply, bind, builders, call, int_fn, panic_of};
use farcall::callback::Failure;
use farcall::{Callback, ErrorKind, FnType, OwnedValue, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

#[test]
fn does_a_panic_come_out_of_the_call_around() {
    for builder in builders() {
        let callback = builder
            .new(int_fn(), |_| -> i32 { panic!("over values") })
            .unwrap();
        assert_eq!(panic_of(|| call(callback.as_ptr(), 1)), "over values");
        // The thread is as before.
        let after = Callback::new(int_fn(), |_| 5).unwrap();
        assert_eq!(call(after.as_ptr(), 1).unwrap(), 5);
    }
    for builder in builders() {
        let callback: Callback<IntFn> = builder
            .from_fn(|_: i32| -> i32 { panic!("typed") })
            .unwrap();
        assert_eq!(panic_of(|| call(callback.as_ptr(), 1)), "typed");
        // Every way of calling collects.
        let values = [Value::from(&callback), 1.into()];
        // SAFETY: the fixture calls it as it is declared.
        let by_values = || unsafe { apply().call_values(&values) };
        assert_eq!(panic_of(by_values), "typed");
        // SAFETY: as above.
        let unwinding = || unsafe { apply().call_unwind(&values) };
        assert_eq!(panic_of(unwinding), "typed");
        // SAFETY: as above.
        let with_errno = || unsafe { apply().call_values_errno(&values) };
        assert_eq!(panic_of(with_errno), "typed");
        // SAFETY: as above.
        let errno = || unsafe { apply().call_errno::<_, i32>((&callback, 1)) };
        assert_eq!(panic_of(errno), "typed");
        let apply = apply();
        let mut buffer = apply.buffer();
        buffer.set(0, Value::from(&callback)).unwrap();
        buffer.set(1, 1).unwrap();
        // SAFETY: as above.
        assert_eq!(panic_of(|| unsafe { buffer.call(&apply) }), "typed");
    }
}

#[test]
fn does_a_panic_come_out_of_a_call_that_takes_no_closure() {
    let keep = bind("void keep(int (*f)(int))");
    let call_kept = bind("int call_kept(int x)");
    for builder in builders() {
        let callback: Callback<IntFn> =
            builder.from_fn(|_: i32| -> i32 { panic!("kept") }).unwrap();
        // SAFETY: the fixture calls it as it is declared, while it lives.
        unsafe { keep.call::<_, ()>((&callback,)) }.unwrap();
        // SAFETY: as above.
        let message = panic_of(|| unsafe { call_kept.call::<_, i32>((1,)) });
        assert_eq!(message, "kept");
    }
}

#[test]
fn does_c_get_the_fallback_and_no_other_closure_run_until_then() {
    let runs = Rc::new(Cell::new(0));
    let results = Rc::new(RefCell::new(Vec::new()));
    for builder in builders() {
        let count = runs.clone();
        let failing = builder
            .fallback(-3)
            .new(int_fn(), move |_| {
                count.set(count.get() + 1);
                Err::<i32, _>("it does not work")
            })
            .unwrap();
        let seen = results.clone();
        // What `twice` has got from its two calls is seen through a third callback.
        let twice = bind("int twice(int (*f)(int), int x)");
        let outer = Callback::new(int_fn(), move |_| {
            // SAFETY: the fixture calls it as it is declared.
            let result = unsafe { twice.call::<_, i32>((&failing, 1)) };
            seen.borrow_mut().push(result.unwrap_err().to_string());
            7
        })
        .unwrap();
        assert_eq!(call(outer.as_ptr(), 1).unwrap(), 7);
    }
    let engines = support::engines().len();
    assert_eq!(runs.get(), engines, "the second call ran its closure");
    let expected = "callback `int (int x)`: it does not work";
    assert_eq!(*results.borrow(), vec![expected; engines]);
}

#[test]
fn which_values_does_c_go_on_with() {
    for (builder, other) in builders().zip(builders()) {
        let failing = builder
            .fallback(-3)
            .on_failure(|_| ())
            .new(int_fn(), |_| Err::<i32, _>("no"))
            .unwrap();
        let fine = other
            .fallback(9)
            .new(int_fn(), |args| args[0].as_i64().ok_or(""))
            .unwrap();
        let both = bind("int both(int (*f)(int), int (*g)(int), int x)");
        let both = both
            .typed::<unsafe extern "C" fn(*const std::ffi::c_void, *const std::ffi::c_void, i32) -> i32>()
            .unwrap();
        // A plain call collects nothing: the handler is told, and the next closure runs.
        // SAFETY: the fixture calls them as they are declared.
        let sum = unsafe { both(failing.as_ptr(), fine.as_ptr(), 4) };
        assert_eq!(sum, -3000 + 4);
    }
}

#[test]
fn is_the_fallback_of_a_record_given() {
    let prototype =
        "struct large { int64_t a[5]; } pass_large(struct large (*f)(struct large), struct large)";
    let pass = bind(prototype);
    let ty = pass.callback_type("1").unwrap();
    let record = ty.result().record().unwrap();
    let mut fallback = OwnedValue::zeroed(record);
    fallback.set("a[4]", 44).unwrap();
    for builder in builders() {
        let failing = builder
            .fallback(fallback.as_value())
            .on_failure(|_| ())
            .new(ty, |_| Err::<OwnedValue, _>("no"))
            .unwrap();
        support::foreign_struct!(Large { a: [i64; 5] });
        let pass = pass
            .typed::<unsafe extern "C" fn(*const std::ffi::c_void, Large) -> Large>()
            .unwrap();
        // SAFETY: the fixture calls it as it is declared.
        let back = unsafe { pass(failing.as_ptr(), Large { a: [1; 5] }) };
        assert_eq!(
            back,
            Large {
                a: [0, 0, 0, 0, 44]
            }
        );
    }
}

#[test]
fn is_a_fallback_of_the_wrong_type_refused() {
    let error = Callback::builder()
        .name("f")
        .fallback(1.5)
        .new(int_fn(), |_| 0)
        .unwrap_err();
    let expected = "callback f: the fallback value: expected int, found f64; round it and convert it \
                    to i32";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn is_the_source_of_an_error_kept() {
    for builder in builders() {
        let callback = builder.new(int_fn(), |_| "x".parse::<i32>()).unwrap();
        let error = call(callback.as_ptr(), 1).unwrap_err();
        let ErrorKind::Callback(source) = error.kind() else {
            panic!("{error:?}");
        };
        assert!(source.is::<std::num::ParseIntError>());
    }
}

#[test]
fn does_the_handler_get_what_no_call_collects() {
    for builder in builders() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let log = told.clone();
        let callback: Callback<IntFn> = builder
            .fallback(8)
            .on_failure(move |failure| {
                let panic = matches!(failure, Failure::Panic(_));
                log.lock().unwrap().push((panic, failure.message()));
            })
            .from_fn(|_: i32| -> i32 { panic!("alone") })
            .unwrap();
        // SAFETY: the callback is alive; no call of farcall is around.
        assert_eq!(unsafe { callback.as_fn()(1) }, 8);
        assert_eq!(*told.lock().unwrap(), [(true, "alone".to_owned())]);
    }
}

#[test]
fn may_longjmp_leave_a_callback() {
    let leap = bind("void leap(void)")
        .typed::<unsafe extern "C" fn()>()
        .unwrap();
    let landing = bind("int landing(int (*f)(int), int x)")
        .typed::<unsafe extern "C" fn(*const std::ffi::c_void, i32) -> i32>()
        .unwrap();
    for builder in builders() {
        let callback = builder
            .new(int_fn(), move |args| {
                if args[0].as_i64() == Some(1) {
                    // SAFETY: nothing between here and `landing` has to be dropped.
                    unsafe { leap() };
                }
                3
            })
            .unwrap();
        // SAFETY: the fixture calls it as it is declared.
        assert_eq!(unsafe { landing(callback.as_ptr(), 1) }, -77);
        // SAFETY: as above.
        assert_eq!(unsafe { landing(callback.as_ptr(), 0) }, 3);
    }
}

#[test]
fn does_no_result_type_end_the_process() {
    let types = [
        "_Bool f(void)",
        "int8_t f(void)",
        "uint8_t f(void)",
        "int16_t f(void)",
        "uint16_t f(void)",
        "int f(void)",
        "unsigned f(void)",
        "int64_t f(void)",
        "uint64_t f(void)",
        "ptrdiff_t f(void)",
        "size_t f(void)",
        "float f(void)",
        "double f(void)",
        "void *f(void)",
        "void f(void)",
        "struct { char c; } f(void)",
        "struct { int a, b, c; } f(void)",
        "struct { double a, b; } f(void)",
        "struct { char c[100]; } f(void)",
        "union { int i; double d; } f(void)",
    ];
    for ty in types.map(|text| FnType::parse(text).unwrap()) {
        for builder in builders() {
            let callback = builder
                .new(ty, |_| -> Result<OwnedValue, &str> { Err("none of these") })
                .unwrap();
            // SAFETY: the callback has this type.
            let function =
                unsafe { farcall::Function::from_address("f", callback.as_ptr(), ty) }.unwrap();
            // SAFETY: as above.
            let error = unsafe { function.call_values(&[]) }.unwrap_err();
            assert_eq!(error.to_string(), format!("callback `{ty}`: none of these"));
        }
    }
}

#[test]
fn does_the_first_of_two_failures_under_one_call_come_out() {
    let twice = bind("int twice(int (*f)(int), int x)");
    // It collects nothing.
    let twice = twice
        .typed::<unsafe extern "C" fn(*const std::ffi::c_void, i32) -> i32>()
        .unwrap();
    for (inner, outer) in builders().zip(builders()) {
        let first = inner
            .fallback(-3)
            .new(int_fn(), |_| -> i32 { panic!("first") })
            .unwrap();
        let outer = outer
            .fallback(-4)
            .new(int_fn(), move |_| {
                // SAFETY: the fixture calls it as it is declared.
                let result = unsafe { twice(first.as_ptr(), 1) };
                assert_eq!(result, -3000 - 3);
                Err::<i32, _>("second")
            })
            .unwrap();
        assert_eq!(panic_of(|| call(outer.as_ptr(), 1)), "first");
        // The thread is as before.
        let after = Callback::new(int_fn(), |_| 5).unwrap();
        assert_eq!(call(after.as_ptr(), 1).unwrap(), 5);
    }
}

#[test]
fn may_the_payload_of_a_second_panic_panic_when_it_is_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in the payload");
        }
    }
    for (inner, outer) in builders().zip(builders()) {
        let first = inner.new(int_fn(), |_| -> i32 { panic!("first") }).unwrap();
        let outer = outer
            .new(int_fn(), move |_| -> i32 {
                // SAFETY: the callback is alive, and of this type.
                let f: IntFn = unsafe { std::mem::transmute(first.as_ptr()) };
                // SAFETY: as above.
                assert_eq!(unsafe { f(1) }, 0);
                std::panic::panic_any(Bomb)
            })
            .unwrap();
        assert_eq!(panic_of(|| call(outer.as_ptr(), 1)), "first");
    }
}
