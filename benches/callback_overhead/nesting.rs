//! Calls of C under calls of C.

use super::harness::{compare, row};
use super::{Add, Callers, add_type, int};
use farcall::{Callback, Engine, Function, Value, values};
use std::ffi::c_int;
use std::hint::black_box as b;
use std::sync::OnceLock;

type Apply = unsafe extern "C" fn(Add, c_int, c_int) -> c_int;

unsafe extern "C" fn add(x: c_int, y: c_int) -> c_int {
    x.wrapping_add(y)
}

static APPLY: OnceLock<Apply> = OnceLock::new();

unsafe extern "C" fn add_through_c(x: c_int, y: c_int) -> c_int {
    let apply = APPLY.get().expect("it is set before");
    // SAFETY: the declaration is that of the fixture.
    unsafe { apply(add, x, y) }
}

/// Rust calls C, which calls Rust, which calls C, which calls Rust; each call of Rust collects the
/// failures of the callbacks under it.
pub(super) fn nested(c: &Callers) {
    let apply = c.function("int apply2(int (*f)(int, int), int a, int b)");
    let plain = *APPLY.get_or_init(|| apply.typed().expect("its Rust type"));
    // SAFETY: the declaration is that of the fixture.
    let floor = || unsafe { plain(add_through_c, b(1), b(2)) };
    let mut rows = vec![row("function pointers", floor)];
    let apply: &'static Function =
        Box::leak(Box::new(c.function("int apply2(void *f, int a, int b)")));
    for (name, engine) in [("typed", Engine::Jit), ("libffi: typed", Engine::Libffi)] {
        let make = || Callback::builder().engine(engine);
        let inner = make()
            .from_fn::<Add, _>(c_int::wrapping_add)
            .expect("a callback");
        let outer = move |x: c_int, y: c_int| -> c_int {
            // SAFETY: as above, with a pointer to a function of that type.
            unsafe { apply.call((&inner, x, y)) }.expect("a call")
        };
        let outer = make().from_fn::<Add, _>(outer).expect("a callback");
        // SAFETY: as above.
        let whole = move || unsafe { apply.call::<_, c_int>((&outer, b(1), b(2))) };
        rows.push(row(name, move || whole().expect("a call")));
    }
    for (name, engine) in [
        ("over values", Engine::Jit),
        ("libffi: over values", Engine::Libffi),
    ] {
        let make = || Callback::builder().engine(engine);
        let apply = apply.with_engine(engine).expect("an engine");
        let apply: &'static Function = Box::leak(Box::new(apply));
        let inner = |args: &[Value<'_>]| Ok::<_, &str>(int(args[0])?.wrapping_add(int(args[1])?));
        let inner = make().new(add_type(), inner).expect("a callback");
        let outer = move |args: &[Value<'_>]| {
            // SAFETY: as above.
            unsafe { apply.call_values(&values![&inner, args[0], args[1]]) }
        };
        let outer = make().new(add_type(), outer).expect("a callback");
        // SAFETY: as above.
        let whole = move || unsafe { apply.call_values(&values![&outer, b(1), b(2)]) };
        rows.push(row(name, move || whole().expect("a call").as_i64()));
    }
    compare("Rust, C, Rust, C, Rust", &mut rows);
}
