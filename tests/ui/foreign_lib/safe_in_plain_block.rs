#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    extern "C" {
        safe fn f();
    }
}

fn main() {}
