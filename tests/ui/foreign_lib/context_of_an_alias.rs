#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    type Visit = extern "C" fn(data: *mut c_void);
    unsafe extern "C" {
        safe fn f(g: Visit, #[context_of(g)] data: *mut c_void);
    }
}

fn main() {}
