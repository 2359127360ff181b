//! Procedure Call Standard for the Arm 64-bit Architecture (AAPCS64), section 6.8.2, and what Apple
//! and Windows have otherwise.
//!
//! Here are the classes of values, stage B, and how they are aligned on the stack. Stage C, which
//! allocates registers and stack, is the same for every ABI, by the facts of its table.
#![forbid(unsafe_code)]

use super::{Abi, Arch, Class, Piece, Sret, Variadic};
use crate::layout::{Bank, Layout, Leaf, Record, Scalar};

/// The convention of Linux, Android and the BSDs on AArch64.
pub static AAPCS64: Abi = STANDARD;

#[rustfmt::skip]
const STANDARD: Abi = Abi {
    name: "AAPCS64",
    arch: Arch::A64,
    gprs: &[0, 1, 2, 3, 4, 5, 6, 7],        // x0 to x7
    fprs: &[0, 1, 2, 3, 4, 5, 6, 7],        // v0 to v7
    result_gprs: &[0, 1],                   // x0 x1
    result_fprs: &[0, 1, 2, 3],             // v0 to v3
    result_x87s: &[],
    sret: Sret::Register(8),                // "passed as an additional argument … in x8" (6.9)
    sret_returned: None,                    // "no requirement … to preserve the value stored in x8"
    positional: false,
    shadow: 0,
    counts_vectors: false,
    twins_floats: false,
    closes: true,                           // C.3 "The NSRN is set to 8", C.13 "The NGRN is set to 8"
    even_pairs: true,                       // C.10 "the NGRN is rounded up to the next even number"
    splits: false,
    variadic: Variadic::Same,
    argument,
    result,
    stack_align,
};

/// The convention of Apple's platforms on AArch64 (Apple, "Writing ARM64 code for Apple platforms").
pub static APPLE_ARM64: Abi = Abi {
    name: "Apple arm64",
    // "Apple platforms allow the argument to start in an odd-numbered xN register."
    even_pairs: false,
    variadic: Variadic::Extras(&APPLE_EXTRAS),
    stack_align: packed_align,
    ..STANDARD
};

/// Variadic arguments are in no registers: each has slots of 8 bytes on the stack, the first of them
/// behind the named arguments, where `va_arg` looks for it by its alignment.
static APPLE_EXTRAS: Abi = Abi {
    name: "Apple arm64, after the named arguments",
    gprs: &[],
    fprs: &[],
    even_pairs: false,
    stack_align: |layout| layout.align().clamp(8, 16),
    ..STANDARD
};

/// The convention of Windows on AArch64 (Microsoft Learn, "Overview of ARM64 ABI conventions").
pub static WIN_ARM64: Abi = Abi {
    name: "Windows arm64",
    variadic: Variadic::Call(&WIN_VARIADIC),
    stack_align: |layout| packed_align(layout).max(8),
    ..STANDARD
};

/// Calls of variadic functions: "All composites are treated alike; no special treatment of HFAs or
/// HVAs. SIMD and floating-point registers aren't used. Effectively, it's the same as following
/// rules C.12–C.15 to allocate arguments to an imaginary stack, where the first 64 bytes of the
/// stack are loaded into x0-x7, and any remaining stack arguments are placed normally."
static WIN_VARIADIC: Abi = Abi {
    name: "Windows arm64, variadic",
    splits: true,
    argument: |layout| general(layout).unwrap_or(Class::Indirect),
    stack_align: |layout| layout.align().clamp(8, 16),
    ..STANDARD
};

/// The most members that a homogeneous aggregate has.
const MEMBERS: usize = 4;

/// B.4: "If the argument type is a Composite Type that is larger than 16 bytes, then the argument is
/// copied to memory allocated by the caller and the argument is replaced by a pointer to the copy."
fn argument(layout: &Layout) -> Class {
    classify(layout).unwrap_or(Class::Indirect)
}

/// 6.9: "If the type, T, of the result of a function is such that `void func(T arg)` would require
/// that arg be passed as a value in a register (or set of registers) …, then the result is returned
/// in the same registers as would be used for such an argument. Otherwise, the caller shall reserve
/// a block of memory of sufficient size and alignment to hold the result."
fn result(layout: &Layout) -> Class {
    classify(layout).unwrap_or(Class::Memory)
}

/// B.3: "If the argument type is an HFA or an HVA, then the argument is used unmodified." C.1 puts
/// floating-point numbers and short vectors, C.2 each member of a homogeneous aggregate into a
/// register of its own.
fn classify(layout: &Layout) -> Option<Class> {
    match layout {
        Layout::Scalar(scalar) if scalar.bank() == Bank::Fpr => {
            Some(Class::Registers(vec![Bank::Fpr.piece(0, scalar.size())]))
        }
        Layout::Record(record) if homogeneous(record).is_some() => {
            let piece = |leaf: &Leaf| Bank::Fpr.piece(leaf.offset, leaf.scalar.size());
            Some(Class::Registers(
                record.leaves().iter().map(piece).collect(),
            ))
        }
        _ => general(layout),
    }
}

/// In general-purpose registers, eight bytes each: C.9 one, C.11 "to x[NGRN] and x[NGRN+1]", C.12
/// "into consecutive general-purpose registers". A type that this architecture does not have goes
/// as the bytes that it is.
fn general(layout: &Layout) -> Option<Class> {
    let size = layout.size();
    let piece = |offset: u32| Bank::Gpr.piece(offset, (size - offset).min(8));
    let pieces = || -> Vec<Piece> { (0..size).step_by(8).map(piece).collect() };
    (size <= 16).then(|| Class::Registers(pieces()))
}

/// The type of the members of a homogeneous aggregate.
///
/// "An Homogeneous Floating-point Aggregate (HFA) is an Homogeneous Aggregate with a
/// Fundamental Data Type that is a Floating-Point type and at most four uniquely addressable
/// members", and short vectors likewise (section "Homogeneous Aggregates"). Compilers ask that there is no padding.
fn homogeneous(record: &Record) -> Option<Scalar> {
    let leaves = record.leaves();
    let (first, size) = (leaves.first()?.scalar, leaves.first()?.scalar.size());
    let in_place =
        |(leaf, index): (&Leaf, u32)| leaf.scalar == first && leaf.offset == index * size;
    let whole = record.size() as usize == leaves.len() * size as usize;
    let alike = first.bank() == Bank::Fpr && leaves.iter().zip(0..).all(in_place);
    (whole && alike && leaves.len() <= MEMBERS).then_some(first)
}

/// C.4 and C.14: "The NSAA is rounded up to the larger of 8 or the Natural Alignment of the
/// argument's type"; B.6: "For a Composite Type, the alignment of the copy will have 8-byte
/// alignment if its natural alignment is ≤ 8 and 16-byte alignment if its natural alignment is ≥ 16."
fn stack_align(layout: &Layout) -> u32 {
    let natural = match layout {
        Layout::Scalar(scalar) => scalar.align(),
        Layout::Record(record) => record.natural_align(),
    };
    natural.clamp(8, 16)
}

/// Apple: "Function arguments may consume slots on the stack that are not multiples of 8 bytes." A
/// record goes by the alignment that it was given, and is not packed unless it is homogeneous.
fn packed_align(layout: &Layout) -> u32 {
    match layout {
        Layout::Scalar(scalar) => scalar.align(),
        Layout::Record(record) => match homogeneous(record) {
            Some(member) => member.align(),
            None => record.align().clamp(8, 16),
        },
    }
}
