#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(compare: extern "C" fn(data: *mut c_void), #[context_of(compar)] data: *mut c_void);
    }
}

fn main() {}
