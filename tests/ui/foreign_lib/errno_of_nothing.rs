#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        #[errno(on = -1)]
        safe fn f();
    }
}

fn main() {}
