#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(
            g: extern "C" fn(a: *mut c_void, b: *mut c_void),
            #[context_of(g)] a: *mut c_void,
            #[context_of(g)] b: *mut c_void,
        );
    }
}

fn main() {}
