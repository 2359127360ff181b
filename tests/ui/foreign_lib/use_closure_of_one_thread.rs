#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        pub safe fn f(
            g: extern "C" fn(data: *mut c_void),
            #[context_of(g, any_thread)] data: *mut c_void,
        );
    }
}

fn main() {
    let lib = unsafe { lib::Lib::load_from("x") }.unwrap();
    let count = std::cell::Cell::new(0);
    lib.f(|| count.set(1));
}
