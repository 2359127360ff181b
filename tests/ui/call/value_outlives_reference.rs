use farcall::Value;

fn main() {
    let value = {
        let number = 5;
        Value::from(&number)
    };
    println!("{value}");
}
