#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(a: c_int, #[variadic] x: c_int, b: c_int);
    }
}

fn main() {}
