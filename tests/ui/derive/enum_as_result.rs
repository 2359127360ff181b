use farcall::{ForeignResult, ForeignType};

#[derive(ForeignType, ForeignResult)]
#[repr(u8)]
enum Color {
    Red,
    Green,
}

fn main() {}
