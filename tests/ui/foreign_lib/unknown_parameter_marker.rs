#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        fn f(#[outt] x: *mut c_int);
    }
}

fn main() {}
