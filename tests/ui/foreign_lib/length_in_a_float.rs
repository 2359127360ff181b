#[farcall::foreign_lib]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        safe fn f(x: &[u8], #[len_of(x)] n: f64);
    }
}

fn main() {}
