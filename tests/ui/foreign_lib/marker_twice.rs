#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        #[optional]
        #[optional]
        fn f();
    }
}

fn main() {}
