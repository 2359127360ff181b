//! System V Application Binary Interface, AMD64 Architecture Processor Supplement, section 3.2.3.
#![forbid(unsafe_code)]

use super::{Abi, Arch, Class, Piece, Sret, Variadic};
use crate::layout::{Bank, Layout, Leaf, Scalar};
use std::borrow::Cow;

/// The convention of Linux, macOS and the BSDs on x86-64.
#[rustfmt::skip]
pub static SYSV_X64: Abi = Abi {
    name: "System V x86-64",
    arch: Arch::X64,
    gprs: &[7, 6, 2, 1, 8, 9],              // rdi rsi rdx rcx r8 r9
    fprs: &[0, 1, 2, 3, 4, 5, 6, 7],        // xmm0 to xmm7
    result_gprs: &[0, 2],                   // rax rdx
    result_fprs: &[0, 1],                   // xmm0 xmm1
    result_x87s: &[0, 1],                   // st0 st1
    sret: Sret::FirstArgument,
    sret_returned: Some(0),                 // rax, "the address that has been passed in"
    positional: false,
    shadow: 0,
    counts_vectors: true,
    twins_floats: false,
    closes: false,
    even_pairs: false,
    splits: false,
    variadic: Variadic::Same,
    argument,
    result,
    stack_align: |layout| layout.align().max(8),
};

/// The class of an eightbyte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Eightbyte {
    /// "Used as initializer in the algorithms … for padding and empty structures and unions."
    NoClass,
    Integer,
    Sse,
    SseUp,
    X87,
    X87Up,
    ComplexX87,
    Memory,
}

/// "If the class is X87, X87UP or COMPLEX_X87, it is passed in memory."
fn argument(layout: &Layout) -> Class {
    match classify(layout) {
        None => Class::Memory,
        Some(classes) if classes.iter().any(|class| class.is_x87()) => Class::Memory,
        Some(classes) => Class::Registers(pieces(layout, classes)),
    }
}

/// "If the class is X87, the value is returned on the X87 stack in %st0 as 80-bit x87 number. …
/// If the class is COMPLEX_X87, the real part of the value is returned in %st0 and the imaginary
/// part in %st1."
fn result(layout: &Layout) -> Class {
    match classify(layout) {
        None => Class::Memory,
        Some(classes) => Class::Registers(pieces(layout, classes)),
    }
}

/// The classes of the eightbytes of a value; `None` if it is passed in memory. Of a complex
/// `long double`, which has four, they are those of its parts.
fn classify(layout: &Layout) -> Option<[Eightbyte; 2]> {
    let leaves = leaves(layout);
    // "If the size of an object is larger than eight eightbytes, or it contains unaligned fields,
    // it has class MEMORY."
    //
    // Every element of an array counts, as clang reads the sentence. gcc looks at the first only
    // and so passes a small array of packed records in registers where clang passes it in memory.
    let unaligned = |leaf: &Leaf| !leaf.offset.is_multiple_of(leaf.scalar.align());
    if leaves.iter().any(unaligned) {
        return None;
    }
    if let Layout::Scalar(Scalar::C80) = layout {
        return Some([Eightbyte::ComplexX87; 2]);
    }
    // "(c) If the size of the aggregate exceeds two eightbytes and the first eightbyte isn't SSE or
    // any other eightbyte isn't SSEUP, the whole argument is passed in memory." No scalar here has
    // more than one SSEUP.
    if layout.size() > 16 {
        return None;
    }
    let mut classes = [Eightbyte::NoClass; 2];
    for leaf in &*leaves {
        let own = Eightbyte::of(leaf.scalar);
        for (class, own) in classes[leaf.offset as usize / 8..].iter_mut().zip(own) {
            *class = class.merge(own);
        }
    }
    clean_up(classes)
}

/// A scalar is classified as a record of nothing else.
fn leaves(layout: &Layout) -> Cow<'_, [Leaf]> {
    match layout {
        Layout::Scalar(scalar) => Cow::Owned(vec![Leaf {
            offset: 0,
            scalar: *scalar,
        }]),
        Layout::Record(record) => Cow::Borrowed(record.leaves()),
    }
}

/// "Then a post merger cleanup is done."
fn clean_up([first, mut second]: [Eightbyte; 2]) -> Option<[Eightbyte; 2]> {
    // "(a) If one of the classes is MEMORY, the whole argument is passed in memory."
    let memory = [first, second].contains(&Eightbyte::Memory);
    // "(b) If X87UP is not preceded by X87, the whole argument is passed in memory."
    if memory || (second == Eightbyte::X87Up && first != Eightbyte::X87) {
        return None;
    }
    // "(d) If SSEUP is not preceded by SSE or SSEUP, it is converted to SSE."
    if second == Eightbyte::SseUp && first != Eightbyte::Sse {
        second = Eightbyte::Sse;
    }
    Some([first, second])
}

impl Eightbyte {
    /// The classes of the eightbytes of a scalar; the second is `NoClass` if it has only one.
    fn of(scalar: Scalar) -> [Self; 2] {
        match (scalar, scalar.bank()) {
            // "The 64-bit mantissa of arguments of type long double belongs to class X87, the
            // 16-bit exponent plus 6 bytes of padding belongs to class X87UP."
            (Scalar::F80, _) => [Self::X87, Self::X87Up],
            // "A variable of type complex long double is classified as type COMPLEX_X87."
            (_, Bank::X87) => [Self::ComplexX87, Self::ComplexX87],
            // "Arguments of types __float128 … and __m128 are split into two halves. The least
            // significant ones belong to class SSE, the most significant one to class SSEUP."
            (Scalar::F128 | Scalar::V128, _) => [Self::Sse, Self::SseUp],
            (_, Bank::Fpr) => [Self::Sse, Self::NoClass],
            // "For classification purposes __int128 is treated as if it were implemented as
            // typedef struct { long low, high; } __int128; with the exception that arguments of
            // type __int128 that are stored in memory must be aligned on a 16-byte boundary."
            // clang before version 18 splits one between the last register and the stack.
            (Scalar::I128 | Scalar::U128, _) => [Self::Integer, Self::Integer],
            (_, Bank::Gpr) => [Self::Integer, Self::NoClass],
        }
    }

    fn is_x87(self) -> bool {
        matches!(self, Self::X87 | Self::X87Up | Self::ComplexX87)
    }

    /// The class of an eightbyte that two fields share.
    fn merge(self, other: Self) -> Self {
        match (self, other) {
            // "(a) If both classes are equal, this is the resulting class."
            _ if self == other => self,
            // "(b) If one of the classes is NO_CLASS, the resulting class is the other class."
            (Self::NoClass, class) | (class, Self::NoClass) => class,
            // "(c) If one of the classes is MEMORY, the result is the MEMORY class."
            (Self::Memory, _) | (_, Self::Memory) => Self::Memory,
            // "(d) If one of the classes is INTEGER, the result is the INTEGER."
            (Self::Integer, _) | (_, Self::Integer) => Self::Integer,
            // "(e) If one of the classes is X87, X87UP, COMPLEX_X87 class, MEMORY is used as class."
            _ if self.is_x87() || other.is_x87() => Self::Memory,
            // "(f) Otherwise class SSE is used."
            _ => Self::Sse,
        }
    }
}

/// What each register carries. A register is no wider than what is in it, so that nothing beside
/// the value is read.
fn pieces(layout: &Layout, [first, second]: [Eightbyte; 2]) -> Vec<Piece> {
    let size = layout.size();
    if second == Eightbyte::SseUp {
        return vec![Bank::Fpr.piece(0, 16)];
    }
    let leaves = leaves(layout);
    // The part of a field that lies in the eightbyte ends here.
    let end = |start: u32| {
        let inside =
            |leaf: &&Leaf| leaf.offset < start + 8 && leaf.offset + leaf.scalar.size() > start;
        let ends = leaves.iter().filter(inside);
        let ends = ends.map(|leaf| (leaf.offset + leaf.scalar.size()).min(start + 8));
        ends.max().unwrap_or(start)
    };
    let piece = |(start, class): (u32, Eightbyte)| match class {
        Eightbyte::Integer => Some(Bank::Gpr.piece(start, (size - start).min(8))),
        Eightbyte::Sse => Some(Bank::Fpr.piece(start, end(start) - start)),
        Eightbyte::X87 => Some(Bank::X87.piece(0, 10)),
        Eightbyte::ComplexX87 => Some(Bank::X87.piece(2 * start, 10)),
        Eightbyte::NoClass | Eightbyte::SseUp | Eightbyte::X87Up | Eightbyte::Memory => None,
    };
    [(0, first), (8, second)]
        .into_iter()
        .filter_map(piece)
        .collect()
}
