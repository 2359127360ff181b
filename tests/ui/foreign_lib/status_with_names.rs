#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[status(ok = 0)]
    struct S { code: c_int }
}

fn main() {}
