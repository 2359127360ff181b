fn main() {
    let this = farcall::Library::this().unwrap();
    let f = this.function("int f(int (*)(int))").unwrap();
    let by = 2;
    let _ = unsafe { f.call::<_, i32>((|x: i32| x + by,)) };
}
