//! The signatures whose plans are kept, and the rule that each is there for.
//!
//! SysV: System V AMD64 psABI, section 3.2.3. Windows: Microsoft Learn, "x64 calling convention".

/// Signatures that show one rule; `name` is the golden file.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) signatures: &'static [&'static str],
}

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    Case {
        name: "scalars",
        rule: "Integers of all widths go to general-purpose registers, floats to vector registers; \
               a slot is loaded whole, so that the width does not show in the code.",
        signatures: &["", "i8 u16 i32 u64 -> i8", "f32 f64 -> f32", "u8 f64 i16 f32 u32 i64 -> u64"],
    },
    Case {
        name: "print",
        rule: "int f(int, double, void *, struct { float x, y, z, w; }): the plan in print.",
        signatures: &["i32 f64 u64 {f32*4} -> i32"],
    },
    Case {
        name: "integers",
        rule: "SysV: rdi, rsi, rdx, rcx, r8, r9, then the stack, in order. \
               Windows: rcx, rdx, r8, r9, then the stack above 32 bytes of shadow space.",
        signatures: &["i64*4", "i64*5", "i64*7", "i8*9 -> i16"],
    },
    Case {
        name: "floats",
        rule: "SysV: xmm0 to xmm7, then the stack. Windows: xmm0 to xmm3. \
               A float on the stack takes 8 bytes.",
        signatures: &["f64*4", "f64*9 f32*2 -> f32"],
    },
    Case {
        name: "example",
        rule: "SysV, figures 3.5 and 3.6: func(int e, int f, structparm s, int g, int h, double m, \
               double n, int i, int j, int k) without the long double and the vector.",
        signatures: &["i32 i32 {i32 i32 f64} i32 i32 f64 f64 i32 i32 i32"],
    },
    Case {
        name: "eightbytes",
        rule: "SysV: each eightbyte of a struct of at most 16 bytes has its own class; \
               INTEGER wins over SSE within one. Loads stop at the end of the struct.",
        signatures: &["{i32 f64}", "{f64 i32}", "{f32*2} {f32*3} {f32*4}", "{i32 f32} {f32 i32 f32}",
                      "{i8*3} {i8*5}", "{i8*6} {i8*7}", "{i16*5} {i8*15} {i64 i8}"],
    },
    Case {
        name: "all_or_none",
        rule: "SysV: \"If there are no registers available for any eightbyte of an argument, the \
               whole argument is passed on the stack. If registers have already been assigned for \
               some eightbytes of such an argument, the assignments get reverted.\"",
        signatures: &["i64*5 {i64 i64} i64", "f64*7 {f64 f64} f64", "i64*6 {f64 i64} f64",
                      "f64*8 {i64 f64} i64"],
    },
    Case {
        name: "memory",
        rule: "SysV: larger than two eightbytes is MEMORY, without using up a register. \
               Windows: what is not 1, 2, 4 or 8 bytes goes by the address of a copy.",
        signatures: &["{i64*3} i64", "{f32*5} f32", "{i8*17} i8 {i8*100}"],
    },
    Case {
        name: "unions",
        rule: "SysV: the members' classes merge, eightbyte by eightbyte. \
               Windows: a union is the integer of its size.",
        signatures: &["<f32 f64> -> <f32 f64>", "<i32 f32> -> <i32 f32>", "<f64 {i32 f32}>",
                      "<{f32 f32} i16>", "<{f64 i64} {f64 f64}>", "<i8 {f64 f32}>"],
    },
    Case {
        name: "unaligned",
        rule: "SysV: a struct that \"contains unaligned fields\" is MEMORY whatever its size; \
               packed but aligned is not.",
        signatures: &["packed{i8 i32} i32", "packed{i16 i16 i32}", "packed{i8 i16} -> packed{i8 i16}",
                      "packed{i64 i8}", "packed{i8 f64} f64"],
    },
    Case {
        name: "aligned",
        rule: "An over-aligned struct is aligned on the stack, and so is the stack; \
               in registers alignment does not matter.",
        signatures: &["i8 align(16){i64*3} i8", "i64*7 align(16){i64 i64} i64", "align(32){i64*4}",
                      "i64*7 align(64){i8} i8 align(32){f64*3}", "i64 align(16){i64*2}"],
    },
    Case {
        name: "padding",
        rule: "SysV: an eightbyte of nothing but padding is NO_CLASS and takes no register.",
        signatures: &["align(16){i32} i64 -> align(16){i32}", "{_8 i32} i64 -> {_8 i32}",
                      "{_8 f64} f64 -> {_8 f64}", "align(8){f32} {_4 f32}"],
    },
    Case {
        name: "results",
        rule: "SysV: rax, rdx for INTEGER and xmm0, xmm1 for SSE, each bank counted on its own. \
               Windows: rax for every struct of 1, 2, 4 or 8 bytes, also of floats; xmm0 for scalars.",
        signatures: &["-> {i64 i64}", "-> {f64 f64}", "-> {i64 f64}", "-> {f64 i64}", "-> {f32*2}",
                      "-> {f32*3}", "-> {f64}", "-> {f32}", "-> {i8}", "-> {i16}", "-> {i8*3}",
                      "-> {i8*8}", "-> f64"],
    },
    Case {
        name: "memory_result",
        rule: "The address of a result in memory is a hidden first argument: rdi, or rcx with its \
               position.",
        signatures: &["-> {i64*3}", "i32 -> {i64*3}", "f64 i32 -> {i8*3}", "i64*6 f64 {i8*17} -> {i64*3}",
                      "i64*3 f64*2 -> packed{i8 f64}"],
    },
    Case {
        name: "sizes",
        rule: "Windows: structs of 1, 2, 4 and 8 bytes are integers, others are indirect; \
               SysV: one or two registers up to 16 bytes.",
        signatures: &["{i8} {i8*2} {i8*3} {i8*4}", "{i8*5} {i8*6} {i8*7} {i8*8}", "{i8*9} {i8*16} {i8*17}"],
    },
    Case {
        name: "positions",
        rule: "Windows: an argument uses up its position in both banks; the fifth and later are on \
               the stack. SysV: each bank is counted on its own.",
        signatures: &["i32 f64 i32 f32 i64 f64", "f64 i64 f64 i64", "{f64} f64 {f32 f32} f32 {i16}"],
    },
    Case {
        name: "indirect",
        rule: "Windows: the copies lie above the stack arguments, aligned to 16 bytes or more; from \
               the fifth on, their addresses are on the stack.",
        signatures: &["{i8*3} i32 {i64*2}", "i64*4 {i8*3} i64", "i64*4 align(32){i64*4} {i8*24} {i8*9}"],
    },
    Case {
        name: "variadic",
        rule: "SysV: al is the number of vector registers, at most 8, named ones included. \
               Windows: a variadic float in a register is in the integer register of its position \
               too, a named one is not.",
        signatures: &["u64 ;", "u64 ; i32 f64 f64", "f64 ; f64*2", "i64*5 ; f64", "u64 ; f64*9",
                      "u64 ; {f64 f64} {f64}", "u64 ; f64 -> {i64*3}", "; f64 i64",
                      "f64 i32 ; f64 i64 f64", "u64 ; {i64*3} f64 {i8*3} f64",
                      "i64*3 ; align(16){i64 i64} {f32*2}"],
    },
    Case {
        name: "half",
        rule: "SysV: \"Arguments of types _Float16, float, double … and __m64 are in class SSE.\" \
               Several halves share a register, and no byte beside them is read.",
        signatures: &["f16 f16 -> f16", "{f16} -> {f16}", "{f16*2} {f16*3} {f16*4} -> {f16*3}",
                      "{f16*7} {i16 f16} {f32 f16} -> {f64 f16}", "f64*8 f16"],
    },
    Case {
        name: "int128",
        rule: "SysV: an __int128 is \"treated as if it were implemented as typedef struct { long low, \
               high; } __int128; with the exception that arguments of type __int128 that are stored \
               in memory must be aligned on a 16-byte boundary\". \
               Windows, by gcc and clang: by address, as a result in xmm0.",
        signatures: &["i128 u128 -> i128", "i64*4 i128", "i64*5 i128 i64 i8", "i64*5 {i64 i64} i64 i8",
                      "i64 i128*4 i64 -> u128", "{i128} -> {i128}", "i64*6 i8 {i128}", "i8 ; i128 i8 i128"],
    },
    Case {
        name: "x87",
        rule: "SysV: a long double is X87 and X87UP: in memory as an argument, in st0 as a result. \
               A complex one is COMPLEX_X87: st0 and st1. Windows, by gcc and clang: by address, \
               and in memory as a result.",
        signatures: &["f80 -> f80", "i8 f80 i8 f80", "c80 -> c80", "{f80} -> {f80}", "-> {c80}",
                      "-> {f80 i8}", "i8 ; f80", "i8 c80 {f80*2} -> {f80*2}"],
    },
    Case {
        name: "x87_unions",
        rule: "SysV, merging: \"(d) If one of the classes is INTEGER, the result is the INTEGER\", \
               \"(e) If one of the classes is X87, X87UP, COMPLEX_X87 class, MEMORY is used as \
               class\"; then \"(b) If X87UP is not preceded by X87, the whole argument is passed in \
               memory\".",
        signatures: &["<f80 i64> -> <f80 i64>", "<f80 {i64 i64}> -> <f80 {i64 i64}>",
                      "<f80 {i64 i8}>", "<f80 f64> -> <f80 f64>", "<f80 i128>", "<f80 v128>",
                      "<f80 f80> -> <f80 f80>", "packed{f80} -> packed{f80}"],
    },
    Case {
        name: "vectors",
        rule: "SysV: __m128 and __float128 are SSE and SSEUP: one register of 16 bytes; aligned to 16 \
               bytes on the stack. Windows: __m64 as an integer, __m128 by address, as a result in \
               xmm0.",
        signatures: &["v64 v128 -> v128", "v64 -> v64", "f128 -> f128", "f64*8 i8 v128 v64 i8",
                      "{v128} {v64} {v64 v64} {v64 i8} -> {v128}", "-> {v64}", "-> {v64 f64}",
                      "v128 ; v128 f64", "v64 ; v64 i8"],
    },
    Case {
        name: "vector_unions",
        rule: "SysV, merging: \"(f) Otherwise class SSE is used\"; then \"(d) If SSEUP is not \
               preceded by SSE or SSEUP, it is converted to SSE\". Half a vector in a register of its \
               own is 8 bytes of it.",
        signatures: &["<v128 f32> -> <v128 f32>", "<v128 {f64 f64}> -> <v128 {f64 f64}>",
                      "<v128 {f32*3}>", "<v128 i8> -> <v128 i8>", "<v128 {f64 i8}>",
                      "<v128 i128>", "<f128 v128>", "{v128 i8}"],
    },
    Case {
        name: "frames",
        rule: "A frame is a multiple of 16 bytes; none is made for shadow space alone.",
        signatures: &["{i8*4096}", "{i8*4097} i8", "i64*4 i8", "{i8*100000}"],
    },
];
