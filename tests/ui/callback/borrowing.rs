//! Only closures in a scope may borrow.
use farcall::{Callback, FnType};

fn main() {
    let text = String::from("x");
    let ty = FnType::parse("size_t f(void)").unwrap();
    let callback = Callback::new(ty, |_| text.len()).unwrap();
    drop(text);
    drop(callback);
}
