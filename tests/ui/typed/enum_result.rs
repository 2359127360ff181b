#[derive(farcall::ForeignType)]
#[repr(u8)]
enum Color {
    Red,
}

fn main() {
    let this = farcall::Library::this().unwrap();
    let f = this.function("int f(int)").unwrap();
    let _ = f.typed::<unsafe extern "C" fn() -> Color>();
    let _ = Color::Red;
}
