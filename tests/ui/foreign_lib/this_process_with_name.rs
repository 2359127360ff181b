#[farcall::foreign_lib(this_process, names("z"))]
mod lib {
    pub struct Lib;
}

fn main() {}
