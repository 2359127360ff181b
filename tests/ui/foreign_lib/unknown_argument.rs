#[farcall::foreign_lib(name("z"))]
mod lib {
    pub struct Lib;
}

fn main() {}
