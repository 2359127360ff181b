#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[status(ok = 0, text = words)]
    struct S(c_int);
}

fn main() {}
