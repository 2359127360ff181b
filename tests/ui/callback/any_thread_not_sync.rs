//! A closure that any thread runs may not capture what is not `Sync`.
use farcall::{Callback, callback::AnyThread};
use std::cell::Cell;

fn main() {
    let cell = Cell::new(0);
    let _: Callback<unsafe extern "C" fn(i32), AnyThread> =
        Callback::builder().any_thread().from_fn(move |x: i32| cell.set(x)).unwrap();
}
