#[farcall::foreign_lib(names(linux = "a", linux = "b"))]
mod lib {
    pub struct Lib;
}

fn main() {}
