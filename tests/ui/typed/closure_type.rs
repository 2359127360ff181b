fn main() {
    let this = farcall::Library::this().unwrap();
    let f = this.function("int f(int)").unwrap();
    let _ = f.typed::<Box<dyn Fn(i32) -> i32>>();
}
