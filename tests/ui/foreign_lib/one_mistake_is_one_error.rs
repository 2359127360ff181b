#[farcall::foreign_lib(this_process, unsafe(load))]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        pub safe fn f(x: *const c_int, n: c_int) -> c_int;
        pub safe fn g(x: c_int) -> c_int;
    }
}

fn main() {
    let lib = lib::Lib::load().unwrap();
    lib.f(std::ptr::null(), 1);
    lib.g(1);
}
