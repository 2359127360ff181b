#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    unsafe extern "C" {
        pub safe fn f(
            g: extern "C" fn(data: *mut c_void, text: &CStr),
            #[context_of(g)] data: *mut c_void,
        );
    }
}

fn main() {
    let lib = unsafe { lib::Lib::load_from("x") }.unwrap();
    let mut kept = None;
    lib.f(|text| kept = Some(text));
    drop(kept);
}
