#[farcall::foreign_lib(prefix = "z_")]
mod lib {
    pub struct Lib;
    unsafe extern "C" {
        safe fn z_load();
    }
}

fn main() {}
