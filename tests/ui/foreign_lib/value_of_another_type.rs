#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(#[value(1.5)] b: c_int);
    }
}

fn main() {}
