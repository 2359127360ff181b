use farcall::{ForeignResult, ForeignType};

#[derive(ForeignType, ForeignResult)]
#[repr(C)]
struct Letter {
    bold: bool,
    letter: char,
}

fn main() {}
