#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        #[null_is_error]
        safe fn f();
    }
}

fn main() {}
