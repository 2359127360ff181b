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

#[derive(ForeignType)]
#[repr(C)]
struct r#Raw {
    r#type: u8,
    r#match: Small,
}

#[test]
fn raw_names_lose_their_prefix() {
    assert_eq!(fields::<Raw>(), [("type", 0), ("match", 1)]);
    assert_eq!(record::<Raw>().name, "Raw");
}

/// What `crate = path` must lead to, with traits that only this path has.
#[allow(unsafe_code, reason = "the traits are unsafe")]
mod elsewhere {
    pub(crate) use farcall::{Absent, ForeignRecord, RecordKind, RustField, RustType};

    /// # Safety
    /// None is needed: nothing is passed to C.
    pub(crate) unsafe trait IntoForeign<L>: Sized {
        type C;
        type Held;
        type Refusal;
        fn hold(self, library: L) -> Result<Self::Held, Self::Refusal>;
        fn give(held: &mut Self::Held) -> Self::C;
    }
    /// # Safety
    /// As above.
    pub(crate) unsafe trait FromForeign<L>: Sized {
        type C;
        /// # Safety
        /// As above.
        unsafe fn from_foreign(value: Self::C, library: L) -> Result<Self, Absent>;
    }

    /// # Safety
    /// None is needed: nothing is passed to C.
    pub(crate) unsafe trait ForeignType {
        const TYPE: RustType;
    }
    // SAFETY: nothing is passed to C.
    unsafe impl ForeignType for u8 {
        const TYPE: RustType = <u8 as farcall::ForeignType>::TYPE;
    }
    /// # Safety
    /// As above.
    pub(crate) unsafe trait ForeignResult: ForeignType {}
    // SAFETY: as above.
    unsafe impl ForeignResult for u8 {}
}

#[derive(ForeignType, ForeignResult)]
#[foreign(crate = crate::elsewhere)]
#[repr(C)]
struct Moved {
    x: u8,
}

#[test]
fn the_crate_may_be_elsewhere() {
    fn check<T: elsewhere::ForeignResult>() {}
    check::<Moved>();
    let ty = <Moved as elsewhere::ForeignType>::TYPE;
    assert_eq!(ty.to_string(), "Moved");
}

/// Names that the generated code must not take for its own.
#[allow(non_camel_case_types, reason = "hostile on purpose")]
mod hostile {
    mod core {}
    mod farcall {}
    struct Sized;
    struct RustType;
    type u8 = ::core::primitive::u16;

    #[derive(::farcall::ForeignType, ::farcall::ForeignResult)]
    #[repr(C)]
    pub(super) struct Hostile<T, ForeignType> {
        name: u8,
        check: T,
        other: ForeignType,
    }

    #[derive(::farcall::ForeignType)]
    #[repr(u8)]
    pub(super) enum Storage {
        A,
    }
}

#[test]
fn names_around_the_type_do_not_matter() {
    assert_eq!(
        fields::<hostile::Hostile<u32, bool>>(),
        [("name", 0), ("check", 4), ("other", 8)]
    );
    assert_eq!(hostile::Storage::TYPE, u8::TYPE);
}

#[derive(ForeignType)]
#[repr(C)]
struct Old {
    #[deprecated]
    x: u8,
}

#[test]
fn deprecated_fields_are_described_without_a_warning() {
    assert_eq!(fields::<Old>(), [("x", 0)]);
}
