#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        async fn f();
    }
}

fn main() {}
