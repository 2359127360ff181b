use farcall::ForeignType;
use std::marker::PhantomData;

#[derive(ForeignType)]
#[repr(C)]
struct Unit;

#[derive(ForeignType)]
#[repr(C)]
struct Tag<T>(PhantomData<T>);

fn main() {}
