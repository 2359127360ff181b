#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        #[status(ok = 0)]
        safe fn f();
    }
}

fn main() {}
