#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle]
    struct H(Box<c_int>);
    unsafe extern "C" {
        safe fn f() -> H;
    }
}

fn main() {}
