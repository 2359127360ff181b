#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        fn f(#[out] #[message] x: *mut c_int);
    }
}

fn main() {}
