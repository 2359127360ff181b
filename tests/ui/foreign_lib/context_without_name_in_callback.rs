#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(g: extern "C" fn(user: *mut c_void), #[context_of(g)] data: *mut c_void);
    }
}

fn main() {}
