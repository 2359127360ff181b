use farcall::values;

fn main() {
    let bytes = vec![0u8; 4];
    let list = values![&bytes[..], 4];
    drop(bytes);
    println!("{list:?}");
}
