use farcall::ForeignType;

#[allow(dead_code)]
struct PhantomData(u64);

#[derive(ForeignType)]
#[repr(C)]
struct Point {
    x: f64,
    hidden: PhantomData,
}

fn main() {}
