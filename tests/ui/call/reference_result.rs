fn main() {
    let this = farcall::Library::this().unwrap();
    let f = this.function("int f(int)").unwrap();
    let _ = unsafe { f.call::<_, &'static i32>((1,)) };
}
