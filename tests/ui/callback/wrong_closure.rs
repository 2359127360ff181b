//! The closure has the parameters of the function pointer.
use farcall::Callback;

fn main() {
    let _ = Callback::<unsafe extern "C" fn(i32) -> i32>::from_fn(|a: i32, b: i32| a + b);
}
