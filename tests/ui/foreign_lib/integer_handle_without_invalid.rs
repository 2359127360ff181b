#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle]
    struct H(c_int);
}

fn main() {}
