#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    #[lazy]
    unsafe extern "C" {
        #[optional]
        fn f();
    }
}

fn main() {}
