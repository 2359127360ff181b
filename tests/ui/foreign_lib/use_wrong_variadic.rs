#[farcall::foreign_lib(this_process, unsafe(load))]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        pub fn printf(format: &CStr, ...) -> c_int;
    }
}

fn main() {
    let lib = lib::Lib::load().unwrap();
    unsafe { lib.printf(c"%s", "text") };
}
