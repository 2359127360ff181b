//! The registers that a C function must preserve.
#![forbid(unsafe_code)]

/// Their names: of System V the first six, of Windows x64 all.
const NAMES: [&str; 18] = [
    "rbx", "rbp", "r12", "r13", "r14", "r15", "rdi", "rsi", "xmm6", "xmm7", "xmm8", "xmm9",
    "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
];

/// The names of those whose bit is set.
pub(crate) fn names(lost: u32) -> Vec<&'static str> {
    let changed = (0..NAMES.len()).filter(|bit| lost >> bit & 1 == 1);
    changed.map(|bit| NAMES[bit]).collect()
}
