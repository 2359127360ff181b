#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle(free = close)]
    struct H(*mut c_void);
}

fn main() {}
