#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        #[calls_back]
        safe fn f();
    }
}

fn main() {}
