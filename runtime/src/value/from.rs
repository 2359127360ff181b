//! Values from Rust.
#![forbid(unsafe_code)]

use super::{KindId, OwnedValue, Value};
use crate::types::{ForeignType, Scalar};
use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

macro_rules! from_integers {
    ($($ty:ident: $wide:ty => $scalar:expr;)*) => {$(
        impl From<$ty> for Value<'_> {
            #[inline]
            fn from(value: $ty) -> Self {
                Self::raw(KindId::of_scalar($scalar), <$wide>::from(value) as u64)
            }
        }
    )*};
}

from_integers! {
    bool: u64 => Scalar::Bool;
    i8: i64 => Scalar::I8;
    u8: u64 => Scalar::U8;
    i16: i64 => Scalar::I16;
    u16: u64 => Scalar::U16;
    i32: i64 => Scalar::I32;
    u32: u64 => Scalar::U32;
    i64: i64 => Scalar::I64;
    u64: u64 => Scalar::U64;
}

impl From<isize> for Value<'_> {
    #[inline]
    fn from(value: isize) -> Self {
        Self::raw(
            KindId::of_scalar(Scalar::integer(size_of::<isize>(), true)),
            value as i64 as u64,
        )
    }
}

impl From<usize> for Value<'_> {
    #[inline]
    fn from(value: usize) -> Self {
        Self::raw(
            KindId::of_scalar(Scalar::integer(size_of::<usize>(), false)),
            value as u64,
        )
    }
}

impl From<f32> for Value<'_> {
    #[inline]
    fn from(value: f32) -> Self {
        Self::raw(KindId::of_scalar(Scalar::F32), value.to_bits().into())
    }
}

impl From<f64> for Value<'_> {
    #[inline]
    fn from(value: f64) -> Self {
        Self::raw(KindId::of_scalar(Scalar::F64), value.to_bits())
    }
}

fn pointer<'a>(address: *const c_void) -> Value<'a> {
    Value::raw(KindId::of_scalar(Scalar::Pointer), address as u64)
}

impl<T> From<*const T> for Value<'_> {
    #[inline]
    fn from(value: *const T) -> Self {
        pointer(value.cast())
    }
}

impl<T> From<*mut T> for Value<'_> {
    #[inline]
    fn from(value: *mut T) -> Self {
        pointer(value.cast())
    }
}

impl<T> From<NonNull<T>> for Value<'_> {
    #[inline]
    fn from(value: NonNull<T>) -> Self {
        pointer(value.as_ptr().cast())
    }
}

impl<T> From<Option<NonNull<T>>> for Value<'_> {
    #[inline]
    fn from(value: Option<NonNull<T>>) -> Self {
        value.map_or(Self::NULL, Self::from)
    }
}

impl<'a, T: ForeignType> From<Option<&'a T>> for Value<'a> {
    #[inline]
    fn from(value: Option<&'a T>) -> Self {
        value.map_or(Self::NULL, Self::from)
    }
}

impl<'a> From<&'a CStr> for Value<'a> {
    #[inline]
    fn from(value: &'a CStr) -> Self {
        pointer(value.as_ptr().cast())
    }
}

impl<'a, T: ForeignType> From<&'a T> for Value<'a> {
    #[inline]
    fn from(value: &'a T) -> Self {
        pointer((&raw const *value).cast())
    }
}

impl<'a, T: ForeignType> From<&'a mut T> for Value<'a> {
    #[inline]
    fn from(value: &'a mut T) -> Self {
        pointer((&raw mut *value).cast())
    }
}

impl<'a, T: ForeignType> From<&'a [T]> for Value<'a> {
    #[inline]
    fn from(value: &'a [T]) -> Self {
        pointer(value.as_ptr().cast())
    }
}

impl<'a, T: ForeignType> From<&'a mut [T]> for Value<'a> {
    #[inline]
    fn from(value: &'a mut [T]) -> Self {
        pointer(value.as_mut_ptr().cast())
    }
}

impl<'a> From<&'a OwnedValue> for Value<'a> {
    #[inline]
    fn from(value: &'a OwnedValue) -> Self {
        value.as_value()
    }
}
