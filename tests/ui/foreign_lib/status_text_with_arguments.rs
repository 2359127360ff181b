#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[status(ok = 0, text = words)]
    struct S(c_int);
    unsafe extern "C" {
        safe fn words(a: c_int, b: c_int) -> &'static CStr;
    }
}

fn main() {}
