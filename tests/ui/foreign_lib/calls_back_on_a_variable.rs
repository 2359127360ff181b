#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        #[calls_back]
        safe static f: c_int;
    }
}

fn main() {}
