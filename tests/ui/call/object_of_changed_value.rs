use farcall::{OwnedValue, RecordType};

fn main() {
    let ty = RecordType::parse("struct s { int x; }").unwrap();
    let mut value = OwnedValue::zeroed(ty);
    let object = value.as_record().unwrap();
    value.set("x", 1).unwrap();
    println!("{object}");
}
