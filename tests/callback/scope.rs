//! Do closures that borrow end with their scope?

use super::{IntFn, apply, call, int_fn};
use farcall::callback;
use std::cell::Cell;

#[test]
fn may_closures_borrow_what_is_outside() {
    let mut log = Vec::new();
    let base = 10;
    callback::scope(|s| {
        let push = s
            .new_mut(int_fn(), |args| {
                log.push(args[0].as_i64());
                base
            })
            .unwrap();
        let add = s.from_fn::<IntFn, _>(|x| x + base).unwrap();
        // SAFETY: the fixture calls it as it is declared.
        assert_eq!(unsafe { apply().call::<_, i32>((push, 1)) }.unwrap(), 10);
        // SAFETY: as above.
        assert_eq!(unsafe { apply().call::<_, i32>((add, 1)) }.unwrap(), 11);
    });
    assert_eq!(log, [Some(1)]);
}

#[test]
fn does_nothing_run_after_the_scope() {
    let runs = Cell::new(0);
    let address = callback::scope(|s| {
        let count = s.new(int_fn(), |_| {
            runs.set(runs.get() + 1);
            1
        });
        let address = count.unwrap().as_ptr();
        assert_eq!(call(address, 1).unwrap(), 1);
        address
    });
    assert_eq!(call(address, 1).unwrap(), 0);
    assert_eq!(runs.get(), 1);
}

#[test]
fn does_a_panic_end_the_scope_too() {
    let runs = Cell::new(0);
    let mut address = std::ptr::null();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        callback::scope(|s| {
            let count = s.from_fn_mut::<IntFn, _>(|_| {
                runs.set(runs.get() + 1);
                1
            });
            address = count.unwrap().as_ptr();
            panic!("out of the scope");
        });
    }));
    assert!(caught.is_err());
    assert_eq!(call(address, 1).unwrap(), 0);
    assert_eq!(runs.get(), 0);
}

#[test]
fn may_a_destructor_of_a_closure_make_another_callback() {
    struct Late<'s, 'e>(&'s callback::Scope<'s, 'e>, &'e Cell<u32>);
    impl Drop for Late<'_, '_> {
        fn drop(&mut self) {
            let made = self.0.new(int_fn(), |_| 1).unwrap();
            assert_eq!(call(made.as_ptr(), 1).unwrap(), 1);
            self.1.set(self.1.get() + 1);
        }
    }
    let drops = Cell::new(0);
    callback::scope(|s| {
        let late = Late(s, &drops);
        s.new(int_fn(), move |_| {
            let _ = &late;
            1
        })
        .unwrap();
    });
    assert_eq!(drops.get(), 1);
}

#[test]
fn does_nothing_run_after_a_scope_whose_destructors_panic() {
    use std::rc::Rc;

    /// Makes a callback when it is dropped, whose closure holds the next of its kind.
    struct Chain<'s, 'e> {
        scope: &'s callback::Scope<'s, 'e>,
        left: u32,
        last: &'e Cell<*const std::ffi::c_void>,
        token: Rc<()>,
        panics: bool,
    }
    impl Drop for Chain<'_, '_> {
        fn drop(&mut self) {
            if let Some(left) = self.left.checked_sub(1) {
                let (token, panics) = (self.token.clone(), false);
                let next = Chain {
                    left,
                    token,
                    panics,
                    ..*self
                };
                let made = self.scope.new(int_fn(), move |_| {
                    let _ = &next;
                    1
                });
                self.last.set(made.unwrap().as_ptr());
            }
            assert!(!self.panics, "in a destructor");
        }
    }
    let (last, token) = (Cell::new(std::ptr::null()), Rc::new(()));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        callback::scope(|scope| {
            let chain = Chain {
                scope,
                left: 5,
                last: &last,
                token: token.clone(),
                panics: true,
            };
            let made = scope.new(int_fn(), move |_| {
                let _ = &chain;
                1
            });
            made.unwrap();
        });
    }));
    assert!(caught.is_err());
    assert_eq!(
        call(last.get(), 1).unwrap(),
        0,
        "a closure outlives the scope"
    );
    assert_eq!(Rc::strong_count(&token), 1, "a closure was not dropped");
}
