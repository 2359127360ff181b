//! Values back to Rust.
#![forbid(unsafe_code)]

use super::{OwnedValue, Value, ValueView};
use crate::error::{Error, ErrorKind, Result};
use crate::number::{Complex, F16, LongDouble};
use std::ffi::c_void;

/// "found 300 (i32)", for messages.
pub(super) fn describe(value: Value<'_>) -> String {
    match value.view() {
        ValueView::Void => "no value".to_owned(),
        ValueView::Pointer(address) if address.is_null() => "null".to_owned(),
        ValueView::Pointer(_) => "a pointer".to_owned(),
        ValueView::Record(object) => format!("`{}`", object.ty()),
        _ if value.kind().scalar().is_none() => format!("`{}`", value.ty()),
        _ => value
            .kind()
            .scalar()
            .map_or(String::new(), |scalar| scalar.rust_name().to_owned()),
    }
}

fn refuse<T>(expected: &str, value: Value<'_>) -> Result<T> {
    let found = describe(value);
    Err(ErrorKind::Conversion {
        expected: expected.to_owned(),
        found,
    }
    .into())
}

macro_rules! integers {
    ($($ty:ident)*) => {$(
        impl TryFrom<Value<'_>> for $ty {
            type Error = Error;

            /// The value of an integer of any width that fits.
            fn try_from(value: Value<'_>) -> Result<Self> {
                let Some(integer) = value.as_integer() else {
                    return refuse(concat!("an integer for ", stringify!($ty)), value);
                };
                Self::try_from(integer).map_err(|_| {
                    let expected = format!("a value of {}", stringify!($ty));
                    ErrorKind::Conversion { expected, found: integer.to_string() }.into()
                })
            }
        }
    )*};
}

integers!(i8 u8 i16 u16 i32 u32 i64 u64 i128 isize usize);

impl TryFrom<Value<'_>> for u128 {
    type Error = Error;

    /// The value of an integer of any width that fits.
    fn try_from(value: Value<'_>) -> Result<Self> {
        match value.view() {
            ValueView::U128(value) => Ok(value),
            _ => match value.as_integer() {
                Some(integer) => Self::try_from(integer).map_err(|_| {
                    let expected = "a value of u128".to_owned();
                    let found = integer.to_string();
                    ErrorKind::Conversion { expected, found }.into()
                }),
                None => refuse("an integer for u128", value),
            },
        }
    }
}

/// Takes values of exactly one kind.
macro_rules! exactly {
    ($($ty:ty: $variant:ident $name:literal;)*) => {$(
        impl TryFrom<Value<'_>> for $ty {
            type Error = Error;

            #[doc = concat!("The value of a `", $name, "`.")]
            fn try_from(value: Value<'_>) -> Result<Self> {
                match value.view() {
                    ValueView::$variant(value) => Ok(value),
                    _ => refuse(stringify!($ty), value),
                }
            }
        }
    )*};
}

exactly! {
    F16: F16 "_Float16";
    LongDouble: LongDouble "long double";
    Complex<F16>: ComplexF16 "_Float16 _Complex";
    Complex<f32>: ComplexF32 "float _Complex";
    Complex<f64>: ComplexF64 "double _Complex";
    Complex<LongDouble>: ComplexLongDouble "long double _Complex";
}

impl TryFrom<Value<'_>> for f64 {
    type Error = Error;

    /// The value of a `float` or `double`.
    fn try_from(value: Value<'_>) -> Result<Self> {
        value
            .as_f64()
            .map_or_else(|| refuse("a floating-point number", value), Ok)
    }
}

impl TryFrom<Value<'_>> for f32 {
    type Error = Error;

    /// The value of a `float`; a `double` is not shortened.
    fn try_from(value: Value<'_>) -> Result<Self> {
        match value.view() {
            ValueView::F32(value) => Ok(value),
            _ => refuse("f32", value),
        }
    }
}

impl TryFrom<Value<'_>> for bool {
    type Error = Error;

    fn try_from(value: Value<'_>) -> Result<Self> {
        value.as_bool().map_or_else(|| refuse("bool", value), Ok)
    }
}

impl TryFrom<Value<'_>> for *mut c_void {
    type Error = Error;

    fn try_from(value: Value<'_>) -> Result<Self> {
        value
            .as_pointer()
            .map_or_else(|| refuse("a pointer", value), Ok)
    }
}

impl TryFrom<Value<'_>> for *const c_void {
    type Error = Error;

    fn try_from(value: Value<'_>) -> Result<Self> {
        <*mut c_void>::try_from(value).map(<*mut c_void>::cast_const)
    }
}

macro_rules! owned {
    ($($ty:ty),*) => {$(
        impl TryFrom<OwnedValue> for $ty {
            type Error = Error;

            fn try_from(value: OwnedValue) -> Result<Self> {
                Self::try_from(value.as_value())
            }
        }
    )*};
}

owned!(
    i8,
    u8,
    i16,
    u16,
    i32,
    u32,
    i64,
    u64,
    i128,
    u128,
    F16,
    LongDouble,
    Complex<F16>,
    Complex<f32>,
    Complex<f64>,
    Complex<LongDouble>,
    isize,
    usize,
    f32,
    f64,
    bool,
    *mut c_void,
    *const c_void
);
