//! Closures that a handle keeps.

use super::{Count, closures};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

#[test]
fn is_a_closure_kept_until_its_handle_is_dropped() {
    let (lib, count) = (closures(), Count::default());
    let source = lib.open().unwrap();
    let token = count.token();
    let mut calls = 0;
    lib.add(&source, move |n, text| {
        assert_eq!(text, c"fire");
        token.touch();
        calls += 1;
        n + calls
    })
    .unwrap();
    assert_eq!((source.fire(10), source.fire(10)), (11, 12));
    assert_eq!(count.get(), 0);
    drop(source);
    assert_eq!(count.get(), 1);
}

#[test]
fn is_a_closure_freed_when_its_handle_is_closed() {
    let (lib, count) = (closures(), Count::default());
    let source = lib.open().unwrap();
    for n in 0..8 {
        let token = count.token();
        lib.add(&source, move |_, _| {
            token.touch();
            n
        })
        .unwrap();
    }
    assert_eq!(source.fire(0), 28);
    // C has no room for it. It is kept all the same, as C could have it.
    let token = count.token();
    let error = lib.add(&source, move |_, _| {
        token.touch();
        0
    });
    assert_eq!(
        error.unwrap_err().to_string().split(" (in ").next(),
        Some("cl_add: status 1")
    );
    assert_eq!(count.get(), 0);
    source.close();
    assert_eq!(count.get(), 9);
}

#[test]
fn does_a_closure_free_the_one_that_it_replaces() {
    let (lib, count) = (closures(), Count::default());
    let mut source = lib.open().unwrap();
    let make = |result| {
        let token = count.token();
        move |_: i32, _: &std::ffi::CStr| {
            token.touch();
            result
        }
    };
    source.set(0, Some(Box::new(make(1)))).unwrap();
    source.set(0, Some(Box::new(make(2)))).unwrap();
    assert_eq!((source.fire(0), count.get()), (2, 1));
    // It failed: C has the one before.
    source.set(-1, Some(Box::new(make(3)))).unwrap_err();
    assert_eq!((source.fire(0), count.get()), (2, 1));
    // What another function was told is not replaced.
    source.set_reentrant(0, make(4)).unwrap();
    assert_eq!((source.fire(0), count.get()), (4, 1));
    source.set(0, None).unwrap();
    assert_eq!((source.fire(0), count.get()), (0, 3));
    source.close();
    assert_eq!(count.get(), 4);
}

#[test]
fn may_a_running_closure_replace_itself() {
    let (lib, count) = (closures(), Count::default());
    let source = Rc::new(RefCell::new(lib.open().unwrap()));
    let (inner, token, second) = (source.clone(), count.token(), count.token());
    let closure = move |_: i32, _: &std::ffi::CStr| {
        token.touch();
        let mut now = 10;
        // Through another handle to the same thing this borrow would fail.
        if let Ok(mut source) = inner.try_borrow_mut() {
            source.set(0, None).unwrap();
            now = 20;
        }
        // What it owns is still there.
        token.touch();
        second.touch();
        now
    };
    source.borrow_mut().set(0, Some(Box::new(closure))).unwrap();
    let call = source.borrow().address();
    // SAFETY: the handle is alive; C calls the closure while nobody borrows it.
    let fire: unsafe extern "C" fn(*mut std::ffi::c_void, i32) -> i32 =
        unsafe { std::mem::transmute(lib.library().symbol("cl_fire").unwrap().address()) };
    // SAFETY: as above.
    assert_eq!(unsafe { fire(call, 0) }, 20);
    assert_eq!(count.get(), 2, "it was freed when it had returned, once");
    assert_eq!(source.borrow().fire(0), 0);
}

#[test]
fn may_a_handle_end_while_its_closure_runs() {
    let (lib, count) = (closures(), Count::default());
    let source = Rc::new(Cell::new(Some(lib.open().unwrap())));
    let (inner, token) = (source.clone(), count.token());
    let taken = source.take().unwrap();
    let address = taken.address();
    let seen = count.clone();
    lib.add(&taken, move |_, _| {
        drop(inner.take());
        assert_eq!(seen.get(), 0, "it is not freed while it runs");
        token.touch();
        3
    })
    .unwrap();
    source.set(Some(taken));
    // C must not look at the source after its listener, which ended it.
    let call: unsafe extern "C" fn(*mut std::ffi::c_void) -> i32 =
        // SAFETY: this is its type.
        unsafe { std::mem::transmute(lib.library().symbol("cl_drop_inside").unwrap().address()) };
    // SAFETY: it lives when C begins.
    assert_eq!(unsafe { call(address) }, 3);
    assert_eq!(count.get(), 1);
    assert!(source.take().is_none());
}

#[test]
fn may_an_fn_be_entered_while_it_runs() {
    let lib = closures();
    let source = Rc::new(lib.open().unwrap());
    let (inner, depth) = (Rc::downgrade(&source), Cell::new(0));
    source
        .set_reentrant(0, move |n, _| {
            depth.set(depth.get() + 1);
            match n {
                0 => depth.get(),
                n => inner.upgrade().map_or(-1, |source| source.fire(n - 1)),
            }
        })
        .unwrap();
    assert_eq!(source.fire(5), 6);
}
