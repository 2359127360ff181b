#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        fn f((a, b): (c_int, c_int));
    }
}

fn main() {}
