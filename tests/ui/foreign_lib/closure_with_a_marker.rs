#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(
            g: extern "C" fn(data: *mut c_void, x: *const c_int, #[len_of(x)] n: c_int),
            #[context_of(g)] data: *mut c_void,
        );
    }
}

fn main() {}
