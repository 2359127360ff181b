fn main() {
    let this = farcall::Library::this().unwrap();
    let f = this.function("int f(void)").unwrap();
    let _ = f.call::<_, i32>(());
    let _ = f.call_values(&[]);
    let _ = f.buffer().call(&f);
    let _ = f.typed::<unsafe extern "C" fn() -> i32>().unwrap()();
}
