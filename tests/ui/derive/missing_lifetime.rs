use farcall::ForeignType;

#[derive(ForeignType)]
#[repr(C)]
struct Line {
    from: &f64,
}

fn main() {}
