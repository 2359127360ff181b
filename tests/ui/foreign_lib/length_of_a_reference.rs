#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(x: &c_int, #[len_of(x)] n: c_int);
    }
}

fn main() {}
