//! The registers that a C function must preserve.
#![forbid(unsafe_code)]

/// Their names: of System V the first six, of Windows x64 all.
#[cfg(target_arch = "x86_64")]
const NAMES: [&str; 18] = [
    "rbx", "rbp", "r12", "r13", "r14", "r15", "rdi", "rsi", "xmm6", "xmm7", "xmm8", "xmm9",
    "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
];

/// Their names, and the stack pointer.
#[cfg(target_arch = "aarch64")]
const NAMES: [&str; 20] = [
    "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "d8", "d9", "d10",
    "d11", "d12", "d13", "d14", "d15", "sp",
];

/// The names of those whose bit is set.
pub(crate) fn names(lost: u32) -> Vec<&'static str> {
    let changed = (0..NAMES.len()).filter(|bit| lost >> bit & 1 == 1);
    changed.map(|bit| NAMES[bit]).collect()
}
