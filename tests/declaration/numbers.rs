//! Are constants, enumerations and layouts computed as in C?

use super::accepted::declarations;
use farcall::{RecordType, Scalar};

#[test]
fn are_constants_computed_as_in_c() {
    for (text, value) in [
        ("1 + 2 * 3 - 4 / 2 % 3", 5),
        ("10 - 4 - 3", 3),
        ("1 << 4 | 1 << 2 ^ 7 & 3", 23),
        ("~0", -1),
        ("~0u", 0xffff_ffff),
        ("-1u", 0xffff_ffff),
        ("~0ull", 0xffff_ffff_ffff_ffff),
        ("1 << 31", -0x8000_0000),
        ("1u << 31", 0x8000_0000),
        ("-1 < 0u", 0),
        ("-1 < 0", 1),
        ("0x7fffffff + 1u", 0x8000_0000),
        ("0xffffffff", 0xffff_ffff),
        ("0b1010'1010", 0xaa),
        ("0777", 0o777),
        ("0", 0),
        ("1'000'000", 1_000_000),
        ("100l + 3ull", 103),
        ("'a'", 97),
        ("'\\n'", 10),
        ("'\\x41'", 65),
        ("'\\101'", 65),
        ("'\\''", 39),
        ("L'\\xff'", 255),
        ("u'ä'", 228),
        ("1 ? 2 : 1 / 0", 2),
        ("0 ? 1 / 0 : 3 ? 4 : 5", 4),
        ("0 && 1 / 0", 0),
        ("2 || 1 / 0", 1),
        ("!3 + !0", 1),
        ("(unsigned char)300", 44),
        ("(signed char)200", -56),
        ("(_Bool)7", 1),
        ("(int)0xffffffffu", -1),
        ("- -3", 3),
        ("+3 >= 3 == 1", 1),
        ("-8 >> 1", -4),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("sizeof(int) * 2", 8),
        ("sizeof(int [3])", 12),
        ("sizeof(struct { char c; short s; })", 4),
        ("_Alignof(short)", 2),
        ("0 ? -1 : 1u", 1),
        ("(0 ? 1u : -1) > 0", 1),
        ("(1 ? -1 : 1ull << 64) > 0", 1),
        ("true + false", 1),
        ("A + 1", 8),
    ] {
        let all = declarations(&format!("enum {{ A = 7, X = {text} }};"));
        assert_eq!(all.constant("X"), Some(value), "{text}");
    }
}

#[test]
fn do_enumerations_have_cs_storage() {
    for (text, storage) in [
        ("{ A }", Scalar::U32),
        ("{ A = -1 }", Scalar::I32),
        ("{ A = 0x80000000 }", Scalar::U32),
        ("{ A = -1, B = 0x80000000 }", Scalar::I64),
        ("{ A = 0x100000000, }", Scalar::U64),
        (": uint8_t { A = 255 }", Scalar::U8),
        (": short { A, B, }", Scalar::I16),
        ("{ A = 200 } __attribute__((packed))", Scalar::U8),
        ("{ A = -200 } __attribute__((packed))", Scalar::I16),
    ] {
        let all = declarations(&format!("enum e {text};"));
        assert_eq!(all.ty("e").unwrap().scalar(), Some(storage), "{text}");
    }
}

#[test]
fn do_packing_and_alignment_reach_the_layout() {
    for (text, size, align, last) in [
        (
            "#pragma pack(2)\n#pragma pack(push, 1)\n#pragma pack(pop)\nstruct s { char c; int x; };",
            6,
            2,
            2,
        ),
        ("struct s { char c; int x; };", 8, 4, 4),
        (
            "struct __attribute__((packed)) s { char c; int x; };",
            5,
            1,
            1,
        ),
        (
            "struct s { char c; int x; } __attribute__((__packed__));",
            5,
            1,
            1,
        ),
        (
            "struct s { char c; int x __attribute__((aligned(16))); };",
            32,
            16,
            16,
        ),
        ("struct s { char c; _Alignas(8) int x; };", 16, 8, 8),
        ("struct s { char c; _Alignas(double) char x; };", 16, 8, 8),
        (
            "struct s { char c; int x; } __attribute__((aligned(64)));",
            64,
            64,
            4,
        ),
        (
            "#pragma pack(push, 2)\nstruct s { char c; int x; };\n#pragma pack(pop)\n",
            6,
            2,
            2,
        ),
        (
            "#pragma pack(1)\n#pragma pack()\nstruct s { char c; int x; };",
            8,
            4,
            4,
        ),
        (
            "#pragma pack(2)\nstruct s { char c; int x __attribute__((aligned(8))); };",
            6,
            2,
            2,
        ),
        (
            "struct s { char c; int x __attribute__((aligned(2))); } __attribute__((packed));",
            6,
            2,
            2,
        ),
        (
            "struct s { struct { char a; }; union { int i; char x; }; };",
            8,
            4,
            4,
        ),
        ("struct s { int n; char x[0]; };", 4, 4, 4),
    ] {
        let record = RecordType::parse(text).unwrap_or_else(|error| panic!("{error}"));
        let last_offset = record.fields().last().unwrap().offset();
        let found = (record.size(), record.align(), last_offset);
        assert_eq!(found, (size, align, last), "{text}");
    }
}
