#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    struct NotForC(u8);
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(a: c_int, #[variadic] x: bool, #[variadic] y: NotForC);
    }
}

fn main() {}
