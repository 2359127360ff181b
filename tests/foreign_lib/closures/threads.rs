//! Closures that C calls on another thread than their own.

use super::{Count, closures, panic_of};
use farcall::ErrorKind;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

#[test]
fn does_a_lent_closure_not_run_on_another_thread() {
    let lib = closures();
    let mut ran = false;
    let error = lib.elsewhere_told(|_, _| {
        ran = true;
        1
    });
    let error = error.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::WrongThread { calls: 1 }),
        "{error}"
    );
    assert!(!ran);
    // A method without an error says so by a panic.
    let text = panic_of(|| lib.elsewhere(|_, _| 1));
    assert!(text.contains("cl_elsewhere"), "{text}");
}

#[test]
fn does_a_kept_closure_not_run_on_another_thread() {
    let (lib, count) = (closures(), Count::default());
    let source = lib.open().unwrap();
    let token = count.token();
    lib.add(&source, move |_, _| {
        token.touch();
        panic!("it runs");
    })
    .unwrap();
    // C got nothing, and the thread that has no call of its own is told on standard error.
    assert_eq!(source.fire_elsewhere(), 0);
    drop(source);
    assert_eq!(count.get(), 1);
}

#[test]
fn does_a_closure_for_any_thread_run_there() {
    let (lib, here) = (closures(), thread::current().id());
    let sum = AtomicI32::new(0);
    let result = lib.elsewhere_shared(|n, text| {
        assert_ne!(thread::current().id(), here);
        assert_eq!(text, c"elsewhere");
        sum.fetch_add(n, Ordering::SeqCst);
        n + 1
    });
    assert_eq!((result, sum.into_inner()), (8, 7));
}

#[test]
fn does_a_closure_follow_a_handle_to_another_thread() {
    let (lib, count) = (closures(), Count::default());
    let mut source = lib.open_roaming().unwrap();
    let token = count.token();
    let mut calls = 0;
    lib.add_roaming(&source, move |n, _| {
        token.touch();
        calls += 1;
        assert!(n != 9, "nine");
        calls
    })
    .unwrap();
    assert_eq!(lib.fire_roaming(&mut source, 0), 1);
    let mut source = thread::spawn(move || {
        assert_eq!(lib.fire_roaming(&mut source, 0), 2);
        assert_eq!(panic_of(|| lib.fire_roaming(&mut source, 9)), "nine");
        source
    })
    .join()
    .unwrap();
    assert_eq!((lib.fire_roaming(&mut source, 0), count.get()), (4, 0));
    thread::spawn(move || drop(source)).join().unwrap();
    assert_eq!(count.get(), 1);
}

#[test]
fn does_a_closure_for_any_thread_not_run_while_a_failure_waits() {
    let (lib, calls) = (closures(), AtomicI32::new(0));
    let message = panic_of(|| {
        lib.each_shared(4, |n, _| {
            calls.fetch_add(1, Ordering::SeqCst);
            assert!(n != 1, "one");
            n
        })
    });
    assert_eq!((&message[..], calls.into_inner()), ("one", 2));
}
