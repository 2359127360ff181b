//! Frame → the unwind codes of Windows x64, as bytes.
//!
//! An `UNWIND_INFO` (Microsoft Learn, "x64 exception handling") tells what the prologue has done by
//! each of its instructions, so that a frame can be unwound from every one of them. It belongs to a
//! range that begins with the prologue:
//!
//! ```text
//! push rbp                  1: PUSH_NONVOL rbp
//! mov  rbp, rsp             4: SET_FPREG rbp + 0
//! …
//! leave
//! ret                       recognised as the end of an epilogue
//! ```
//!
//! What happens to `rsp` behind these two instructions, probing included, needs no code: the frame
//! is found by `rbp`. One record therefore serves every frame, whatever its size and alignment.
//! At `leave` the codes hold still, and at `ret` the unwinder sees that there is nothing left to do.
//! Code before and behind the range is that of a leaf, which needs no record.
#![forbid(unsafe_code)]

/// The first instructions of a frame, `push rbp; mov rbp, rsp`, in both encodings of the second.
const PROLOGUES: [[u8; 4]; 2] = [[0x55, 0x48, 0x89, 0xe5], [0x55, 0x48, 0x8b, 0xec]];

/// The one `UNWIND_INFO`, whose address must be a multiple of 4.
pub(super) const RECORD: [u8; 8] = [
    1, // version 1, no handler
    4, // bytes of the prologue
    2, // codes, the last instruction's first
    5, // the frame pointer is rbp, 0 bytes above the stack pointer
    4, 3, // behind the fourth byte: SET_FPREG
    1, 0x50, // behind the first byte: PUSH_NONVOL, register 5
];

/// Whether `code` begins with the prologue that the record is for.
pub(super) fn describes(code: &[u8]) -> bool {
    PROLOGUES.iter().any(|prologue| code.starts_with(prologue))
}

#[cfg(test)]
mod tests {
    use super::{RECORD, describes};

    #[test]
    fn the_record_is_for_the_prologue_alone() {
        assert!(describes(&[0x55, 0x48, 0x89, 0xe5, 0xc9]));
        assert!(!describes(&[0x48, 0x89, 0xe5, 0x55]));
        assert!(!describes(&[0x55]));
        assert_eq!(usize::from(RECORD[1]), 4);
    }
}
