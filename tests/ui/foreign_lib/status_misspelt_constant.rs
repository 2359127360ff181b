#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    const DONE: c_int = 1;
    #[status(ok = 0 | DOEN)]
    struct S(c_int);
}

fn main() {}
