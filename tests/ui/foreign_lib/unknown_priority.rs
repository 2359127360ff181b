#[farcall::foreign_lib(names("z"), dlopen_note(priority = "high"))]
mod lib {
    pub struct Lib;
}

fn main() {}
