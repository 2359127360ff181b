#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        fn f() -> impl Copy;
    }
}

fn main() {}
