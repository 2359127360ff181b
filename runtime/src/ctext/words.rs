//! The words of C and their meaning as types.
//!
//! Guarantee: a name means a type here only if it means that type in C on this platform.
#![forbid(unsafe_code)]

use crate::number::FORMAT_IS_KNOWN;
use crate::types::Type;

/// The arithmetic words in the order in which [`arithmetic`] wants them.
const ORDER: [&str; 13] = [
    "signed", "unsigned", "short", "long", "int", "void", "bool", "char", "float", "double",
    "__int128", "_Float16", "_Complex",
];

/// An arithmetic word by its plain spelling, with its place in the order.
pub(super) fn arithmetic_word(word: &str) -> Option<(usize, &'static str)> {
    let plain = match word {
        "_Bool" => "bool",
        "__signed" | "__signed__" => "signed",
        // What `<complex.h>` defines the last one to be.
        "__complex__" | "__complex" | "complex" => "_Complex",
        _ => word,
    };
    let index = ORDER.iter().position(|known| *known == plain)?;
    Some((index, ORDER[index]))
}

/// The type that these words mean together, in the order of [`ORDER`].
pub(super) fn arithmetic(words: &[&str]) -> Option<Type> {
    #[rustfmt::skip]
    let ty = match words {
        ["void"] => Type::VOID,
        ["bool"] => Type::BOOL,
        ["char"] => Type::CHAR,
        ["signed", "char"] => Type::SIGNED_CHAR,
        ["unsigned", "char"] => Type::UNSIGNED_CHAR,
        ["short"] | ["short", "int"] | ["signed", "short"] | ["signed", "short", "int"] => Type::SHORT,
        ["unsigned", "short"] | ["unsigned", "short", "int"] => Type::UNSIGNED_SHORT,
        ["int"] | ["signed"] | ["signed", "int"] => Type::INT,
        ["unsigned"] | ["unsigned", "int"] => Type::UNSIGNED_INT,
        ["long"] | ["long", "int"] | ["signed", "long"] | ["signed", "long", "int"] => Type::LONG,
        ["unsigned", "long"] | ["unsigned", "long", "int"] => Type::UNSIGNED_LONG,
        ["long", "long"] | ["long", "long", "int"]
        | ["signed", "long", "long"] | ["signed", "long", "long", "int"] => Type::LONG_LONG,
        ["unsigned", "long", "long"] | ["unsigned", "long", "long", "int"] => Type::UNSIGNED_LONG_LONG,
        ["float"] => Type::FLOAT,
        ["double"] => Type::DOUBLE,
        ["long", "double"] if FORMAT_IS_KNOWN => Type::LONG_DOUBLE,
        ["_Float16"] => Type::FLOAT16,
        ["__int128"] | ["signed", "__int128"] => Type::INT128,
        ["unsigned", "__int128"] => Type::UNSIGNED_INT128,
        [part @ .., "_Complex"] => return arithmetic(part)?.complex().ok(),
        _ => return None,
    };
    Some(ty)
}

/// Other names of arithmetic types.
#[rustfmt::skip]
const ALIASES: &[(&str, Type)] = &[
    ("int_least8_t", Type::INT8), ("uint_least8_t", Type::UINT8),
    ("int_least16_t", Type::INT16), ("uint_least16_t", Type::UINT16),
    ("int_least32_t", Type::INT32), ("uint_least32_t", Type::UINT32),
    ("int_least64_t", Type::INT64), ("uint_least64_t", Type::UINT64),
    ("intmax_t", Type::INT64), ("uintmax_t", Type::UINT64),
    ("i8", Type::INT8), ("u8", Type::UINT8), ("i16", Type::INT16), ("u16", Type::UINT16),
    ("i32", Type::INT32), ("u32", Type::UINT32), ("i64", Type::INT64), ("u64", Type::UINT64),
    ("isize", Type::INTPTR), ("usize", Type::UINTPTR), ("f32", Type::FLOAT), ("f64", Type::DOUBLE),
    ("c_void", Type::VOID), ("c_char", Type::CHAR), ("c_schar", Type::SIGNED_CHAR),
    ("c_uchar", Type::UNSIGNED_CHAR), ("c_short", Type::SHORT), ("c_ushort", Type::UNSIGNED_SHORT),
    ("c_int", Type::INT), ("c_uint", Type::UNSIGNED_INT), ("c_long", Type::LONG),
    ("c_ulong", Type::UNSIGNED_LONG), ("c_longlong", Type::LONG_LONG),
    ("c_ulonglong", Type::UNSIGNED_LONG_LONG), ("c_float", Type::FLOAT), ("c_double", Type::DOUBLE),
    ("ushort", Type::UNSIGNED_SHORT), ("uint", Type::UNSIGNED_INT), ("ulong", Type::UNSIGNED_LONG),
    ("u_char", Type::UNSIGNED_CHAR), ("u_short", Type::UNSIGNED_SHORT),
    ("u_int", Type::UNSIGNED_INT), ("u_long", Type::UNSIGNED_LONG),
    ("u_int8_t", Type::UINT8), ("u_int16_t", Type::UINT16), ("u_int32_t", Type::UINT32),
    ("u_int64_t", Type::UINT64), ("char8_t", Type::UNSIGNED_CHAR),
    ("__int128_t", Type::INT128), ("__uint128_t", Type::UNSIGNED_INT128),
    ("i128", Type::INT128), ("u128", Type::UNSIGNED_INT128),
];

/// `int_fast8_t` to `uint_fast64_t` in the order of [`FAST_NAMES`], as the C library chose them.
/// Unknown elsewhere.
const FAST: Option<[Type; 8]> = if cfg!(any(
    all(target_os = "linux", target_env = "gnu"),
    target_os = "android"
)) {
    // The size of `long`, except for 8 and 64 bits.
    let (signed, unsigned) = (Type::INTPTR, Type::UINTPTR);
    Some([
        Type::INT8,
        Type::UINT8,
        signed,
        unsigned,
        signed,
        unsigned,
        Type::INT64,
        Type::UINT64,
    ])
} else if cfg!(any(
    target_vendor = "apple",
    all(windows, target_env = "gnu")
)) {
    Some([
        Type::INT8,
        Type::UINT8,
        Type::INT16,
        Type::UINT16,
        Type::INT32,
        Type::UINT32,
        Type::INT64,
        Type::UINT64,
    ])
} else if cfg!(any(target_env = "musl", target_env = "msvc")) {
    Some([
        Type::INT8,
        Type::UINT8,
        Type::INT32,
        Type::UINT32,
        Type::INT32,
        Type::UINT32,
        Type::INT64,
        Type::UINT64,
    ])
} else {
    None
};

#[rustfmt::skip]
const FAST_NAMES: [&str; 8] = [
    "int_fast8_t", "uint_fast8_t", "int_fast16_t", "uint_fast16_t", "int_fast32_t", "uint_fast32_t",
    "int_fast64_t", "uint_fast64_t",
];

/// Types of the C library that programs only point to.
const OPAQUE: [&str; 2] = ["FILE", "DIR"];

/// The type with this built-in name of one word.
pub(super) fn builtin(word: &str) -> Option<Type> {
    let fast = || {
        let index = FAST_NAMES.iter().position(|name| *name == word)?;
        FAST.map(|types| types[index])
    };
    let in_table = |table: &[(&str, Type)]| {
        let entry = table.iter().find(|(name, _)| *name == word);
        entry.map(|&(_, ty)| ty)
    };
    in_table(Type::NAMED)
        .or_else(|| in_table(ALIASES))
        .or_else(fast)
        .or_else(|| vector(word))
        .or_else(|| OPAQUE.contains(&word).then(|| Type::opaque(word)))
}

/// The vectors of the headers of x86's compilers.
fn vector(word: &str) -> Option<Type> {
    let (lane, len) = match word {
        "__m64" => (Type::LONG_LONG, 1),
        "__m128" => (Type::FLOAT, 4),
        "__m128d" => (Type::DOUBLE, 2),
        "__m128i" => (Type::LONG_LONG, 2),
        _ => return None,
    };
    lane.vector(len).ok()
}

/// Whether a standard header defines the built-in name, so that another meaning is a mistake.
pub(super) fn is_standard(word: &str) -> bool {
    word.ends_with("_t") && !word.starts_with("u_")
}

/// Every built-in name that a misspelt word may have meant, commonest first.
pub(super) fn builtin_names<'a>() -> impl Iterator<Item = &'a str> {
    let words = ORDER
        .into_iter()
        .chain(["const", "struct", "union", "enum"]);
    let named = Type::NAMED.iter().map(|(name, _)| *name);
    let single = named.filter(|name| !name.contains(' '));
    let aliases = ALIASES.iter().map(|(name, _)| *name);
    let fast = FAST_NAMES.into_iter().filter(|_| FAST.is_some());
    words.chain(single).chain(aliases).chain(fast).chain(OPAQUE)
}

/// Why a type by this name cannot be used, for names that C programs use.
pub(super) fn unsupported(word: &str) -> Option<&'static str> {
    Some(match word {
        "_Imaginary" => "imaginary numbers",
        "_BitInt" => "integers of other sizes than C's basic ones",
        "__fp16" | "__bf16" | "_Float128" | "__float128" | "_Float64x" | "__float80"
        | "_Decimal32" | "_Decimal64" | "_Decimal128" => {
            "floating-point numbers other than `_Float16`, `float`, `double` and `long double`"
        }
        "__m256" | "__m256d" | "__m256i" | "__m512" | "__m512d" | "__m512i" => {
            "vectors of more than 16 bytes"
        }
        "_Atomic" => "`_Atomic` types",
        "typeof" | "typeof_unqual" | "__typeof" | "__typeof__" | "__auto_type" | "auto" => {
            "types taken from an expression"
        }
        "_Thread_local" | "__thread" | "thread_local" => "thread-local variables",
        "va_list" | "__builtin_va_list" | "__gnuc_va_list" => {
            "`va_list` parameters, which only C can make,"
        }
        _ => return None,
    })
}

/// Whether the word belongs to C++ only.
pub(super) fn is_cxx(word: &str) -> bool {
    matches!(
        word,
        "class"
            | "template"
            | "namespace"
            | "using"
            | "virtual"
            | "operator"
            | "public"
            | "private"
            | "protected"
            | "friend"
            | "typename"
            | "explicit"
            | "mutable"
            | "noexcept"
            | "constexpr"
            | "consteval"
            | "decltype"
            | "throw"
    )
}

/// Whether C reserves the word, so that nothing can be called so.
pub(super) fn is_reserved(word: &str) -> bool {
    matches!(
        word,
        "break"
            | "case"
            | "continue"
            | "default"
            | "do"
            | "else"
            | "for"
            | "goto"
            | "if"
            | "return"
            | "switch"
            | "while"
            | "sizeof"
            | "struct"
            | "union"
            | "enum"
            | "typedef"
            | "extern"
            | "static"
            | "register"
            | "inline"
            | "const"
            | "volatile"
            | "restrict"
            | "_Alignas"
            | "_Alignof"
            | "_Generic"
            | "_Noreturn"
            | "_Static_assert"
    ) || arithmetic_word(word).is_some()
}

/// The arithmetic type called `name`, of several words in C's order: `unsigned long`.
pub(super) fn arithmetic_name(name: &str) -> Option<Type> {
    let words: Vec<&str> = name.split_ascii_whitespace().take(5).collect();
    arithmetic(&words)
}
