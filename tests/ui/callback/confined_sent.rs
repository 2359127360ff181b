//! A confined callback stays on its thread.
use farcall::Callback;

fn main() {
    let callback = Callback::<unsafe extern "C" fn(i32) -> i32>::from_fn(|x| x).unwrap();
    std::thread::spawn(move || drop(callback));
}
