#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        #[symbol(older)]
        fn f();
    }
}

fn main() {}
