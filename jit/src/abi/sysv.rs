//! System V Application Binary Interface, AMD64 Architecture Processor Supplement, section 3.2.3.
#![forbid(unsafe_code)]

use super::{Abi, Arch, Class, Piece, Sret, scalar_piece};
use crate::layout::{Bank, Layout, Record};

/// The convention of Linux, macOS and the BSDs on x86-64.
#[rustfmt::skip]
pub static SYSV_X64: Abi = Abi {
    name: "System V x86-64",
    arch: Arch::X64,
    gprs: &[7, 6, 2, 1, 8, 9],              // rdi rsi rdx rcx r8 r9
    fprs: &[0, 1, 2, 3, 4, 5, 6, 7],        // xmm0 to xmm7
    result_gprs: &[0, 2],                   // rax rdx
    result_fprs: &[0, 1],                   // xmm0 xmm1
    sret: Sret::FirstArgument,
    sret_returned: Some(0),                 // rax, "the address that has been passed in"
    positional: false,
    shadow: 0,
    counts_vectors: true,
    twins_floats: false,
    argument: classify,
    result: classify,
};

fn classify(layout: &Layout) -> Class {
    match layout {
        Layout::Scalar(scalar) => scalar_piece(layout, scalar.bank()),
        Layout::Record(record) => classify_record(record),
    }
}

fn classify_record(record: &Record) -> Class {
    // "If the size of an object is larger than eight eightbytes, or it contains unaligned fields,
    // it has class MEMORY", and after the merge: "if the size of the aggregate exceeds two
    // eightbytes and the first eightbyte isn't SSE or any other eightbyte isn't SSEUP, the whole
    // argument is passed in memory"; SSEUP arises from vectors only.
    //
    // Every element of an array counts, as clang reads the sentence. gcc looks at the first only
    // and so passes a small array of packed records in registers where clang passes it in memory.
    let unaligned = record
        .leaves()
        .iter()
        .any(|leaf| leaf.offset % leaf.scalar.size() != 0);
    if record.size() > 16 || unaligned {
        return Class::Memory;
    }
    let eightbytes = (0..record.size()).step_by(8);
    Class::Registers(
        eightbytes
            .filter_map(|start| classify_eightbyte(record, start))
            .collect(),
    )
}

/// The class of the eightbyte at `start`; `None` is NO_CLASS, "used for padding".
fn classify_eightbyte(record: &Record, start: u32) -> Option<Piece> {
    let inside = |offset: u32| (start..start + 8).contains(&offset);
    let leaves = record.leaves().iter().filter(|leaf| inside(leaf.offset));
    // "If one of the classes is INTEGER, the result is the INTEGER. … Otherwise class SSE is used."
    let bank = leaves.clone().map(|leaf| leaf.scalar.bank()).min()?;
    let width = match bank {
        Bank::Gpr => (record.size() - start).min(8),
        Bank::Fpr => leaves
            .map(|leaf| leaf.offset + leaf.scalar.size() - start)
            .max()?,
    };
    Some(Piece {
        bank,
        offset: start,
        width,
    })
}
