#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        safe static x: char;
    }
}

fn main() {}
