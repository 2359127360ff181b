//! Rust types that are not those of the declaration: each its own message, the same on every
//! engine, before and after good calls; and nothing called.

use crate::refusals::Fixture;
use crate::{ENGINES, message};

/// The message of `call` for bad Rust types, on every engine, with good calls between.
macro_rules! refused_types {
    ($fixture:ident, $prototype:literal, $good:expr => $good_type:ty, $bad:expr => $bad_type:ty) => {{
        let function = $fixture.library.function($prototype).expect($prototype);
        let mut texts = Vec::new();
        for engine in ENGINES {
            let function = function.with_engine(*engine).expect($prototype);
            for _ in 0..2 {
                let before = $fixture.calls();
                // SAFETY: nothing is called.
                unsafe {
                    texts.push(message(function.call::<_, $bad_type>($bad)));
                    texts.push(message(function.call_errno::<_, $bad_type>($bad)));
                }
                assert_eq!($fixture.calls(), before);
                for _ in 0..3 {
                    // SAFETY: the fixture's functions are called as they are declared.
                    unsafe { function.call::<_, $good_type>($good) }.expect($prototype);
                }
                assert_eq!($fixture.calls(), before + 3);
            }
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
        $fixture.strip(&texts[0])
    }};
}

#[test]
fn wrong_rust_types() {
    let f = Fixture::new();
    let cases = [
        (
            refused_types!(f, "double same_f64(double x)", (2.0,) => f64, (2,) => f64),
            "same_f64: argument 1 (x): expected double, found i32; write 2.0",
        ),
        (
            refused_types!(f, "int same_i32(int x)", (2,) => i32, (2i64,) => i32),
            "same_i32: argument 1 (x): expected int, found i64; write 2i32",
        ),
        (
            refused_types!(f, "int same_i32(int x)", (2,) => i32, (2u32,) => i32),
            "same_i32: argument 1 (x): expected int, found u32; write 2i32",
        ),
        (
            refused_types!(f, "int same_i32(int x)", (2,) => i32, (u64::MAX,) => i32),
            "same_i32: argument 1 (x): expected int, found u64",
        ),
        (
            refused_types!(f, "bool same_bool(bool x)", (true,) => bool, (1u8,) => bool),
            "same_bool: argument 1 (x): expected bool, found u8; write true",
        ),
        (
            refused_types!(f, "uint8_t same_u8(uint8_t x)", (1u8,) => u8, (true,) => u8),
            "same_u8: argument 1 (x): expected uint8_t, found bool; write 1",
        ),
        (
            refused_types!(f, "uint8_t same_u8(uint8_t x)", (1u8,) => u8, (1u8,) => bool),
            "same_u8: the result is declared as uint8_t, which cannot be taken as bool",
        ),
        (
            refused_types!(f, "int add_i32(int, int)", (1, 2) => i32, (1,) => i32),
            "add_i32: expected 2 arguments, found 1",
        ),
        (
            refused_types!(f, "int add_i32(int, int)", (1, 2) => i32, (1, 2, 3) => i32),
            "add_i32: expected 2 arguments, found 3",
        ),
        (
            refused_types!(f, "int add_i32(int a, int b)", (1, 2) => i32, (1, c"2") => i32),
            "add_i32: argument 2 (b): expected int, found pointer",
        ),
        (
            refused_types!(f, "int add_i32(int a, int b)", (1, 2) => i32, (1, 2) => ()),
            "add_i32: the result is declared as int, which cannot be taken as ()",
        ),
        (
            refused_types!(f, "int add_i32(int a, int b)", (1, 2) => i32, (1, 2) => u32),
            "add_i32: the result is declared as int, which cannot be taken as u32",
        ),
        (
            refused_types!(f, "int add_i32(int a, int b)", (1, 2) => i32, ([1, 2], 3) => i32),
            "add_i32: argument 1 (a): expected int (i32 in Rust), found [i32; 2]",
        ),
        (
            refused_types!(f, "const void *same_pointer(const void *x)", (c"",) => *const u8, (0usize,) => *const u8),
            "same_pointer: argument 1 (x): expected const void *, found u64; write std::ptr::null::<u8>()",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}

#[cfg(feature = "macros")]
#[test]
fn wrong_rust_records() {
    #[derive(farcall::ForeignType, farcall::ForeignResult, Clone, Copy)]
    #[repr(C)]
    struct Pair(i32, i32);
    #[derive(farcall::ForeignType, farcall::ForeignResult, Clone, Copy)]
    #[repr(C)]
    struct Floats(f32, f32);
    let f = Fixture::new();
    assert_eq!(
        refused_types!(f, "struct r8 { int a, b; } turn_r8(struct r8 x)",
            (Pair(1, 2),) => Pair, (Floats(1., 2.),) => Pair),
        "turn_r8: argument 1 (x): expected struct r8, found Floats"
    );
    assert_eq!(
        refused_types!(f, "struct r8 { int a, b; } turn_r8(struct r8 x)",
            (Pair(1, 2),) => Pair, (Pair(1, 2),) => Floats),
        "turn_r8: the result is declared as struct r8, which cannot be taken as Floats"
    );
    assert_eq!(
        refused_types!(f, "struct r8 { int a, b; } turn_r8(struct r8 x)",
            (Pair(1, 2),) => Pair, (0u64,) => Pair),
        "turn_r8: argument 1 (x): expected struct r8, found u64"
    );
}
