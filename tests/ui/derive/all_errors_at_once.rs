use farcall::ForeignType;

#[derive(ForeignType)]
#[foreign(path = farcall)]
enum Shape {
    Circle(f64),
    Square { side: f64 },
}

fn takes<T: ForeignType>(_: T) {}

fn main() {
    takes(Shape::Circle(1.0));
}
