//! What crosses as it is: numbers, pointers, references.
#![allow(
    unsafe_code,
    reason = "references become pointers, and pointers references"
)]

use super::{Absent, FromForeign, IntoForeign, NullableArgument, NullableResult};
use crate::number::Complex;
use crate::types::{ForeignResult, ForeignType};
use std::any::type_name;
use std::convert::Infallible;
use std::ffi::c_void;
use std::ptr::{self, NonNull};

/// Implements [`IntoForeign`] for types that are passed as they are.
macro_rules! passed {
    ($raw:literal $([$($generics:tt)*] $ty:ty;)*) => {$(
        // SAFETY: C gets the value itself.
        unsafe impl<__L, $($generics)*> IntoForeign<__L> for $ty {
            type C = Self;
            type Held = Self;
            type Refusal = Infallible;
            const RAW: bool = $raw;

            #[inline(always)]
            fn hold(self, _: __L) -> Result<Self, Infallible> {
                Ok(self)
            }

            #[inline(always)]
            fn give(held: &mut Self) -> Self {
                *held
            }
        }
    )*};
}

/// Implements [`FromForeign`] for types of which every bit pattern is a value.
macro_rules! returned {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        // SAFETY: every bit pattern is valid.
        unsafe impl<__L, $($generics)*> FromForeign<__L> for $ty {
            type C = Self;

            #[inline(always)]
            unsafe fn from_foreign(value: Self, _: __L) -> Result<Self, Absent> {
                Ok(value)
            }
        }
    )*};
}

/// Implements [`IntoForeign`] for what is borrowed and passed by its address.
macro_rules! borrowed {
    ($([$($generics:tt)*] $ty:ty => $pointer:ty, |$held:ident| $give:expr;)*) => {$(
        // SAFETY: C gets a pointer to what is borrowed until the call has returned.
        unsafe impl<L, $($generics)*> IntoForeign<L> for $ty {
            type C = $pointer;
            type Held = Self;
            type Refusal = Infallible;

            #[inline(always)]
            fn hold(self, _: L) -> Result<Self, Infallible> {
                Ok(self)
            }

            #[inline(always)]
            fn give($held: &mut Self) -> $pointer {
                $give
            }
        }

        impl<L, $($generics)*> NullableArgument<L> for $ty {
            #[inline(always)]
            fn null() -> $pointer {
                <$pointer as Null>::NULL
            }
        }
    )*};
}

pub(super) use borrowed;

passed! { false
    [] bool; [] i8; [] u8; [] i16; [] u16; [] i32; [] u32; [] i64; [] u64; [] isize; [] usize;
    [] i128; [] u128; [] f32; [] f64; [] Complex<f32>; [] Complex<f64>; [] char;
}

passed! { true
    [T] *const T; [T] *mut T;
}

returned! {
    [] bool; [] i8; [] u8; [] i16; [] u16; [] i32; [] u32; [] i64; [] u64; [] isize; [] usize;
    [] i128; [] u128; [] f32; [] f64; [] Complex<f32>; [] Complex<f64>;
    [T] *const T; [T] *mut T; [T: ForeignResult, const N: usize] [T; N];
}

borrowed! {
    [T: ForeignType] &T => *const T, |held| *held;
    [T: ForeignType] &[T] => *const T, |held| held.as_ptr();
    [] &c_void => *const c_void, |held| *held;
    // C may also write, and whatever it writes is valid.
    [T: ForeignResult] &mut T => *mut T, |held| *held;
    [T: ForeignResult] &mut [T] => *mut T, |held| held.as_mut_ptr();
    [] &mut c_void => *mut c_void, |held| *held;
}

// SAFETY: C gets the address itself.
unsafe impl<L, T> IntoForeign<L> for NonNull<T> {
    type C = *mut T;
    type Held = Self;
    type Refusal = Infallible;
    const RAW: bool = true;

    #[inline(always)]
    fn hold(self, _: L) -> Result<Self, Infallible> {
        Ok(self)
    }

    #[inline(always)]
    fn give(held: &mut Self) -> *mut T {
        held.as_ptr()
    }
}

impl<L, T> NullableArgument<L> for NonNull<T> {
    #[inline(always)]
    fn null() -> *mut T {
        ptr::null_mut()
    }
}

// SAFETY: null is nothing, every other bit pattern is valid.
unsafe impl<L, T> FromForeign<L> for NonNull<T> {
    type C = *mut T;

    #[inline(always)]
    unsafe fn from_foreign(value: *mut T, _: L) -> Result<Self, Absent> {
        let ty = type_name::<Self>();
        Self::new(value).ok_or(Absent::Null { ty })
    }
}

impl<L, T> NullableResult<L> for NonNull<T> {}

// SAFETY: null is nothing; the caller promises that every other address holds a `T` for as long.
unsafe impl<'a, L, T: ForeignResult> FromForeign<L> for &'a T {
    type C = *const T;

    #[inline(always)]
    unsafe fn from_foreign(value: *const T, _: L) -> Result<&'a T, Absent> {
        let ty = type_name::<Self>();
        // SAFETY: forwarded to the caller.
        unsafe { value.as_ref() }.ok_or(Absent::Null { ty })
    }
}

impl<L, T: ForeignResult> NullableResult<L> for &T {}

// SAFETY: as above, and that nobody else has it.
unsafe impl<'a, L, T: ForeignResult> FromForeign<L> for &'a mut T {
    type C = *mut T;

    #[inline(always)]
    unsafe fn from_foreign(value: *mut T, _: L) -> Result<&'a mut T, Absent> {
        let ty = type_name::<Self>();
        // SAFETY: forwarded to the caller.
        unsafe { value.as_mut() }.ok_or(Absent::Null { ty })
    }
}

impl<L, T: ForeignResult> NullableResult<L> for &mut T {}

/// A type with a value that C takes for nothing, for `#[value(null)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no null",
    label = "expected a raw pointer or an `Option`",
    note = "write the value itself, as in `#[value(0)]`"
)]
pub trait Null {
    /// It.
    const NULL: Self;
}

impl<T> Null for *const T {
    const NULL: Self = ptr::null();
}

impl<T> Null for *mut T {
    const NULL: Self = ptr::null_mut();
}

impl<T> Null for Option<T> {
    const NULL: Self = None;
}

macro_rules! functions {
    ($($param:ident)*) => {
        functions!("C": $($param)*);
        // Another type, and on 32-bit Windows another convention.
        functions!("system": $($param)*);
    };
    ($abi:literal: $($param:ident)*) => {
        functions!(@ ($($param)*) extern $abi fn($($param),*) -> R);
        functions!(@ ($($param)*) unsafe extern $abi fn($($param),*) -> R);

        // SAFETY: null is nothing; calling what came from C is unsafe.
        unsafe impl<__L, R $(, $param)*> FromForeign<__L>
            for unsafe extern $abi fn($($param),*) -> R
        {
            type C = Option<Self>;

            #[inline(always)]
            unsafe fn from_foreign(value: Option<Self>, _: __L) -> Result<Self, Absent> {
                value.ok_or(Absent::Null { ty: type_name::<Self>() })
            }
        }

        impl<__L, R $(, $param)*> NullableResult<__L> for unsafe extern $abi fn($($param),*) -> R {}
    };
    (@ ($($param:ident)*) $ty:ty) => {
        // SAFETY: C gets the function's address.
        unsafe impl<__L, R $(, $param)*> IntoForeign<__L> for $ty {
            type C = Option<Self>;
            type Held = Self;
            type Refusal = Infallible;

            #[inline(always)]
            fn hold(self, _: __L) -> Result<Self, Infallible> {
                Ok(self)
            }

            #[inline(always)]
            fn give(held: &mut Self) -> Option<Self> {
                Some(*held)
            }
        }

        impl<__L, R $(, $param)*> NullableArgument<__L> for $ty {
            #[inline(always)]
            fn null() -> Option<Self> {
                None
            }
        }
    };
}

functions!();
functions!(A);
functions!(A B);
functions!(A B C);
functions!(A B C D);
functions!(A B C D E);
functions!(A B C D E F);
functions!(A B C D E F G);
functions!(A B C D E F G H);
functions!(A B C D E F G H I);
functions!(A B C D E F G H I J);
functions!(A B C D E F G H I J K);
functions!(A B C D E F G H I J K L);
