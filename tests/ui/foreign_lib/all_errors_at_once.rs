#[farcall::foreign_lib(prefx = "z")]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        pub safe fn f(x: *const c_int, #[len_of(y)] n: c_int) -> c_int;
        #[optinal]
        pub safe fn g();
        pub safe fn h(#[out] x: c_int);
    }
}

fn main() {}
