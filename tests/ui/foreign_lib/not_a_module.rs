#[farcall::foreign_lib]
struct Lib;

fn main() {}
