#[farcall::foreign_lib(part_of = crate::Other, names("z"))]
mod lib {
    pub struct Lib;
}

fn main() {}
