//! Rust, C, Rust, C, Rust: who may enter again, and where does a panic stop on the way out?

use super::{IntFn, builders, call, int_fn, panic_of};
use farcall::{Callback, ErrorKind};
use std::cell::Cell;
use std::rc::Rc;

#[test]
fn does_an_inner_panic_stop_at_the_inner_call() {
    for (inner, outer) in builders().zip(builders()) {
        let inner = inner.new(int_fn(), |_| -> i32 { panic!("inner") }).unwrap();
        let outer = outer
            .new(int_fn(), move |_| {
                assert_eq!(panic_of(|| call(inner.as_ptr(), 1)), "inner");
                12
            })
            .unwrap();
        assert_eq!(call(outer.as_ptr(), 1).unwrap(), 12);
    }
}

#[test]
fn does_a_panic_pass_through_every_level() {
    for builder in builders() {
        let depth = Rc::new(Cell::new(0));
        let this = Rc::new(Cell::new(std::ptr::null()));
        let (count, own) = (depth.clone(), this.clone());
        let callback = builder
            .new(int_fn(), move |args| {
                let x = args[0].as_i64().unwrap() as i32;
                count.set(count.get() + 1);
                if x == 50 {
                    panic!("at the bottom");
                }
                let below = call(own.get(), x + 1);
                count.set(-1000);
                below
            })
            .unwrap();
        this.set(callback.as_ptr());
        assert_eq!(panic_of(|| call(callback.as_ptr(), 1)), "at the bottom");
        assert_eq!(depth.get(), 50);
    }
}

#[test]
fn does_nesting_work_to_a_great_depth() {
    for builder in builders() {
        let this = Rc::new(Cell::new(std::ptr::null()));
        let own = this.clone();
        let callback = builder
            .new(int_fn(), move |args| {
                let x = args[0].as_i64().unwrap() as i32;
                if x == 0 {
                    Ok(0)
                } else {
                    call(own.get(), x - 1).map(|n| n + 1)
                }
            })
            .unwrap();
        this.set(callback.as_ptr());
        assert_eq!(call(callback.as_ptr(), 100).unwrap(), 100);
    }
}

#[test]
fn is_an_fn_mut_entered_once_at_a_time() {
    for builder in builders() {
        let this = Rc::new(Cell::new(std::ptr::null()));
        let own = this.clone();
        let mut runs = 0;
        let callback = builder
            .name("f")
            .new_mut(int_fn(), move |args| {
                runs += 1;
                let x = args[0].as_i64().unwrap() as i32;
                if x == 0 {
                    return Ok(runs);
                }
                call(own.get(), x - 1)
            })
            .unwrap();
        this.set(callback.as_ptr());
        let error = call(callback.as_ptr(), 1).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Callback(_)), "{error:?}");
        let expected = "callback f: callback f: it was called while it was running, and its closure \
                        is an `FnMut`; make it from an `Fn`, with what changes in a `Cell`";
        assert_eq!(error.to_string(), expected);
        // It runs again afterwards.
        assert_eq!(call(callback.as_ptr(), 0).unwrap(), 2);
    }
}

#[test]
fn is_a_refused_entry_kept_where_no_call_collects_it() {
    for builder in builders() {
        let this = Rc::new(Cell::new(None::<IntFn>));
        let own = this.clone();
        let callback: Callback<IntFn> = builder
            .name("f")
            .fallback(-5)
            .from_fn_mut(move |x: i32| match own.get() {
                // SAFETY: the callback is alive.
                Some(own) if x > 0 => unsafe { own(x - 1) },
                _ => 1,
            })
            .unwrap();
        this.set(Some(callback.as_fn()));
        // SAFETY: as above.
        assert_eq!(unsafe { callback.as_fn()(1) }, -5);
        let error = callback.take_refused().unwrap();
        assert!(matches!(error.kind(), ErrorKind::Reentered), "{error}");
        assert!(callback.take_refused().is_none());
    }
}

#[test]
fn may_an_fn_be_entered_again() {
    for builder in builders() {
        let this = Rc::new(Cell::new(std::ptr::null()));
        let own = this.clone();
        let callback: Callback<IntFn> = builder
            .from_fn(move |x: i32| {
                if x == 0 {
                    0
                } else {
                    1 + call(own.get(), x - 1).unwrap()
                }
            })
            .unwrap();
        this.set(callback.as_ptr());
        assert_eq!(call(callback.as_ptr(), 10).unwrap(), 10);
    }
}
