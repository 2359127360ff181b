//! A machine that executes operations on registers, and refuses what they must not do.
//!
//! Registers of roles and entries are those of the manuals, not of the encoder.

use farcall_jit::abi::{Abi, Arch, Loc, SYSV_X64, WIN_X64};
use farcall_jit::layout::Scalar;
use farcall_jit::trampoline::{Base, Mem, Op, Reg, Role};
use std::collections::BTreeMap;

const RAX: u8 = 0;
const RCX: u8 = 1;
const RDX: u8 = 2;
const RSI: u8 = 6;
const RDI: u8 = 7;

/// The lowest address of the frame, aligned to anything.
pub(crate) const FRAME: u64 = 1 << 40;

/// Where the caller of an upcall has its stack arguments, aligned to anything.
pub(crate) const CALLER: u64 = 1 << 41;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Called,
    Jumped,
    Mismatch,
    Returned,
}

/// What a call does from which the trampoline goes on: it is given the machine and, of a call
/// through memory, the place of the address, otherwise the target.
pub(crate) type Handler<'a> = &'a mut dyn FnMut(&mut Machine, u64);

pub(crate) struct Machine {
    pub(crate) gprs: [u64; 17],
    pub(crate) fprs: [u128; 16],
    /// The numbers on the x87 stack, its top last.
    pub(crate) x87: Vec<u128>,
    /// How many were taken off.
    popped: usize,
    /// What may be read: bytes by their first address.
    pub(crate) memory: BTreeMap<u64, Vec<u8>>,
    /// What may be written besides the frame: where the caller wants the result.
    pub(crate) result: Option<u64>,
    /// The bytes that were written there.
    pub(crate) written: BTreeMap<u64, u8>,
    /// The bytes of the frame, where they were stored.
    pub(crate) frame: Vec<Option<u8>>,
    pub(crate) align: u32,
    roles: Roles,
}

/// Which register has which role.
#[derive(Clone, Copy)]
struct Roles {
    entries: [u8; 4],
    target: u8,
    slots: u8,
    context: u8,
    temp: u8,
    count: u8,
    /// Whether a call tells the number of vector registers, and stores of 2 and 6 bytes of one need
    /// the temporary.
    x86: bool,
}

impl Roles {
    fn of(abi: &Abi) -> Self {
        let (entries, count) = match abi.name {
            name if name == SYSV_X64.name => ([RDI, RSI, RDX, RCX], RCX),
            name if name == WIN_X64.name => ([RCX, RDX, 8, 9], 9),
            _ => ([0, 1, 2, 3], 12),
        };
        match abi.arch {
            Arch::X64 => Self {
                entries,
                target: 11,
                slots: 10,
                context: 10,
                temp: RAX,
                count,
                x86: true,
            },
            Arch::A64 => Self {
                entries,
                target: 16,
                slots: 9,
                context: 10,
                temp: 11,
                count,
                x86: false,
            },
        }
    }
}

impl Machine {
    /// A machine with junk in its registers and `entries` where the ABI has its first arguments.
    pub(crate) fn new(abi: &Abi, entries: [u64; 4]) -> Self {
        let roles = Roles::of(abi);
        let mut machine = Self {
            gprs: [0xdead_dead_dead_dead; 17],
            fprs: [0xbeef_beef_beef_beef; 16],
            x87: Vec::new(),
            popped: 0,
            memory: BTreeMap::new(),
            result: None,
            written: BTreeMap::new(),
            frame: Vec::new(),
            align: 0,
            roles,
        };
        for (register, value) in roles.entries.into_iter().zip(entries) {
            machine.gprs[usize::from(register)] = value;
        }
        machine
    }

    /// Runs what calls nothing through memory.
    pub(crate) fn run(&mut self, ops: &[Op]) -> End {
        self.run_with(ops, &mut |_, at| panic!("a call through {at:#x}"))
    }

    pub(crate) fn run_with(&mut self, ops: &[Op], handler: Handler<'_>) -> End {
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
                    let value = self.read_wide(from, width);
                    match to {
                        Reg::Plan(Loc::Fpr(number)) => {
                            assert!(matches!(width, 2 | 4 | 6 | 8 | 16), "{width} bytes");
                            self.fprs[usize::from(number)] = value;
                        }
                        Reg::Plan(Loc::X87(number)) => {
                            assert_eq!(width, 10);
                            // What is pushed later is above it.
                            assert_eq!(usize::from(number), self.to_come(&ops[index + 1..]));
                            self.x87.push(value);
                        }
                        _ => *self.gpr(to) = value.try_into().expect("64 bits"),
                    }
                }
                Op::Extend(to, from, scalar) => {
                    let bits = match from {
                        Reg::Plan(Loc::Fpr(number)) => {
                            use Scalar::{F16, F32, F64, V64};
                            assert!(matches!(scalar, F16 | F32 | F64 | V64));
                            self.fprs[usize::from(number)] as u64
                        }
                        _ => *self.gpr(from),
                    };
                    *self.gpr(to) = extended(bits, scalar);
                }
                Op::Store(to, Reg::Plan(Loc::Fpr(number)), width) => {
                    assert!(matches!(width, 2 | 4 | 6 | 8 | 16), "{width} bytes");
                    let bytes = self.fprs[usize::from(number)].to_le_bytes();
                    self.store(to, &bytes[..width as usize]);
                    if self.roles.x86 && matches!(width, 2 | 6) {
                        self.gprs[usize::from(self.roles.temp)] = 0x7e7e_7e7e_7e7e_7e7e;
                    }
                }
                Op::Store(to, Reg::Plan(Loc::X87(number)), width) => {
                    assert_eq!((width, usize::from(number)), (10, self.popped));
                    let bytes = self.x87.pop().expect("a number on the stack").to_le_bytes();
                    self.popped += 1;
                    self.store(to, &bytes[..10]);
                }
                Op::Store(to, from, width) => {
                    assert!(width == 8 || (!self.roles.x86 && matches!(width, 1 | 2 | 4)));
                    let bytes = self.gpr(from).to_le_bytes();
                    self.store(to, &bytes[..width as usize]);
                }
                Op::Set(at, number) => self.store(at, &number.to_le_bytes()),
                Op::Count(_) | Op::JumpThrough(_) => panic!("{op:?} outside a stub"),
                Op::Call => {
                    let target = self.target();
                    handler(self, target);
                }
                Op::CallThrough(at) => {
                    let at = self.address(at);
                    handler(self, at);
                }
                Op::Block(to, from, size) => {
                    let from = self.address(from);
                    let bytes = self.bytes(from, size as usize).to_vec();
                    self.store(to, &bytes);
                    self.gprs[usize::from(self.roles.count)] = 0xc0c0_c0c0_c0c0_c0c0;
                }
                Op::Address(to, at) => *self.gpr(to) = self.address(at),
                Op::Vectors(count) => {
                    assert!(self.roles.x86);
                    self.gprs[usize::from(RAX)] = count.into();
                }
                Op::CallAndReturn | Op::Jump | Op::Return => {
                    let rest = &ops[index + 1..];
                    assert!(matches!(rest, [] | [Op::Mismatch]), "code after the end");
                    return match op {
                        Op::Jump => End::Jumped,
                        Op::Return => End::Returned,
                        _ => End::Called,
                    };
                }
                Op::Mismatch => panic!("ran into the exit"),
            }
        }
        panic!("ran off the end")
    }

    /// What the register of the target holds.
    pub(crate) fn target(&self) -> u64 {
        self.gprs[usize::from(self.roles.target)]
    }

    /// Puts something else into every register that a callee may overwrite.
    pub(crate) fn overwrite(&mut self, mut with: impl FnMut() -> u64) {
        let volatile: &[usize] = match self.roles.x86 {
            true => &[0, 1, 2, 6, 7, 8, 9, 10, 11],
            false => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
        };
        for register in volatile {
            self.gprs[*register] = with();
        }
    }

    fn gpr(&mut self, reg: Reg) -> &mut u64 {
        let number = match reg {
            Reg::Plan(Loc::Gpr(number)) => number,
            Reg::Plan(loc) => panic!("{loc:?} as a general-purpose register"),
            Reg::Role(Role::Target) => self.roles.target,
            Reg::Role(Role::Slots) => self.roles.slots,
            Reg::Role(Role::Context) => self.roles.context,
            Reg::Role(Role::Temp) => self.roles.temp,
            Reg::Role(Role::Count) => self.roles.count,
            Reg::Entry(number) => self.roles.entries[usize::from(number)],
        };
        &mut self.gprs[usize::from(number)]
    }

    fn address(&mut self, at: Mem) -> u64 {
        let base = match at.base {
            Base::Reg(reg) => *self.gpr(reg),
            Base::Frame => FRAME,
            Base::Caller => CALLER,
            Base::Code => panic!("an address in the code of a trampoline"),
        };
        base + u64::from(at.offset)
    }

    /// How many numbers the operations push onto the x87 stack.
    fn to_come(&self, ops: &[Op]) -> usize {
        let push = |op: &&Op| matches!(op, Op::Load(Reg::Plan(Loc::X87(_)), ..));
        ops.iter().filter(push).count()
    }

    fn read(&mut self, at: Mem, width: u32) -> u64 {
        self.read_wide(at, width).try_into().expect("64 bits")
    }

    fn read_wide(&mut self, at: Mem, width: u32) -> u128 {
        let address = self.address(at);
        let mut value = [0; 16];
        if self.in_frame(address) {
            value[..width as usize].copy_from_slice(&self.stored(address, width as usize));
        } else {
            value[..width as usize].copy_from_slice(self.bytes(address, width as usize));
        }
        u128::from_le_bytes(value)
    }

    /// Whether an address lies in the frame.
    pub(crate) fn in_frame(&self, address: u64) -> bool {
        (FRAME..FRAME + self.frame.len() as u64).contains(&address)
    }

    /// The bytes of one readable place; nothing beside it.
    pub(crate) fn bytes(&self, address: u64, len: usize) -> &[u8] {
        let (start, bytes) = self.memory.range(..=address).next_back().expect("memory");
        let start = (address - start) as usize;
        let bytes = bytes.get(start..start + len);
        bytes.unwrap_or_else(|| panic!("{len} bytes at {address:#x} are not readable"))
    }

    fn store(&mut self, to: Mem, bytes: &[u8]) {
        if self.result.is_some() && to.base == Base::Reg(Reg::Role(Role::Slots)) {
            let result = self.gprs[usize::from(self.roles.slots)];
            return self.write(result, to.offset, bytes);
        }
        assert_eq!(to.base, Base::Frame, "only the frame is written");
        for (index, byte) in (to.offset as usize..).zip(bytes) {
            let place = self.frame[index].replace(*byte);
            assert_eq!(place, None, "byte {index} of the frame is stored twice");
        }
    }

    /// Writes a part of the result.
    fn write(&mut self, result: u64, offset: u32, bytes: &[u8]) {
        assert_eq!(Some(result), self.result);
        for (index, byte) in (u64::from(offset)..).zip(bytes) {
            let before = self.written.insert(index, *byte);
            assert_eq!(before, None, "byte {index} of the result is stored twice");
        }
    }

    /// The bytes at an address in the frame, all of which were stored.
    pub(crate) fn stored(&self, address: u64, len: usize) -> Vec<u8> {
        let start = (address - FRAME) as usize;
        let bytes = &self.frame[start..start + len];
        bytes.iter().map(|b| b.expect("a stored byte")).collect()
    }
}

/// What a scalar in a register is, whatever is above it.
pub(crate) fn extended(bits: u64, scalar: Scalar) -> u64 {
    match scalar {
        Scalar::I8 => i64::from(bits as i8) as u64,
        Scalar::U8 => u64::from(bits as u8),
        Scalar::I16 => i64::from(bits as i16) as u64,
        Scalar::U16 | Scalar::F16 => u64::from(bits as u16),
        Scalar::I32 => i64::from(bits as i32) as u64,
        Scalar::U32 | Scalar::F32 => u64::from(bits as u32),
        Scalar::I64 | Scalar::U64 | Scalar::F64 | Scalar::V64 => bits,
        _ => panic!("{scalar} does not fit into a slot"),
    }
}
