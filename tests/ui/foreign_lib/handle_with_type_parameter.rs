#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    #[handle]
    struct H<T>(*mut T);
}

fn main() {}
