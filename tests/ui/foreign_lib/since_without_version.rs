#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    #[since(3)]
    unsafe extern "C" {
        fn f();
    }
}

fn main() {}
