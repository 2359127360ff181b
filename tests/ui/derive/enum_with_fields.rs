use farcall::ForeignType;

#[derive(ForeignType)]
#[repr(C)]
enum Shape {
    Empty,
    Circle(f64),
    Square { side: f64 },
}

fn main() {}
