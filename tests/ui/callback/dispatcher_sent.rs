//! A dispatcher stays on its thread.
use farcall::callback::Dispatcher;

fn main() {
    let dispatcher = Dispatcher::new();
    std::thread::spawn(move || dispatcher.run());
}
