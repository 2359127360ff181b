//! A scope's closures borrow nothing that ends before the scope.
use farcall::{FnType, callback};

fn main() {
    let ty = FnType::parse("size_t f(void)").unwrap();
    callback::scope(|s| {
        let text = String::from("x");
        let _ = s.new(ty, |_| text.len());
    });
}
