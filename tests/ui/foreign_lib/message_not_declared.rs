#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle(message = words)]
    struct H(*mut c_void);
}

fn main() {}
