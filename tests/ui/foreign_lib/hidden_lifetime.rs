#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle]
    struct H<'a>(*mut c_void);
    unsafe extern "C" {
        safe fn f(h: &H);
    }
}

fn main() {}
