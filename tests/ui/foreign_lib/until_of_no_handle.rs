#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(
            n: &c_int,
            g: extern "C" fn(data: *mut c_void),
            #[context_of(g, until = n)] data: *mut c_void,
        );
    }
}

fn main() {}
