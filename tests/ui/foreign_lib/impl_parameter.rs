#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        fn f(x: impl Copy);
    }
}

fn main() {}
