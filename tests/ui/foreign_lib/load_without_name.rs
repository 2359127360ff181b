#[farcall::foreign_lib(unsafe(load))]
mod lib {
    pub struct Lib;
}

fn main() {}
