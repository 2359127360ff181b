use farcall::ForeignType;

#[derive(ForeignType)]
#[repr(u128)]
enum Color {
    Red,
    Green,
}

fn main() {}
