#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        #[out]
        fn f();
    }
}

fn main() {}
