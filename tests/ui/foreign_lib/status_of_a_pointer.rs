#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[status(ok = 0)]
    struct S(*mut c_void);
}

fn main() {}
