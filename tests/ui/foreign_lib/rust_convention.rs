#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "Rust" {
        fn f();
    }
}

fn main() {}
