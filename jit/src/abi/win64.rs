//! The x64 calling convention of Windows.
#![forbid(unsafe_code)]

use super::{Abi, Arch, Class, Sret, Variadic, one_piece};
use crate::layout::{Bank, Layout, Scalar};

/// The convention of Windows on x86-64.
#[rustfmt::skip]
pub static WIN_X64: Abi = Abi {
    name: "Windows x64",
    arch: Arch::X64,
    gprs: &[1, 2, 8, 9],                    // rcx rdx r8 r9
    fprs: &[0, 1, 2, 3],                    // xmm0 to xmm3
    result_gprs: &[0],                      // rax
    result_fprs: &[0],                      // xmm0
    result_x87s: &[],
    sret: Sret::FirstArgument,
    sret_returned: Some(0),                 // rax
    positional: true,
    shadow: 32,
    counts_vectors: false,
    twins_floats: true,
    closes: false,
    even_pairs: false,
    splits: false,
    variadic: Variadic::Same,
    argument,
    result,
    stack_align: |layout| layout.align().max(8),
};

/// "Any argument that doesn't fit in 8 bytes, or isn't 1, 2, 4, or 8 bytes, must be passed by
/// reference. … Structs or unions of size 8, 16, 32, or 64 bits, and `__m64` types, are passed as
/// if they were integers of the same size. Structs or unions of other sizes are passed as a pointer
/// to memory", and "arguments of type `__m128` … are never passed by immediate value" (Microsoft
/// Learn, "x64 calling convention").
///
/// gcc and clang do the same with `__int128` and with a `long double` of 16 bytes, which Microsoft's
/// compiler does not have. clang passes vectors of 64 bits so only if they have one element; vectors
/// of `float` and of narrow integers it treats like vectors of 128 bits.
fn argument(layout: &Layout) -> Class {
    match layout {
        _ if !matches!(layout.size(), 1 | 2 | 4 | 8) => Class::Indirect,
        Layout::Scalar(Scalar::V64) | Layout::Record(_) => one_piece(layout, Bank::Gpr),
        Layout::Scalar(scalar) => one_piece(layout, scalar.bank()),
    }
}

/// "A scalar return value that can fit into 64 bits, including the `__m64` type, is returned through
/// RAX. Nonscalar types including floats, doubles, and vector types such as `__m128` … are returned
/// in XMM0." gcc and clang do as for the latter with `__int128`; a `long double` of 16 bytes they
/// return in memory.
fn result(layout: &Layout) -> Class {
    match layout {
        Layout::Scalar(Scalar::V128 | Scalar::I128 | Scalar::U128) => one_piece(layout, Bank::Fpr),
        _ => match argument(layout) {
            Class::Indirect => Class::Memory,
            class => class,
        },
    }
}
