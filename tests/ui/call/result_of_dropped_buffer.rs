use farcall::{CallBuffer, FnType};

fn main() {
    let ty = FnType::parse("int f(int)").unwrap();
    let buffer = CallBuffer::new(ty);
    let result = buffer.result();
    drop(buffer);
    println!("{result}");
}
