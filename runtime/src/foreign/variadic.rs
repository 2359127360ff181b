//! Calls of variadic functions.
//!
//! Guarantee: rustc makes the call as C does, with every argument promoted as C promotes it.
#![allow(unsafe_code, reason = "an address becomes a variadic function pointer")]

use crate::types::ForeignType;
use std::ffi::{CStr, c_char, c_int, c_void};

/// A value that may be passed in place of `...`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed in place of `...`",
    label = "C cannot take this without knowing its type",
    note = "pass an integer, a float, a pointer, a reference or `&CStr`"
)]
pub trait VariadicArgument {
    /// What C gets after its default argument promotions.
    type C: ForeignType;

    /// It as what C gets.
    fn promote(self) -> Self::C;
}

macro_rules! promoted {
    ($([$($generics:tt)*] $ty:ty => $c:ty, $value:ident, $promoted:expr;)*) => {$(
        impl<$($generics)*> VariadicArgument for $ty {
            type C = $c;

            #[inline(always)]
            fn promote(self) -> $c {
                let $value = self;
                $promoted
            }
        }
    )*};
}

promoted! {
    [] bool => c_int, value, value.into();
    [] i8 => c_int, value, value.into();
    [] u8 => c_int, value, value.into();
    [] i16 => c_int, value, value.into();
    [] u16 => c_int, value, value.into();
    [] i32 => i32, value, value;
    [] u32 => u32, value, value;
    [] i64 => i64, value, value;
    [] u64 => u64, value, value;
    [] i128 => i128, value, value;
    [] u128 => u128, value, value;
    [] isize => isize, value, value;
    [] usize => usize, value, value;
    [] f32 => f64, value, value.into();
    [] f64 => f64, value, value;
    [T] *const T => *const T, value, value;
    [T] *mut T => *mut T, value, value;
    [T: ForeignType] &T => *const T, value, value;
    [T: ForeignType] &mut T => *mut T, value, value;
    [T: ForeignType] &[T] => *const T, value, value.as_ptr();
    [T: ForeignType] &mut [T] => *mut T, value, value.as_mut_ptr();
    [] &CStr => *const c_char, value, value.as_ptr();
    [] Option<&CStr> => *const c_char, value, value.map_or(std::ptr::null(), CStr::as_ptr);
}

/// What may be passed in place of `...`: one value, or a tuple of up to 8.
///
/// A declared function that ends in `...` has a method whose last parameter is of such a type. C
/// gets each value after the default argument promotions, as from a C compiler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed in place of `...`",
    label = "expected one value, or a tuple of up to 8 values",
    note = "pass integers, floats, pointers, references or `&CStr`; write `()` for nothing"
)]
pub trait VariadicArguments: sealed::Sealed {
    /// Calls `target` with these arguments after the fixed ones.
    ///
    /// # Safety
    /// `target` is a variadic function with these fixed parameters, this result, and an
    /// understanding of the further arguments.
    #[doc(hidden)]
    unsafe fn call_variadic<Fixed: FixedArguments, Out>(
        self,
        target: *const c_void,
        fixed: Fixed,
    ) -> Out;
}

mod sealed {
    pub trait Sealed {}
}

impl<T: VariadicArgument> sealed::Sealed for T {}
impl<T: VariadicArgument> VariadicArguments for T {
    #[inline(always)]
    unsafe fn call_variadic<Fixed: FixedArguments, Out>(
        self,
        target: *const c_void,
        fixed: Fixed,
    ) -> Out {
        // SAFETY: forwarded to the caller.
        unsafe { (self,).call_variadic(target, fixed) }
    }
}

/// The arguments before `...`: a tuple of up to 6.
pub trait FixedArguments {
    /// The tuple with the further arguments behind it.
    ///
    /// # Safety
    /// As [`VariadicArguments::call_variadic`].
    unsafe fn call_with<Further: FurtherArguments, Out>(
        self,
        target: *const c_void,
        further: Further,
    ) -> Out;
}

/// The promoted arguments in place of `...`: a tuple of up to 8.
#[allow(
    clippy::missing_safety_doc,
    reason = "as `VariadicArguments::call_variadic`"
)]
#[allow(clippy::too_many_arguments, reason = "one for each of C")]
pub trait FurtherArguments {
    unsafe fn after1<O, A: ForeignType>(self, target: *const c_void, a: A) -> O;
    unsafe fn after2<O, A: ForeignType, B: ForeignType>(
        self,
        target: *const c_void,
        a: A,
        b: B,
    ) -> O;
    unsafe fn after3<O, A: ForeignType, B: ForeignType, C: ForeignType>(
        self,
        target: *const c_void,
        a: A,
        b: B,
        c: C,
    ) -> O;
    unsafe fn after4<O, A: ForeignType, B: ForeignType, C: ForeignType, D: ForeignType>(
        self,
        target: *const c_void,
        a: A,
        b: B,
        c: C,
        d: D,
    ) -> O;
    unsafe fn after5<
        O,
        A: ForeignType,
        B: ForeignType,
        C: ForeignType,
        D: ForeignType,
        E: ForeignType,
    >(
        self,
        target: *const c_void,
        a: A,
        b: B,
        c: C,
        d: D,
        e: E,
    ) -> O;
    unsafe fn after6<
        O,
        A: ForeignType,
        B: ForeignType,
        C: ForeignType,
        D: ForeignType,
        E: ForeignType,
        F: ForeignType,
    >(
        self,
        target: *const c_void,
        a: A,
        b: B,
        c: C,
        d: D,
        e: E,
        f: F,
    ) -> O;
}

macro_rules! fixed {
    ($method:ident: $($param:ident)*) => {
        impl<$($param: ForeignType),*> FixedArguments for ($($param,)*) {
            #[inline(always)]
            #[allow(non_snake_case, reason = "a value is named like its type")]
            unsafe fn call_with<Further: FurtherArguments, Out>(
                self,
                target: *const c_void,
                further: Further,
            ) -> Out {
                let ($($param,)*) = self;
                // SAFETY: forwarded to the caller.
                unsafe { further.$method(target $(, $param)*) }
            }
        }
    };
}

fixed!(after1: A);
fixed!(after2: A B);
fixed!(after3: A B C);
fixed!(after4: A B C D);
fixed!(after5: A B C D E);
fixed!(after6: A B C D E F);

macro_rules! after {
    ($method:ident [$($param:ident $value:ident)*] [$($arg:ident)*]) => {
        #[inline(always)]
        #[allow(non_snake_case, reason = "a value is named like its type")]
        unsafe fn $method<Out $(, $param: ForeignType)*>(
            self,
            target: *const c_void
            $(, $value: $param)*
        ) -> Out {
            type Target<Out, $($param),*> = unsafe extern "C" fn($($param,)* ...) -> Out;
            // SAFETY: the caller promises that a function of this type lies there.
            let target: Target<Out, $($param),*> = unsafe { std::mem::transmute(target) };
            let ($($arg,)*) = self;
            // SAFETY: forwarded to the caller.
            unsafe { target($($value,)* $($arg),*) }
        }
    };
}

macro_rules! arguments {
    ($($arg:ident)*) => {
        impl<$($arg: ForeignType),*> FurtherArguments for ($($arg,)*) {
            after!(after1 [A a] [$($arg)*]);
            after!(after2 [A a B b] [$($arg)*]);
            after!(after3 [A a B b C c] [$($arg)*]);
            after!(after4 [A a B b C c D d] [$($arg)*]);
            after!(after5 [A a B b C c D d E e] [$($arg)*]);
            after!(after6 [A a B b C c D d E e F f] [$($arg)*]);
        }

        impl<$($arg: VariadicArgument),*> sealed::Sealed for ($($arg,)*) {}
        impl<$($arg: VariadicArgument),*> VariadicArguments for ($($arg,)*) {
            #[inline(always)]
            #[allow(non_snake_case, reason = "a value is named like its type")]
            unsafe fn call_variadic<Fixed: FixedArguments, Out>(
                self,
                target: *const c_void,
                fixed: Fixed,
            ) -> Out {
                let ($($arg,)*) = self;
                // SAFETY: forwarded to the caller.
                unsafe { fixed.call_with(target, ($($arg.promote(),)*)) }
            }
        }
    };
}

arguments!();
arguments!(A1);
arguments!(A1 A2);
arguments!(A1 A2 A3);
arguments!(A1 A2 A3 A4);
arguments!(A1 A2 A3 A4 A5);
arguments!(A1 A2 A3 A4 A5 A6);
arguments!(A1 A2 A3 A4 A5 A6 A7);
arguments!(A1 A2 A3 A4 A5 A6 A7 A8);
