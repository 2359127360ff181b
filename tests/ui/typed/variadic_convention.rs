fn main() {
    let this = farcall::Library::this().unwrap();
    let f = this.function("int f(int, ...)").unwrap();
    let _ = f.typed::<unsafe extern "win64" fn(i32, ...) -> i32>();
}
