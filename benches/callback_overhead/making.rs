//! How callbacks come and go.

use super::harness::{AtMost, compare, row};
use super::{Add, add_type, int};
use farcall::{Callback, Engine, Value};
use libffi::high;
use std::ffi::c_int;
use std::hint::black_box as b;

const MAKE_AND_DROP: AtMost = AtMost::Nanoseconds(40.0);

/// Making a callback and dropping it.
pub(super) fn making() {
    let ty = add_type();
    let typed = |n: c_int| move |x: c_int, y: c_int| -> c_int { x.wrapping_add(y + n) };
    let values = |n: c_int| {
        move |args: &[Value<'_>]| Ok::<_, &str>(int(args[0])?.wrapping_add(int(args[1])? + n))
    };
    let boxed = || -> Box<dyn Fn(c_int, c_int) -> c_int> { Box::new(typed(b(1))) };
    let mut rows = vec![row("a boxed closure", boxed)];
    for (names, engine, at_most) in [
        (
            [
                "typed",
                "typed, any thread",
                "over values",
                "over values, any thread",
            ],
            Engine::Jit,
            Some(MAKE_AND_DROP),
        ),
        (
            [
                "libffi: typed",
                "libffi: typed, any thread",
                "libffi: over values",
                "libffi: values, any thread",
            ],
            Engine::Libffi,
            None,
        ),
    ] {
        let make = move || Callback::builder().engine(engine);
        let made = "a callback";
        rows.extend([
            row(names[0], move || {
                make().from_fn::<Add, _>(typed(b(1))).expect(made)
            })
            .at_most(at_most),
            row(names[1], move || {
                make()
                    .any_thread()
                    .from_fn::<Add, _>(typed(b(1)))
                    .expect(made)
            })
            .at_most(at_most),
            row(names[2], move || make().new(ty, values(b(1))).expect(made)).at_most(at_most),
            row(names[3], move || {
                make().any_thread().new(ty, values(b(1))).expect(made)
            })
            .at_most(at_most),
        ]);
    }
    rows.push(
        row("typed, engine not chosen", || {
            Callback::<Add>::from_fn(typed(b(1))).expect("a callback")
        })
        .at_most(MAKE_AND_DROP),
    );
    rows.push(row("the libffi crate's closure", || {
        let closure = typed(b(1));
        drop(b(high::Closure2::new(&closure)));
    }));
    compare("make and drop", &mut rows);
}
