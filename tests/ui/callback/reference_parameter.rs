//! What comes from C is no reference.
use farcall::Callback;

fn main() {
    let _ = Callback::<unsafe extern "C" fn(&'static i32)>::from_fn(|x: &'static i32| drop(x));
}
