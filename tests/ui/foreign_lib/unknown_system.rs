#[farcall::foreign_lib(names(linus = "libz.so"))]
mod lib {
    pub struct Lib;
}

fn main() {}
