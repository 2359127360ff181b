fn main() {
    let this = farcall::Library::this().unwrap();
    let v = this.variable("int *v").unwrap();
    let _ = unsafe { v.get::<&'static i32>() };
    let _ = unsafe { v.get::<char>() };
}
