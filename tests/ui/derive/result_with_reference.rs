use farcall::{ForeignResult, ForeignType};

#[derive(ForeignType, ForeignResult)]
#[repr(C)]
struct View<'a> {
    len: usize,
    first: &'a u8,
}

fn main() {}
