#[farcall::foreign_lib]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle()]
    pub struct Db(*mut c_void);
    unsafe extern "C" {
        safe fn f(
            db: &Db,
            g: extern "C" fn(data: *mut c_void),
            #[context_of(g, until = db, destroy = free)] data: *mut c_void,
            free: Option<unsafe extern "C" fn(*mut c_void)>,
        );
    }
}

fn main() {}
