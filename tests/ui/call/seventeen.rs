fn main() {
    let this = farcall::Library::this().unwrap();
    let f = this.function("int f(int)").unwrap();
    let _ = unsafe { f.call::<_, i32>((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)) };
}
