#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        pub safe fn f(
            g: Option<extern "C" fn(data: *mut c_void, n: c_int) -> c_int>,
            #[context_of(g)] data: *mut c_void,
        );
    }
}

fn main() {
    let lib = unsafe { lib::Lib::load_from("x") }.unwrap();
    lib.f(Some(&mut |n| n as i64));
}
