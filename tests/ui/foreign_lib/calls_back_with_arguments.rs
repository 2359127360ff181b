#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        #[calls_back(all)]
        safe fn f();
    }
}

fn main() {}
