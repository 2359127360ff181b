#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle(invalid = 0)]
    struct H(Box<c_int>);
}

fn main() {}
