use farcall::ForeignFn;

fn bind<F: ForeignFn>(_: F) {}

fn main() {
    let by = 2;
    bind(|x: i32| x + by);
}
