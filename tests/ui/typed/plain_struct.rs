#[derive(Clone, Copy)]
struct Point(i32, i32);

fn main() {
    let this = farcall::Library::this().unwrap();
    let f = this.function("int f(int)").unwrap();
    let _ = f.typed::<unsafe extern "C" fn(Point) -> i32>();
    let _ = Point(0, 0);
}
