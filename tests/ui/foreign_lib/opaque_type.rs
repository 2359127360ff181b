#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        type File;
    }
}

fn main() {}
