#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(a: c_int);
        #[symbol("g")]
        safe fn f(a: c_long);
    }
}

fn main() {}
