#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        #[symbol("s")]
        safe fn f(a: c_int, #[variadic] x: c_int);
        #[symbol("s")]
        safe fn g(a: c_long, #[variadic] x: c_int);
    }
}

fn main() {}
