#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[status]
    struct S(c_int);
}

fn main() {}
