#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(#[out] g: *mut c_int, #[context_of(g)] data: *mut c_void);
    }
}

fn main() {}
