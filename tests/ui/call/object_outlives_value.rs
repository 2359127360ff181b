use farcall::{OwnedValue, RecordType};

fn main() {
    let ty = RecordType::parse("struct s { int x; }").unwrap();
    let object = {
        let value = OwnedValue::zeroed(ty);
        value.as_record().unwrap().get("x").unwrap()
    };
    println!("{object}");
}
