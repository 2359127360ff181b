//! A machine that executes operations on x86-64 registers, and refuses what they must not do.
//!
//! Registers of roles and entries are those of the manuals, not of the encoder.

use farcall_jit::abi::{Abi, Loc, SYSV_X64, WIN_X64};
use farcall_jit::trampoline::{Base, Mem, Op, Reg, Role};
use std::collections::BTreeMap;

const RAX: u8 = 0;
const RCX: u8 = 1;
const RDX: u8 = 2;
const RSI: u8 = 6;
const RDI: u8 = 7;

/// The lowest address of the frame, aligned to anything.
pub(crate) const FRAME: u64 = 1 << 40;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Called,
    Jumped,
    Mismatch,
}

pub(crate) struct Machine {
    pub(crate) gprs: [u64; 16],
    pub(crate) fprs: [u64; 16],
    /// What may be read: bytes by their first address.
    pub(crate) memory: BTreeMap<u64, Vec<u8>>,
    /// The bytes of the frame, where they were stored.
    pub(crate) frame: Vec<Option<u8>>,
    pub(crate) align: u32,
    entries: [u8; 4],
    count: u8,
}

impl Machine {
    /// A machine with junk in its registers and `entries` where the ABI has its first arguments.
    pub(crate) fn new(abi: &Abi, entries: [u64; 4]) -> Self {
        let (registers, count) = match abi.name {
            name if name == SYSV_X64.name => ([RDI, RSI, RDX, RCX], RCX),
            name if name == WIN_X64.name => ([RCX, RDX, 8, 9], 9),
            name => panic!("{name} has no machine"),
        };
        let mut machine = Self {
            gprs: [0xdead_dead_dead_dead; 16],
            fprs: [0xbeef_beef_beef_beef; 16],
            memory: BTreeMap::new(),
            frame: Vec::new(),
            align: 0,
            entries: registers,
            count,
        };
        for (register, value) in registers.into_iter().zip(entries) {
            machine.gprs[usize::from(register)] = value;
        }
        machine
    }

    pub(crate) fn run(&mut self, ops: &[Op]) -> End {
        assert_eq!(ops[0], Op::Land);
        for (index, op) in ops.iter().enumerate().skip(1) {
            match *op {
                Op::Land => panic!("a second landing"),
                Op::Expect(at, kind) => {
                    if self.read(at, 4) != u64::from(kind) {
                        assert_eq!(ops.last(), Some(&Op::Mismatch));
                        return End::Mismatch;
                    }
                }
                Op::ExpectNonNull(at) => {
                    if self.read(at, 8) == 0 {
                        assert_eq!(ops.last(), Some(&Op::Mismatch));
                        return End::Mismatch;
                    }
                }
                Op::Enter { size, align } => {
                    assert!(self.frame.is_empty() && size > 0, "one frame");
                    assert!(size.is_multiple_of(16) && align.is_power_of_two() && align >= 16);
                    self.frame = vec![None; size as usize];
                    self.align = align;
                }
                Op::Copy(to, from) => *self.gpr(to) = *self.gpr(from),
                Op::Load(to, from, width) => {
                    let value = self.read(from, width);
                    match to {
                        Reg::Plan(Loc::Fpr(number)) => {
                            assert!(matches!(width, 4 | 8), "a float of {width} bytes");
                            self.fprs[usize::from(number)] = value;
                        }
                        _ => *self.gpr(to) = value,
                    }
                }
                Op::Store(to, from) => {
                    let bytes = self.gpr(from).to_le_bytes();
                    self.store(to, &bytes);
                }
                Op::Block(to, from, size) => {
                    let from = self.address(from);
                    let bytes = self.bytes(from, size as usize).to_vec();
                    self.store(to, &bytes);
                    self.gprs[usize::from(self.count)] = 0xc0c0_c0c0_c0c0_c0c0;
                }
                Op::Address(to, at) => *self.gpr(to) = self.address(at),
                Op::Vectors(count) => self.gprs[usize::from(RAX)] = count.into(),
                Op::CallAndReturn | Op::Jump => {
                    let rest = &ops[index + 1..];
                    assert!(matches!(rest, [] | [Op::Mismatch]), "code after the end");
                    return match op {
                        Op::Jump => End::Jumped,
                        _ => End::Called,
                    };
                }
                Op::Mismatch => panic!("ran into the exit"),
            }
        }
        panic!("ran off the end")
    }

    fn gpr(&mut self, reg: Reg) -> &mut u64 {
        let number = match reg {
            Reg::Plan(Loc::Gpr(number)) => number,
            Reg::Plan(loc) => panic!("{loc:?} as a general-purpose register"),
            Reg::Role(Role::Target) => 11,
            Reg::Role(Role::Slots) => 10,
            Reg::Role(Role::Temp) => RAX,
            Reg::Role(Role::Count) => self.count,
            Reg::Entry(number) => self.entries[usize::from(number)],
        };
        &mut self.gprs[usize::from(number)]
    }

    fn address(&mut self, at: Mem) -> u64 {
        let base = match at.base {
            Base::Reg(reg) => *self.gpr(reg),
            Base::Frame => FRAME,
        };
        base + u64::from(at.offset)
    }

    fn read(&mut self, at: Mem, width: u32) -> u64 {
        let address = self.address(at);
        let mut value = [0; 8];
        value[..width as usize].copy_from_slice(self.bytes(address, width as usize));
        u64::from_le_bytes(value)
    }

    /// The bytes of one readable place; nothing beside it.
    fn bytes(&self, address: u64, len: usize) -> &[u8] {
        let (start, bytes) = self.memory.range(..=address).next_back().expect("memory");
        let start = (address - start) as usize;
        let bytes = bytes.get(start..start + len);
        bytes.unwrap_or_else(|| panic!("{len} bytes at {address:#x} are not readable"))
    }

    fn store(&mut self, to: Mem, bytes: &[u8]) {
        assert_eq!(to.base, Base::Frame, "only the frame is written");
        for (index, byte) in (to.offset as usize..).zip(bytes) {
            let place = self.frame[index].replace(*byte);
            assert_eq!(place, None, "byte {index} of the frame is stored twice");
        }
    }

    /// The bytes at an address in the frame, all of which were stored.
    pub(crate) fn stored(&self, address: u64, len: usize) -> Vec<u8> {
        let start = (address - FRAME) as usize;
        let bytes = &self.frame[start..start + len];
        bytes.iter().map(|b| b.expect("a stored byte")).collect()
    }
}
