#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(#[out] x: *mut char);
    }
}

fn main() {}
