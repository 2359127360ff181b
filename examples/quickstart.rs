//! The tour of farcall.

fn main() {}
