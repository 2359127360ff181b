#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        fn f(#[grow(len)] x: u8, len: *mut usize);
    }
}

fn main() {}
