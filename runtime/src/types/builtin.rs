//! The arithmetic types of C, by name.
#![forbid(unsafe_code)]

use super::scalar::model;
use super::{Scalar, Type, TypeInfo, TypeKind};

/// Declares the constants of [`Type`] and the table that finds them by their C name.
macro_rules! builtin {
    ($($(#[$doc:meta])* $constant:ident = $name:literal: $scalar:expr;)*) => {
        impl Type {
            $(
                $(#[$doc])*
                pub const $constant: Self = {
                    static INFO: TypeInfo = TypeInfo {
                        kind: TypeKind::Scalar { name: $name, scalar: $scalar },
                        depth: 0,
                    };
                    Self::from_static(&INFO)
                };
            )*

            /// The arithmetic types with their C names, in the order in which C lists them.
            pub(crate) const NAMED: &'static [(&'static str, Self)] =
                &[$(($name, Self::$constant)),*];
        }
    };
}

builtin! {
    /// `bool`, `_Bool`.
    BOOL = "bool": Scalar::Bool;
    /// `char`, with the platform's signedness.
    CHAR = "char": model::CHAR;
    /// `signed char`.
    SIGNED_CHAR = "signed char": Scalar::I8;
    /// `unsigned char`.
    UNSIGNED_CHAR = "unsigned char": Scalar::U8;
    /// `short`.
    SHORT = "short": model::SHORT;
    /// `unsigned short`.
    UNSIGNED_SHORT = "unsigned short": model::USHORT;
    /// `int`.
    INT = "int": model::INT;
    /// `unsigned int`.
    UNSIGNED_INT = "unsigned int": model::UINT;
    /// `long`: 64 bits, on Windows 32.
    LONG = "long": model::LONG;
    /// `unsigned long`: 64 bits, on Windows 32.
    UNSIGNED_LONG = "unsigned long": model::ULONG;
    /// `long long`.
    LONG_LONG = "long long": model::LONG_LONG;
    /// `unsigned long long`.
    UNSIGNED_LONG_LONG = "unsigned long long": model::ULONG_LONG;
    /// `float`.
    FLOAT = "float": Scalar::F32;
    /// `double`.
    DOUBLE = "double": Scalar::F64;
    /// `long double`: 80 bits on x86, 128 on other 64-bit processors, 64 on Apple's ARM and with
    /// Microsoft's compilers.
    LONG_DOUBLE = "long double": Scalar::LongDouble;
    /// `_Float16`.
    FLOAT16 = "_Float16": Scalar::F16;
    /// `__int128`.
    INT128 = "__int128": Scalar::I128;
    /// `unsigned __int128`.
    UNSIGNED_INT128 = "unsigned __int128": Scalar::U128;
    /// `int8_t`.
    INT8 = "int8_t": Scalar::I8;
    /// `uint8_t`.
    UINT8 = "uint8_t": Scalar::U8;
    /// `int16_t`.
    INT16 = "int16_t": Scalar::I16;
    /// `uint16_t`.
    UINT16 = "uint16_t": Scalar::U16;
    /// `int32_t`.
    INT32 = "int32_t": Scalar::I32;
    /// `uint32_t`.
    UINT32 = "uint32_t": Scalar::U32;
    /// `int64_t`.
    INT64 = "int64_t": Scalar::I64;
    /// `uint64_t`.
    UINT64 = "uint64_t": Scalar::U64;
    /// `size_t`.
    SIZE = "size_t": model::SIZE;
    /// `ssize_t`.
    SSIZE = "ssize_t": model::SSIZE;
    /// `ptrdiff_t`.
    PTRDIFF = "ptrdiff_t": model::SSIZE;
    /// `intptr_t`.
    INTPTR = "intptr_t": model::SSIZE;
    /// `uintptr_t`.
    UINTPTR = "uintptr_t": model::SIZE;
    /// `wchar_t`, with the platform's size and signedness.
    WCHAR = "wchar_t": model::WCHAR;
    /// `char16_t`.
    CHAR16 = "char16_t": Scalar::U16;
    /// `char32_t`.
    CHAR32 = "char32_t": Scalar::U32;
}

impl Type {
    /// `void`.
    pub const VOID: Self = {
        static INFO: TypeInfo = TypeInfo {
            kind: TypeKind::Void,
            depth: 0,
        };
        Self::from_static(&INFO)
    };

    /// The arithmetic type for a machine integer or float, under its `stdint.h` name.
    pub(crate) fn of_scalar(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Bool => Self::BOOL,
            Scalar::I8 => Self::INT8,
            Scalar::U8 => Self::UINT8,
            Scalar::I16 => Self::INT16,
            Scalar::U16 => Self::UINT16,
            Scalar::I32 => Self::INT32,
            Scalar::U32 => Self::UINT32,
            Scalar::I64 => Self::INT64,
            Scalar::U64 => Self::UINT64,
            Scalar::F32 => Self::FLOAT,
            Scalar::F64 => Self::DOUBLE,
            Scalar::Pointer => Self::VOID.pointer(),
            Scalar::F16 => Self::FLOAT16,
            Scalar::I128 => Self::INT128,
            Scalar::U128 => Self::UNSIGNED_INT128,
            Scalar::LongDouble => Self::LONG_DOUBLE,
        }
    }
}
