#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        #[optinal]
        fn f();
    }
}

fn main() {}
