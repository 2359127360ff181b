#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        #[errno]
        safe fn f() -> c_int;
    }
}

fn main() {}
