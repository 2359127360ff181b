#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        #[status(ok = 0)]
        safe fn f(
            g: extern "C" fn(data: *mut c_void),
            #[context_of(g)] data: *mut c_void,
            #[grow(n)] to: *mut u8,
            n: *mut c_int,
        ) -> c_int;
    }
}

fn main() {}
