//! Closures that C keeps until it says that it is done.

use super::{Count, closures, panic_of};
use farcall::ErrorKind;
use std::ffi::CStr;

type Visit = dyn FnMut(i32, &CStr) -> i32 + Send;

fn counting(count: &Count, result: i32) -> Box<Visit> {
    let token = count.token();
    Box::new(move |_, _| {
        token.touch();
        result
    })
}

#[test]
fn is_a_closure_freed_when_c_is_done() {
    let (lib, count) = (closures(), Count::default());
    let source = lib.open().unwrap();
    source.register(0, Some(counting(&count, 1))).unwrap();
    assert_eq!((source.fire(0), count.get()), (1, 0));
    source.register(0, Some(counting(&count, 2))).unwrap();
    assert_eq!((source.fire(0), count.get()), (2, 1));
    lib.unregister(&source);
    assert_eq!(count.get(), 2);
    source.register(0, Some(counting(&count, 3))).unwrap();
    drop(source);
    assert_eq!(count.get(), 3);
}

#[test]
fn is_it_freed_once_if_c_is_done_at_once() {
    let (lib, count) = (closures(), Count::default());
    let source = lib.open().unwrap();
    source.register(1, Some(counting(&count, 1))).unwrap();
    assert_eq!(count.get(), 1);
}

#[test]
fn is_it_freed_once_if_the_function_fails() {
    let (lib, count) = (closures(), Count::default());
    let source = lib.open().unwrap();
    for (how, freed) in [(2, 1), (3, 2)] {
        let error = source.register(how, Some(counting(&count, 1))).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Status { .. }), "{error}");
        assert_eq!(count.get(), freed, "how {how}");
    }
}

#[test]
fn is_it_freed_once_if_null_says_that_the_function_failed() {
    let (lib, count) = (closures(), Count::default());
    for (how, freed) in [(2, 1), (3, 2)] {
        lib.make(how, counting(&count, 1)).unwrap_err();
        assert_eq!(count.get(), freed, "how {how}");
    }
    let source = lib.make(0, counting(&count, 7)).unwrap();
    assert_eq!((source.fire(0), count.get()), (7, 2));
    drop(source);
    assert_eq!(count.get(), 3);
}

#[test]
fn is_it_kept_if_c_succeeds_though_the_closure_failed() {
    let (lib, count) = (closures(), Count::default());
    for (how, freed) in [(0, 1), (2, 2), (3, 3)] {
        let token = count.token();
        let sources = lib.open_sources();
        let message = panic_of(|| {
            lib.make(how, move |_, _| {
                token.touch();
                panic!("made");
            })
        });
        // The source was given up, and with it the closure.
        assert_eq!((&message[..], lib.open_sources() - sources), ("made", 0));
        assert_eq!(count.get(), freed, "how {how}");
    }
    let source = lib.open().unwrap();
    let token = count.token();
    let message = panic_of(|| {
        source.register(
            1,
            Some(Box::new(move |_, _| {
                token.touch();
                panic!("once")
            })),
        )
    });
    assert_eq!((&message[..], count.get()), ("once", 4));
}

#[test]
fn is_no_closure_three_nulls() {
    let source = closures().open().unwrap();
    source.register(0, None).unwrap();
    assert_eq!(source.fire(0), 0);
}

#[test]
fn may_c_be_done_while_the_closure_runs() {
    let (lib, count) = (closures(), Count::default());
    let source = lib.open().unwrap();
    let (token, seen) = (count.token(), count.clone());
    let (address, unregister) = (
        source.address() as usize,
        lib.library().symbol("cl_unregister"),
    );
    // SAFETY: this is its type.
    let unregister: unsafe extern "C" fn(usize) =
        unsafe { std::mem::transmute(unregister.unwrap().address()) };
    source
        .register(
            0,
            Some(Box::new(move |n, _| {
                // SAFETY: the source is alive.
                unsafe { unregister(address) };
                assert_eq!(seen.get(), 0, "it is not freed while it runs");
                token.touch();
                n
            })),
        )
        .unwrap();
    assert_eq!((lib.drop_inside(&source), count.get()), (5, 1));
}

#[test]
fn does_a_panic_of_a_destructor_come_out_of_the_call() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let lib = closures();
    let source = lib.open().unwrap();
    let bomb = Bomb;
    source
        .register(
            0,
            Some(Box::new(move |n, _| {
                let _bomb = &bomb;
                n
            })),
        )
        .unwrap();
    assert_eq!(panic_of(|| lib.unregister(&source)), "dropped");
    assert_eq!(source.fire(0), 0);
}
