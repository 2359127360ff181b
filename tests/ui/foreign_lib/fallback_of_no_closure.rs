#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(#[fallback(1)] n: c_int);
    }
}

fn main() {}
