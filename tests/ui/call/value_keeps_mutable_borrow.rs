use farcall::Value;

fn main() {
    let mut number = 1;
    let value = Value::from(&mut number);
    number += 1;
    println!("{value}");
}
