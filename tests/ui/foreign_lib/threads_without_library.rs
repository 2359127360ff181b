#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle(unsafe(send))]
    struct H(*mut c_void);
}

fn main() {}
