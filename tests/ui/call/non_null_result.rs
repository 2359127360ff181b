fn main() {
    let this = farcall::Library::this().unwrap();
    let f = this.function("int f(int)").unwrap();
    let _ = unsafe { f.call::<_, std::ptr::NonNull<u8>>((1,)) };
}
