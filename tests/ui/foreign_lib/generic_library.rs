#[farcall::foreign_lib]
mod lib {
    pub struct Lib<T>;
}

fn main() {}
