#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle(drop = close)]
    struct H(*mut c_void);
    unsafe extern "C" {
        safe fn f(self: &c_int);
        fn close(h: H);
    }
}

fn main() {}
