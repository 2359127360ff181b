#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    pub struct Other;
}

fn main() {}
