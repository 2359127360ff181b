#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(#[context_of()] data: *mut c_void);
    }
}

fn main() {}
