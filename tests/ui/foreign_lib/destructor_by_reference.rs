#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle(drop = close)]
    struct H(*mut c_void);
    unsafe extern "C" {
        fn close(self: &H);
    }
}

fn main() {}
