#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(a: c_int, #[value(a)] b: c_int);
    }
}

fn main() {}
