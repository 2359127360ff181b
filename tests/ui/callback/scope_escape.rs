//! A callback does not leave its scope.
use farcall::{FnType, callback};

fn main() {
    let ty = FnType::parse("int f(void)").unwrap();
    let escaped = callback::scope(|s| s.new(ty, |_| 1).unwrap());
    println!("{escaped:?}");
}
