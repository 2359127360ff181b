//! Does a result of less than 32 bits arrive extended to 32?
//!
//! Engines extend all that they hand back. A stub that goes straight to the code of a typed closure
//! leaves it to rustc, which returns as its own `extern` functions do: System V callers extend by
//! themselves, whichever compiler made them.
#![allow(
    unsafe_code,
    reason = "callbacks are called as functions of wider results"
)]

use farcall::{Callback, Engine, FnType};
use std::ffi::c_void;

/// Asks closures that return this, of a type that C calls `$text`: over values, and typed ones of
/// which few parameters leave the stub a register for the record, and many leave none.
macro_rules! narrow {
    ($abi:literal, $text:expr, $ty:ty: $($value:expr),*) => {
        for &engine in support::engines() {
            for value in [$($value),*] {
                if cfg!(windows) && $abi == "sysv64" && engine == Engine::Libffi {
                    continue; // which refuses it
                }
                let bits = i64::from(value) as u32;
                let builder = || Callback::builder().engine(engine);
                let ty = FnType::parse($text).expect($text);
                let values = builder().new(ty, move |_| value).expect($text);
                let few = builder().from_fn(move |_: i64| value);
                let few: Callback<unsafe extern $abi fn(i64) -> $ty> = few.expect($text);
                let many = move |_: i64, _: i64, _: i64, _: i64, _: i64, _: i64, _: i64| value;
                let many: Callback<
                    unsafe extern $abi fn(i64, i64, i64, i64, i64, i64, i64) -> $ty
                > = builder().from_fn(many).expect($text);
                type Wide = unsafe extern $abi fn(i64, i64, i64, i64, i64, i64, i64) -> u32;
                let ways = [
                    ("values", values.as_ptr()),
                    ("few", few.as_ptr()),
                    ("many", many.as_ptr()),
                ];
                for (way, address) in ways {
                    // SAFETY: the function takes some of these, and returns in the same register.
                    let f: Wide = unsafe { std::mem::transmute::<*const c_void, Wide>(address) };
                    // SAFETY: the callbacks are alive.
                    let found = unsafe { f(-1, -2, -3, -4, -5, -6, -7) };
                    let by_rustc = way == "few" && engine == Engine::Jit;
                    let unknown = if by_rustc { 32 - 8 * size_of::<$ty>() } else { 0 };
                    let (found, bits) = (found << unknown, bits << unknown);
                    assert_eq!(found, bits, "{}, {engine}, {way}", $text);
                }
            }
        }
    };
}

macro_rules! both {
    ($text:literal, $($rest:tt)*) => {
        narrow!("sysv64", concat!("__attribute__((sysv_abi)) ", $text, " f(long long)"), $($rest)*);
        narrow!("win64", concat!("__attribute__((ms_abi)) ", $text, " f(long long)"), $($rest)*);
    };
}

#[test]
fn is_a_narrow_result_extended_to_32_bits() {
    both!("_Bool", bool: false, true);
    both!("signed char", i8: 0, 1, -1, i8::MAX, i8::MIN);
    both!("unsigned char", u8: 0, 1, 0x7f, 0x80, u8::MAX);
    both!("short", i16: 0, 1, -1, i16::MAX, i16::MIN);
    both!("unsigned short", u16: 0, 1, 0x7fff, 0x8000, u16::MAX);
}
