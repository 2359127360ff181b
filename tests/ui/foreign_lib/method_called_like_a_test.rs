#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        #[optional]
        safe fn f();
        safe fn has_f() -> bool;
    }
}

fn main() {}
