#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle]
    struct H(*mut c_void);
    #[since("2")]
    unsafe extern "C" {
        safe fn f(self: &H);
    }
}

fn main() {}
