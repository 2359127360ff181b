//! Records of each class, as `callback_types.c` has them.
#![allow(unsafe_code, reason = "samples promise that their bytes are values")]

use super::row::{Bytes, Sample};
use farcall::{ForeignResult, ForeignType};
use std::ffi::c_void;
use std::ptr::NonNull;

macro_rules! samples {
    ($($ty:ty),* $(,)?) => {
        $(
            // SAFETY: any bytes are such a number, or a record of numbers.
            unsafe impl Sample for $ty {}
        )*
    };
}

/// A C function without parameters.
pub(crate) type Function = Option<unsafe extern "C" fn()>;

// SAFETY: there is only one value.
unsafe impl Sample for () {}
// SAFETY: the first byte becomes 0 or 1.
unsafe impl Sample for bool {
    fn fix(bytes: &mut Bytes) {
        bytes[0] &= 1;
    }
}
samples!(i8, u8, i16, u16, i32, u32, i64, u64, isize, usize, f32, f64);
samples!(*const c_void, Option<NonNull<u8>>, Function);

macro_rules! records {
    ($($(#[$attribute:meta])* $name:ident { $($field:ident: $ty:ty),* })*) => {
        $(
            $(#[$attribute])*
            #[derive(Clone, Copy, PartialEq, Debug, ForeignType, ForeignResult)]
            pub(crate) struct $name {
                $($field: $ty),*
            }
            samples!($name);
        )*
    };
}

macro_rules! unions {
    ($($name:ident { $first:ident: $ty:ty, $($field:ident: $others:ty),* })*) => {
        $(
            #[derive(Clone, Copy, ForeignType, ForeignResult)]
            #[repr(C)]
            pub(crate) union $name {
                $first: $ty,
                $($field: $others),*
            }
            samples!($name);

            impl $name {
                fn first(&self) -> $ty {
                    // SAFETY: any bytes are such numbers.
                    unsafe { self.$first }
                }
            }

            impl PartialEq for $name {
                fn eq(&self, other: &Self) -> bool {
                    self.first() == other.first()
                }
            }

            impl std::fmt::Debug for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    self.first().fmt(f)
                }
            }
        )*
    };
}

records! {
    #[repr(C)] Byte { a: i8 }
    #[repr(C)] Three { a: [u8; 3] }
    #[repr(C)] Word { a: i16, b: f32 }
    #[repr(C)] Seven { a: [u8; 7] }
    #[repr(C)] Pair { a: i32, b: i32 }
    #[repr(C)] Single { a: f32 }
    #[repr(C)] Vector2 { a: f32, b: f32 }
    #[repr(C)] Vector3 { a: f32, b: f32, c: f32 }
    #[repr(C)] Point { a: f64, b: f64 }
    #[repr(C)] Mixed { a: f64, b: i64 }
    #[repr(C)] Padded { a: i32, b: f64 }
    #[repr(C)] Sixteen { a: [u8; 16] }
    #[repr(C)] TwoWords { a: i64, b: i64 }
    #[repr(C)] Nested { a: Pair, b: Vector2 }
    #[repr(C)] ThreeWords { a: [i64; 3] }
    #[repr(C)] FourDoubles { a: [f64; 4] }
    #[repr(C)] Odd { a: [u8; 61] }
    #[repr(C, packed)] Packed { a: u8, b: i64 }
    #[repr(C, align(16))] Aligned { a: i64, b: i64 }
    #[repr(C, align(32))] Overaligned { a: [i64; 4] }
}

unions! {
    Either { b: i32, a: f32 }
    Floats { b: [f32; 2], a: f64 }
    Overlay { a: [u8; 9], b: f64 }
}
