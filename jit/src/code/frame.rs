//! Frame and range of addresses → the unwind record of a chunk, as bytes.
//!
//! A record is one CIE and one FDE in the format of `.eh_frame` (DWARF 5, 6.4, with the changes of
//! the LSB), and a zero that ends them. It covers the whole range and tells where a frame's
//! registers are *at every call inside the frame*; between the instructions of prologue and
//! epilogue it is wrong, and nothing unwinds from there.
//!
//! ```text
//! x64 frame at 0x7f0000000000, 65536 bytes
//!   CFA = rbp + 16
//!   rip at CFA - 8
//!   rbp at CFA - 16
//! ```
#![forbid(unsafe_code)]

use std::fmt;

/// The one form of prologue that the framed code of an architecture has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Frame {
    /// `push rbp; mov rbp, rsp; sub rsp, N`
    X64,
    /// `stp x29, x30, [sp, #-16]!; mov x29, sp; sub sp, sp, #N`
    A64,
}

/// A register's number in DWARF, with its name.
type Register = (u8, &'static str);

/// Where a frame keeps things: all that a record says.
struct Rules {
    name: &'static str,
    frame_pointer: Register,
    /// The distance from the frame pointer to the CFA, the stack pointer before the call.
    cfa: u8,
    /// The number of the return address.
    return_address: u8,
    /// Registers and how many words below the CFA they are saved.
    saved: [(Register, u8); 2],
}

const X64: Rules = Rules {
    name: "x64",
    frame_pointer: (6, "rbp"),
    cfa: 16,
    return_address: 16,
    saved: [((16, "rip"), 1), ((6, "rbp"), 2)],
};

const A64: Rules = Rules {
    name: "a64",
    frame_pointer: (29, "x29"),
    cfa: 16,
    return_address: 30,
    saved: [((29, "x29"), 2), ((30, "x30"), 1)],
};

/// The size of a saved register and of an address, in bytes.
const WORD: u8 = 8;

impl Frame {
    /// The frame of the architecture that this is compiled for, if it has one.
    pub const HOST: Option<Self> = HOST;

    /// The record of the addresses from `start` to `start + len`.
    pub fn record(self, start: u64, len: u64) -> UnwindRecord {
        let mut bytes = common_entry(self.rules());
        let entry = bytes.len();
        bytes.extend(address_entry(entry, start, len));
        bytes.extend([0; WORD as usize]);
        UnwindRecord {
            frame: self,
            start,
            len,
            entry,
            bytes,
        }
    }

    const fn rules(self) -> &'static Rules {
        match self {
            Self::X64 => &X64,
            Self::A64 => &A64,
        }
    }
}

#[cfg(target_arch = "x86_64")]
const HOST: Option<Frame> = Some(Frame::X64);

#[cfg(target_arch = "aarch64")]
const HOST: Option<Frame> = Some(Frame::A64);

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const HOST: Option<Frame> = None;

/// The CIE: what all frames of this form have in common.
fn common_entry(rules: &Rules) -> Vec<u8> {
    const DEF_CFA: u8 = 0x0c;
    const OFFSET: u8 = 0x80;
    let (code_alignment, data_alignment) = (1, -(WORD as i8) as u8 & 0x7f);
    let mut body = vec![0, 0, 0, 0]; // not an FDE
    body.extend([1, 0]); // version, no augmentation: addresses are absolute
    body.extend([code_alignment, data_alignment, rules.return_address]);
    body.extend([DEF_CFA, rules.frame_pointer.0, rules.cfa]);
    for ((number, _), words) in rules.saved {
        body.extend([OFFSET | number, words]);
    }
    entry(body)
}

/// The FDE: the range of addresses, with no rules but those of the CIE, `distance` bytes before.
fn address_entry(distance: usize, start: u64, len: u64) -> Vec<u8> {
    const LENGTH: usize = 4;
    let mut body = ((distance + LENGTH) as u32).to_ne_bytes().to_vec();
    body.extend(start.to_ne_bytes());
    body.extend(len.to_ne_bytes());
    entry(body)
}

/// Puts the length before an entry and pads it with `DW_CFA_nop` to whole words.
fn entry(mut body: Vec<u8>) -> Vec<u8> {
    const LENGTH: usize = 4;
    let whole = (LENGTH + body.len()).next_multiple_of(WORD as usize);
    body.resize(whole - LENGTH, 0);
    let mut bytes = (body.len() as u32).to_ne_bytes().to_vec();
    bytes.extend(body);
    bytes
}

/// The unwind record of a range of addresses, for the unwinder of the process that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnwindRecord {
    frame: Frame,
    start: u64,
    len: u64,
    entry: usize,
    bytes: Vec<u8>,
}

impl UnwindRecord {
    /// CIE, FDE and the zero at the end, whole words of 8 bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where in [`bytes`](Self::bytes) the FDE begins.
    pub fn entry(&self) -> usize {
        self.entry
    }
}

impl fmt::Display for UnwindRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.frame.rules();
        writeln!(
            f,
            "{} frame at {:#x}, {} bytes",
            rules.name, self.start, self.len
        )?;
        writeln!(f, "  CFA = {} + {}", rules.frame_pointer.1, rules.cfa)?;
        for ((_, name), words) in rules.saved {
            writeln!(f, "  {name} at CFA - {}", words * WORD)?;
        }
        Ok(())
    }
}
