use farcall::ForeignType;

#[derive(ForeignType)]
#[repr(transparent)]
struct Meters(f64, ());

fn main() {}
