fn main() {
    let this = farcall::Library::this().unwrap();
    let f = this.function("int f(int)").unwrap();
    let _ = unsafe { f.call::<_, Option<extern "C" fn()>>((1,)) };
}
