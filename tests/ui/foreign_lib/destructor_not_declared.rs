#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle(drop = shut)]
    struct H(*mut c_void);
    unsafe extern "C" {
        fn close(h: H);
    }
}

fn main() {}
