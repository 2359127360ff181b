#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(g: extern "C" fn(data: c_int), #[context_of(g)] data: c_int);
    }
}

fn main() {}
