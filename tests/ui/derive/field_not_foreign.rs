use farcall::ForeignType;

#[derive(ForeignType)]
#[repr(C)]
struct Named {
    name: String,
    id: u32,
}

fn main() {}
