//! A closure over values returns something that C can have.
use farcall::{Callback, FnType};

fn main() {
    let ty = FnType::parse("int f(void)").unwrap();
    let _ = Callback::new(ty, |_| String::from("x"));
}
