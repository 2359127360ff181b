#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(text: &[u8], #[len_of(test)] n: c_int);
    }
}

fn main() {}
