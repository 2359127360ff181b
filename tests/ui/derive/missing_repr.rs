use farcall::ForeignType;

#[derive(ForeignType)]
struct Point {
    x: f64,
}

#[derive(ForeignType)]
union Number {
    x: f64,
}

fn main() {}
