use farcall::ForeignType;

#[derive(ForeignType)]
#[repr(C)]
struct Wrapper<T>(T);

fn main() {
    let _ = <Wrapper<String> as ForeignType>::TYPE;
}
