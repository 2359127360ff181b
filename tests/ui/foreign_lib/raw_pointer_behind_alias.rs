#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    type P = *mut c_int;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(x: P);
    }
}

fn main() {}
