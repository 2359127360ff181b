//! A callback over values has no Rust type of a function pointer.
use farcall::{Callback, FnType};

fn main() {
    let callback = Callback::new(FnType::parse("int f(void)").unwrap(), |_| 1).unwrap();
    let _ = callback.as_fn();
}
