#[farcall::foreign_lib(names("z"), unsafe(lode))]
mod lib {
    pub struct Lib;
}

fn main() {}
