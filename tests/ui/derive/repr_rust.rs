use farcall::ForeignType;

#[derive(ForeignType)]
#[repr(Rust, packed)]
struct Point {
    x: f64,
}

fn main() {}
