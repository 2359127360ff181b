#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        declare!();
    }
}

fn main() {}
