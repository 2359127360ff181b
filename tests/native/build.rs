//! Compiles the C library under test.

fn main() {
    println!("cargo::rerun-if-changed=tests/native");
}
