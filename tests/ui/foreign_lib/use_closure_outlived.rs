#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle()]
    pub struct Db(*mut c_void);
    unsafe extern "C" {
        pub safe fn f(
            self: &Db,
            g: extern "C" fn(data: *mut c_void),
            #[context_of(g, until = self)] data: *mut c_void,
        );
        pub safe fn open() -> Db;
    }
}

fn main() {
    let lib = unsafe { lib::Lib::load_from("x") }.unwrap();
    let db = lib.open();
    let mut count = 0;
    db.f(|| count += 1);
}
