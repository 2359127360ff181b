#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "system" {
        fn f(x: c_int, ...);
    }
}

fn main() {}
