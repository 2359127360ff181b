//! What comes of closures that fail.

use super::{Count, closures, panic_of};
use farcall::ErrorKind;
use std::error::Error;

#[test]
fn does_a_panic_come_out_of_the_call() {
    let lib = closures();
    let mut calls = 0;
    let message = panic_of(|| {
        lib.each(
            4,
            Some(&mut |n, _| {
                calls += 1;
                assert!(n < 2, "too many");
                1
            }),
        )
    });
    assert_eq!(message, "too many");
    assert_eq!(calls, 3, "it does not run while its failure waits");
    assert_eq!(lib.each(4, Some(&mut |_, _| 1)), 4, "and then again");
}

#[test]
fn does_an_error_come_out_of_the_call() {
    let lib = closures();
    let mut calls = 0;
    let error = lib
        .status(
            5,
            Some(&mut |n, _| {
                calls += 1;
                if n == 2 {
                    let text = "three is enough";
                    return Err(farcall::ErrorKind::Callback(
                        Box::<dyn Error + Send + Sync>::from(text).into(),
                    )
                    .into());
                }
                Ok(0)
            }),
        )
        .unwrap_err();
    // The fallback is 9, which made C stop.
    assert_eq!(calls, 3);
    let text = error.to_string();
    assert!(
        text.starts_with("callback visit of cl_status: three is enough (in "),
        "{text}"
    );
    // What the closure says itself is C's status.
    let error = lib.status(5, Some(&mut |n, _| Ok(n))).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Status { code: 1, .. }),
        "{error}"
    );
    lib.status(5, Some(&mut |_, _| Ok(0))).unwrap();
}

#[test]
fn is_a_null_where_a_text_must_be_an_error_of_the_closure() {
    let (lib, mut calls) = (closures(), 0);
    let sum = panic_of(|| {
        lib.each_text(5, |_, _| {
            calls += 1;
            1
        })
    });
    assert_eq!(calls, 4);
    assert!(
        sum.starts_with(
            "callback visit of cl_each: argument 3 (text): null is not allowed for `&CStr` (in "
        ),
        "{sum}"
    );
}

#[test]
fn is_what_c_gave_out_given_up_when_a_closure_fails() {
    let lib = closures();
    // Whether C says that all is well or not.
    for status in [0, 5] {
        let before = lib.open_sources();
        let message = panic_of(|| lib.open_loudly(status, |_, _| panic!("loud")));
        assert_eq!((&message[..], lib.open_sources()), ("loud", before));
    }
}

#[test]
fn does_the_first_of_two_failures_come_out() {
    let message = panic_of(|| closures().two(|_, _| panic!("first"), |_, _| panic!("second")));
    assert_eq!(message, "first");
}

#[test]
fn does_a_panic_of_a_kept_closure_come_out_of_a_call_that_is_marked() {
    let (lib, count) = (closures(), Count::default());
    let source = lib.open().unwrap();
    let token = count.token();
    lib.add(&source, move |n, _| {
        token.touch();
        assert!(n != 1, "kept");
        n
    })
    .unwrap();
    assert_eq!(panic_of(|| source.fire(1)), "kept");
    assert_eq!((source.fire(2), count.get()), (2, 0));
    // A call that does not collect passes it on to one that does.
    let message = panic_of(|| {
        lib.each(
            1,
            Some(&mut |_, _| {
                assert_eq!(source.fire_alone(1), 0);
                5
            }),
        )
    });
    assert_eq!(message, "kept");
    drop(source);
    assert_eq!(count.get(), 1);
}

#[test]
fn is_an_fn_mut_entered_once_at_a_time() {
    let lib = closures();
    let source = std::rc::Rc::new(lib.open().unwrap());
    let inner = std::rc::Rc::downgrade(&source);
    let mut depth = 0;
    lib.add(&source, move |n, _| {
        depth += 1;
        match (n, inner.upgrade()) {
            (0, _) | (_, None) => depth,
            (n, Some(source)) => {
                let text = panic_of(|| source.fire(n - 1));
                assert!(
                    text.contains("it was called while it was running"),
                    "{text}"
                );
                assert!(text.starts_with("callback visit of cl_add: "), "{text}");
                depth
            }
        }
    })
    .unwrap();
    assert_eq!(source.fire(1), 1, "the inner call did not run it");
    assert_eq!(source.fire(0), 2);
    // C may call it again after it has panicked.
    assert_eq!(source.fire(0), 3);
}

#[test]
fn may_it_be_entered_again_after_a_panic() {
    let lib = closures();
    let source = lib.open().unwrap();
    let mut calls = 0;
    lib.add(&source, move |n, _| {
        calls += 1;
        assert!(n != 1, "one");
        calls
    })
    .unwrap();
    panic_of(|| source.fire(1));
    assert_eq!(source.fire(0), 2);
}
