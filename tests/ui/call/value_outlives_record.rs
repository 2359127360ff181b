use farcall::{RecordType, Value};

fn main() {
    let ty = RecordType::parse("struct s { int x; }").unwrap();
    let value = {
        let bytes = vec![0; 4];
        Value::record(ty, &bytes).unwrap()
    };
    println!("{value}");
}
