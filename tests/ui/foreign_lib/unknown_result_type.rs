#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        safe fn f() -> char;
    }
}

fn main() {}
