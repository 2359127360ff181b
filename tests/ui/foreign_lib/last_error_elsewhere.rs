#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        #[last_error(on = 0)]
        safe fn f() -> c_int;
    }
}

fn main() {}
