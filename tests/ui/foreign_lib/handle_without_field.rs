#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    #[handle]
    struct H;
}

fn main() {}
