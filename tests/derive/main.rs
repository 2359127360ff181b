//! Do the derives describe Rust types as C sees them?
#![cfg(feature = "macros")]
// What the derives write must compile in programs that are strict.
#![deny(
    unsafe_code,
    missing_docs,
    dead_code,
    unused_qualifications,
    unreachable_pub,
    deprecated,
    elided_lifetimes_in_paths,
    single_use_lifetimes,
    unused_lifetimes,
    missing_debug_implementations,
    non_camel_case_types,
    non_snake_case,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block
)]
#![allow(
    dead_code,
    missing_debug_implementations,
    reason = "the types are described, never made"
)]

mod names;

use farcall::{ForeignRecord, ForeignResult, ForeignType, RecordKind, RustType, Scalar};
use std::ffi::{c_char, c_int, c_void};
use std::marker::PhantomData;

/// The description of a record, which must build to the same C layout.
fn record<T: ForeignType>() -> &'static ForeignRecord {
    let RustType::Record(record) = T::TYPE else {
        panic!("{:?} is no record", T::TYPE);
    };
    assert_eq!(
        (record.size, record.align),
        (size_of::<T>(), align_of::<T>())
    );
    let built = record.to_record_type().expect("a C layout");
    assert_eq!(built.size(), record.size as u64);
    assert_eq!(built.align(), record.align as u64);
    assert_eq!(built.record_kind(), record.kind);
    let built: Vec<_> = built
        .fields()
        .iter()
        .map(|f| (f.name(), f.offset()))
        .collect();
    let described = record.fields.iter();
    let described: Vec<_> = described.map(|f| (Some(f.name), f.offset as u64)).collect();
    assert_eq!(built, described);
    record
}

fn fields<T: ForeignType>() -> Vec<(&'static str, usize)> {
    let fields = record::<T>().fields.iter();
    fields.map(|field| (field.name, field.offset)).collect()
}

fn comes_from_c<T: ForeignResult>() {}

#[derive(ForeignType, ForeignResult)]
#[repr(C)]
struct Entry {
    tag: u8,
    value: f64,
    ok: bool,
    next: *mut Self,
}

#[test]
fn named_fields_lie_where_c_puts_them() {
    assert_eq!(
        fields::<Entry>(),
        [("tag", 0), ("value", 8), ("ok", 16), ("next", 24)]
    );
    assert_eq!(record::<Entry>().name, "Entry");
    assert_eq!(record::<Entry>().kind, RecordKind::Struct);
    assert_eq!(
        record::<Entry>().fields[2].ty,
        RustType::Scalar(Scalar::Bool)
    );
    comes_from_c::<Entry>();
}

#[derive(ForeignType, ForeignResult)]
#[repr(C)]
struct Pair(i16, i64);

#[test]
fn tuple_fields_are_numbered() {
    assert_eq!(fields::<Pair>(), [("0", 0), ("1", 8)]);
    comes_from_c::<Pair>();
}

#[derive(ForeignType, ForeignResult)]
#[repr(C, packed)]
struct Packed {
    tag: u8,
    value: u64,
    last: u16,
}

#[derive(ForeignType, ForeignResult)]
#[repr(C)]
#[repr(packed(2))]
struct PackedTwo {
    tag: u8,
    value: u64,
}

#[test]
fn packed_fields_lie_close() {
    assert_eq!(fields::<Packed>(), [("tag", 0), ("value", 1), ("last", 9)]);
    assert_eq!(record::<Packed>().align, 1);
    assert_eq!(fields::<PackedTwo>(), [("tag", 0), ("value", 2)]);
    assert_eq!(record::<PackedTwo>().size, 10);
}

#[derive(ForeignType, ForeignResult)]
#[repr(C, align(32))]
struct Aligned {
    value: u32,
}

#[derive(ForeignType)]
#[repr(C)]
struct HoldsAligned {
    first: u8,
    second: Aligned,
}

#[test]
fn alignment_is_carried_over() {
    assert_eq!(
        (record::<Aligned>().size, record::<Aligned>().align),
        (32, 32)
    );
    assert_eq!(fields::<HoldsAligned>(), [("first", 0), ("second", 32)]);
}

#[derive(ForeignType, ForeignResult, Clone, Copy)]
#[repr(C)]
union Number {
    int: i32,
    float: f64,
    bytes: [u8; 12],
}

#[test]
fn union_fields_share_their_place() {
    assert_eq!(fields::<Number>(), [("int", 0), ("float", 0), ("bytes", 0)]);
    assert_eq!(record::<Number>().kind, RecordKind::Union);
    assert_eq!(record::<Number>().size, 16);
    comes_from_c::<Number>();
}

#[derive(ForeignType, ForeignResult)]
#[repr(C)]
struct Outer {
    kind: c_char,
    inner: [Pair; 3],
    number: Number,
    grid: [[u16; 2]; 2],
    callback: Option<unsafe extern "C" fn(*mut c_void) -> c_int>,
}

#[test]
fn records_and_arrays_nest() {
    assert_eq!(
        fields::<Outer>(),
        [
            ("kind", 0),
            ("inner", 8),
            ("number", 56),
            ("grid", 72),
            ("callback", 80)
        ]
    );
    assert_eq!(record::<Outer>().fields[3].ty.size(), 8);
    assert_eq!(record::<Outer>().fields[1].ty.to_string(), "[Pair; 3]");
}

#[derive(ForeignType, ForeignResult)]
#[repr(C)]
struct Slice<T, const N: usize>
where
    T: Copy,
{
    len: usize,
    inline: [T; N],
    rest: *const T,
}

/// A parameter that only a raw pointer holds may be anything.
#[derive(ForeignType, ForeignResult)]
#[repr(C)]
struct List<T> {
    head: *mut T,
    len: usize,
}

#[test]
fn generic_records_are_described_for_each_type() {
    assert_eq!(
        fields::<Slice<u8, 3>>(),
        [("len", 0), ("inline", 8), ("rest", 16)]
    );
    assert_eq!(
        fields::<Slice<f64, 2>>(),
        [("len", 0), ("inline", 8), ("rest", 24)]
    );
    assert_eq!(fields::<List<String>>(), [("head", 0), ("len", 8)]);
    comes_from_c::<Slice<u8, 3>>();
    comes_from_c::<List<String>>();
}

#[derive(ForeignType)]
#[repr(C)]
struct Node<'a, T> {
    value: &'a T,
    next: Option<&'a Node<'a, T>>,
}

#[derive(ForeignType)]
#[repr(C)]
struct Chain<'a> {
    next: Option<&'a Self>,
}

#[derive(ForeignType, ForeignResult)]
#[repr(C)]
struct View<'a> {
    data: *const u8,
    len: usize,
    bytes: PhantomData<&'a [u8]>,
}

#[test]
fn references_go_to_c_and_markers_are_not_seen() {
    let pointer = RustType::Scalar(Scalar::Pointer);
    assert_eq!(fields::<Node<'_, u8>>(), [("value", 0), ("next", 8)]);
    assert_eq!(record::<Node<'_, u8>>().fields[1].ty, pointer);
    assert_eq!(fields::<Chain<'_>>(), [("next", 0)]);
    assert_eq!(fields::<View<'_>>(), [("data", 0), ("len", 8)]);
    comes_from_c::<View<'_>>();
}

#[derive(ForeignType, ForeignResult)]
#[repr(transparent)]
struct Celsius(f32);

#[derive(ForeignType, ForeignResult)]
#[repr(transparent)]
struct Id<Kind: ?Sized> {
    kind: PhantomData<fn() -> Kind>,
    number: u32,
}

#[derive(ForeignType, ForeignResult)]
#[repr(transparent)]
struct Wrapped<T>(T);

#[test]
fn transparent_structs_are_their_field() {
    assert_eq!(Celsius::TYPE, f32::TYPE);
    assert_eq!(Id::<str>::TYPE, u32::TYPE);
    assert_eq!(Wrapped::<Pair>::TYPE, Pair::TYPE);
    comes_from_c::<Wrapped<Id<str>>>();
}

#[derive(ForeignType)]
#[repr(u8)]
enum Small {
    A,
    B = 200,
}

#[derive(ForeignType)]
#[repr(i64)]
enum Wide {
    A = -1,
}

#[derive(ForeignType)]
#[repr(C)]
enum Plain {
    A,
    B,
}

#[test]
fn enums_are_their_integer() {
    assert_eq!(Small::TYPE, u8::TYPE);
    assert_eq!(Wide::TYPE, i64::TYPE);
    assert_eq!(Plain::TYPE, c_int::TYPE);
}
