#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    #[since("2")]
    unsafe extern "C" {
        #[optional]
        fn f();
    }
}

fn main() {}
