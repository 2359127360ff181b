#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle(message = words)]
    struct H(*mut c_void);
    unsafe extern "C" {
        safe fn words(self: &H, n: c_int) -> CString;
    }
}

fn main() {}
