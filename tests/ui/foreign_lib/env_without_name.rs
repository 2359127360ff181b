#[farcall::foreign_lib(env = "Z")]
mod lib {
    pub struct Lib;
}

fn main() {}
