//! The x64 calling convention of Windows.
#![forbid(unsafe_code)]

use super::{Abi, Arch, Class, Sret, scalar_piece};
use crate::layout::{Bank, Layout};

/// The convention of Windows on x86-64.
#[rustfmt::skip]
pub static WIN_X64: Abi = Abi {
    name: "Windows x64",
    arch: Arch::X64,
    gprs: &[1, 2, 8, 9],                    // rcx rdx r8 r9
    fprs: &[0, 1, 2, 3],                    // xmm0 to xmm3
    result_gprs: &[0],                      // rax
    result_fprs: &[0],                      // xmm0
    sret: Sret::FirstArgument,
    sret_returned: Some(0),                 // rax
    positional: true,
    shadow: 32,
    counts_vectors: false,
    twins_floats: true,
    argument: |layout| classify(layout).unwrap_or(Class::Indirect),
    result: |layout| classify(layout).unwrap_or(Class::Memory),
};

/// "Any argument that doesn't fit in 8 bytes, or isn't 1, 2, 4, or 8 bytes, must be passed by
/// reference. … Structs or unions of size 8, 16, 32, or 64 bits … are passed as if they were
/// integers of the same size", and so are results (Microsoft Learn, "x64 calling convention").
fn classify(layout: &Layout) -> Option<Class> {
    match layout {
        Layout::Scalar(scalar) => Some(scalar_piece(layout, scalar.bank())),
        Layout::Record(record) => {
            matches!(record.size(), 1 | 2 | 4 | 8).then(|| scalar_piece(layout, Bank::Gpr))
        }
    }
}
