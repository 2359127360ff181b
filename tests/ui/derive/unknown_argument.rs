use farcall::{ForeignResult, ForeignType};

#[derive(ForeignType, ForeignResult)]
#[foreign(krate = farcall)]
#[repr(C)]
struct Point {
    #[foreign(skip)]
    x: f64,
}

fn main() {}
