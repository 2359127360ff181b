#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        fn f(#[grow(len)] x: *mut u8);
    }
}

fn main() {}
