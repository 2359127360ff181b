//! Do closures over Rust types get what the C compilers pass them, and do those get the result?
//!
//! Each row is a function type of `native/callback_types.c`, which several compilers made; each is
//! asked on every engine, for closures that are confined, that change what they capture, and that
//! run on any thread.
#![cfg(all(
    not(target_env = "msvc"),
    target_arch = "x86_64",
    feature = "macros",
    any(feature = "jit", feature = "libffi")
))]

#[path = "callback_types/narrow.rs"]
mod narrow;
#[path = "callback_types/records.rs"]
mod records;
#[path = "callback_types/row.rs"]
mod row;

use farcall::Callback;
use records::*;
use row::{Row, Sampler, Types};
use std::ffi::c_void;
use std::ptr::NonNull;

/// Asks a row under one convention.
macro_rules! call {
    ($abi:literal, $name:expr, ($($p:ident: $ty:ty),*) -> $r:ty) => {{
        type Pointer = unsafe extern $abi fn($($ty),*) -> $r;
        const TYPES: Types = Types {
            params: &[$(Sampler::of::<$ty>()),*],
            result: Sampler::of::<$r>(),
        };
        for &engine in support::engines() {
            let row = Row::new($name, engine);
            let inner = row.clone();
            let closure = move |$($p: $ty),*| -> $r {
                let mut _index = 0..12;
                $(inner.argument(_index.next(), $p);)*
                inner.result()
            };
            let builder = || Callback::builder().engine(engine);
            let confined = builder().from_fn::<Pointer, _>(closure.clone());
            row.check("from_fn", confined, &TYPES);
            let changing = builder().from_fn_mut::<Pointer, _>(closure.clone());
            row.check("from_fn_mut", changing, &TYPES);
            let anywhere = builder().any_thread().from_fn::<Pointer, _>(closure);
            row.check("any_thread", anywhere, &TYPES);
        }
    }};
}

/// Asks a row under both conventions.
macro_rules! row {
    ($name:expr, $($type:tt)*) => {
        call!("C", concat!("c_", $name), $($type)*);
        call!("win64", concat!("win64_", $name), $($type)*);
    };
}

macro_rules! scalars {
    ($($test:ident: $name:literal $ty:ty;)*) => {
        $(#[test]
        fn $test() {
            row!(concat!($name, "_1"), (a: $ty) -> $ty);
            row!(concat!($name, "_5"), (a: $ty, b: $ty, c: $ty, d: $ty, e: $ty) -> $ty);
            row!(
                concat!($name, "_12"),
                (a: $ty, b: $ty, c: $ty, d: $ty, e: $ty, f: $ty,
                 g: $ty, h: $ty, i: $ty, j: $ty, k: $ty, l: $ty) -> $ty
            );
        })*
    };
}

scalars! {
    are_bools_right_in_registers_and_on_the_stack: "bool" bool;
    are_signed_bytes_right: "i8" i8;
    are_bytes_right: "u8" u8;
    are_signed_16_bits_right: "i16" i16;
    are_16_bits_right: "u16" u16;
    are_signed_32_bits_right: "i32" i32;
    are_32_bits_right: "u32" u32;
    are_signed_64_bits_right: "i64" i64;
    are_64_bits_right: "u64" u64;
    are_differences_right: "isize" isize;
    are_sizes_right: "usize" usize;
    are_floats_right: "f32" f32;
    are_doubles_right: "f64" f64;
    are_pointers_right: "pointer" *const c_void;
    are_pointers_that_may_be_null_right: "maybe" Option<NonNull<u8>>;
    are_function_pointers_right: "function" Function;
}

macro_rules! records {
    ($($test:ident: $name:literal $ty:ty;)*) => {
        $(#[test]
        fn $test() {
            row!(concat!($name, "_alone"), (a: $ty) -> $ty);
            row!(
                concat!($name, "_among"),
                (a: i8, b: $ty, c: f32, d: $ty, e: i64, f: $ty,
                 g: f64, h: $ty, i: i32, j: $ty, k: u16, l: $ty) -> $ty
            );
        })*
    };
}

records! {
    is_a_record_of_a_byte_right: "byte" Byte;
    is_a_record_of_3_bytes_right: "three" Three;
    is_a_record_of_an_integer_and_a_float_in_one_word_right: "word" Word;
    is_a_record_of_7_bytes_right: "seven" Seven;
    is_a_record_of_two_integers_in_one_word_right: "pair" Pair;
    is_a_record_of_a_float_right: "single" Single;
    is_a_record_of_two_floats_right: "vector2" Vector2;
    is_a_record_of_three_floats_right: "vector3" Vector3;
    is_a_record_of_two_doubles_right: "point" Point;
    is_a_record_in_registers_of_both_kinds_right: "mixed" Mixed;
    is_a_record_with_padding_right: "padded" Padded;
    is_a_record_of_16_bytes_right: "sixteen" Sixteen;
    is_a_record_of_two_words_right: "two_words" TwoWords;
    is_a_record_of_records_right: "nested" Nested;
    is_a_record_of_three_words_right: "three_words" ThreeWords;
    is_a_record_of_four_doubles_right: "four_doubles" FourDoubles;
    is_a_record_of_61_bytes_right: "odd" Odd;
    is_a_packed_record_right: "packed" Packed;
    is_an_aligned_record_right: "aligned" Aligned;
    is_a_record_aligned_to_32_right_or_refused: "overaligned" Overaligned;
    is_a_union_of_a_float_and_an_integer_right: "either" Either;
    is_a_union_of_floats_right: "floats" Floats;
    is_a_union_with_an_array_right: "overlay" Overlay;
}

macro_rules! arities {
    ($($test:ident: $name:literal $type:tt -> $r:ty;)*) => {
        $(#[test]
        fn $test() {
            row!($name, $type -> $r);
            #[cfg(not(windows))]
            call!("sysv64", concat!("c_", $name), $type -> $r);
            call!("system", concat!("c_", $name), $type -> $r);
        })*
    };
}

arities! {
    is_nothing_right: "nothing" () -> ();
    is_no_parameter_right: "arity_0" () -> i64;
    is_1_parameter_right: "arity_1" (a: i32) -> ();
    are_2_parameters_right: "arity_2" (a: i8, b: f64) -> f64;
    are_3_parameters_right: "arity_3" (a: *const c_void, b: f32, c: u16) -> ThreeWords;
    are_4_parameters_right: "arity_4" (a: i64, b: i64, c: i64, d: i64) -> i8;
    are_5_parameters_right: "arity_5" (a: Pair, b: i64, c: Point, d: u8, e: i32) -> f32;
    are_6_parameters_right:
        "arity_6" (a: i64, b: u32, c: i64, d: bool, e: i64, f: i16) -> TwoWords;
    are_7_parameters_right:
        "arity_7" (a: ThreeWords, b: i64, c: f32, d: i64, e: i64, f: Vector3, g: i64) -> ();
    are_8_parameters_right:
        "arity_8" (a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64, h: f64) -> u16;
    are_9_parameters_right:
        "arity_9" (a: f32, b: f64, c: f32, d: f64, e: f32, f: f64, g: f32, h: f64, i: f32) -> Point;
    are_10_parameters_right:
        "arity_10" (a: i8, b: f64, c: i16, d: f32, e: i32, f: f64, g: i64, h: f32, i: bool,
                    j: Point) -> Mixed;
    are_11_parameters_right:
        "arity_11" (a: Pair, b: Pair, c: Pair, d: Pair, e: Pair, f: Pair, g: Pair, h: Point,
                    i: Point, j: Point, k: Point) -> Sixteen;
    are_12_parameters_right:
        "arity_12" (a: i64, b: f64, c: i64, d: f64, e: i64, f: f64, g: i64, h: f64, i: i64, j: f64,
                    k: i64, l: i8) -> bool;
}
