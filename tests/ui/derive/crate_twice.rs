use farcall::ForeignType;

#[derive(ForeignType)]
#[foreign(crate = farcall, crate = other)]
#[repr(C)]
struct Point(f64);

fn main() {}
