use farcall::ForeignType;

#[derive(ForeignType)]
enum Color {
    Red,
    Green,
}

fn main() {}
