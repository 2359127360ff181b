//! Operations as AArch64 code, of ARMv8.0: what every such processor has.
//!
//! Guarantee: the bytes depend on the operations only, run at any address, and touch no memory but
//! what the operations name, the frame and the mismatch flag. The registers of the roles are none
//! that any ABI of this architecture passes or keeps something in, so that one encoder serves all.
//!
//! The frame of a trampoline that has one:
//!
//! ```text
//!              downcall                                upcall
//!   x29+16                                             stack arguments
//!   x29+8      return address                          return address
//!   x29        the caller's x29                        the caller's x29
//!     …        copies of indirect arguments            records from registers, result, pairs
//!   sp         stack arguments
//! ```
#![forbid(unsafe_code)]

mod asm;
mod block;
mod memory;
mod operand;

use crate::abi::Loc;
use crate::layout::Scalar;
use crate::trampoline::{Mem, Op, Reg, Role};
use crate::{Error, Result};
use asm::{Assembler, Bits, Branch, Condition, Direction, Index, Size};
use operand::{Data, HighOnes, Imm12, SImm7Scaled, V, Width, X, XOrSp, XOrZr};

/// The registers of the roles, and those that one operation uses for itself.
///
/// All are volatile. x16 and x17 are where an indirect jump may be from to land on `bti c`; x18
/// belongs to the system on Windows and Apple's platforms and is never touched.
struct Roles {
    target: X,
    slots: X,
    context: X,
    temp: X,
    /// Free for the operation that copies blocks.
    count: X,
    /// Free within each operation.
    scratch: [X; 3],
    /// The address of an operation that goes through memory.
    through: X,
    vector: V,
}

/// A register of a role; only [`ROLES`] is made by it, so that a wrong number does not compile.
const fn x(number: u8) -> X {
    match X::new(number) {
        Some(x) => x,
        None => panic!("no such register"),
    }
}

const ROLES: Roles = Roles {
    target: x(16),
    slots: x(9),
    context: x(10),
    temp: x(11),
    count: x(12),
    scratch: [x(13), x(14), x(15)],
    through: x(17),
    vector: match V::new(16) {
        Some(v) => v,
        None => panic!("no such register"),
    },
};

/// The general-purpose registers that plans have: x0 to x7 for arguments, x8 for the address of a
/// result. Others belong to roles, to the system or to the caller.
const PLAN_GPRS: u8 = 9;

/// The vector registers that plans have; others are the roles' or the caller's.
const PLAN_FPRS: u8 = 8;

/// Frames larger than this are touched page by page, so that a stack overflow hits the guard page.
/// No system has smaller pages.
const PAGE: u32 = 4096;

/// The saved frame pointer and return address, between the frame and the caller's stack.
const SAVED: i32 = 16;

/// Larger offsets and sizes are refused, as every encoder does.
const LARGEST: u32 = 1 << 30;

/// The code for `ops`.
///
/// # Errors
/// [`Error::Unsupported`] if an operation has no encoding, which no lowered one is: an offset or
/// size above 1 GiB, a register that no ABI of the architecture uses, a check without an exit.
pub fn encode(ops: &[Op]) -> Result<Vec<u8>> {
    let mut encoder = Encoder {
        asm: Assembler::default(),
    };
    for op in ops {
        encoder.op(*op);
    }
    encoder.asm.finish().map_err(|why| Error::Unsupported {
        what: "a trampoline of these operations".to_owned(),
        why,
    })
}

struct Encoder {
    asm: Assembler,
}

impl Encoder {
    fn op(&mut self, op: Op) {
        match op {
            Op::Land => self.asm.land(),
            Op::Expect(at, kind) => self.expect(at, kind),
            Op::ExpectNonNull(at) => {
                let [value, ..] = ROLES.scratch;
                self.load_x(value, at);
                self.asm.jump_to_exit(Condition::Zero(value));
            }
            Op::Enter { size, align } if size.max(align) <= LARGEST => self.enter(size, align),
            Op::Block(_, _, size) if size > LARGEST => self.asm.fail(),
            Op::Enter { .. } => self.asm.fail(),
            Op::Copy(to, from) => {
                let (to, from) = (self.gpr(to), self.gpr(from));
                self.asm.or(Size::X, to, XOrZr::ZR, from, 0);
            }
            Op::Load(to, from, width) => self.load(to, from, width),
            Op::Extend(to, from, scalar) => self.extend(to, from, scalar),
            Op::Store(to, from, width) => self.store(to, from, width),
            Op::Set(at, number) => self.set(at, number),
            Op::Block(to, from, size) => block::copy(self, to, from, size),
            Op::Address(to, at) => {
                let to = self.gpr(to);
                self.address(to, at);
            }
            // No ABI of this architecture counts them.
            Op::Vectors(_) => self.asm.fail(),
            Op::Count(at) => self.count(at),
            Op::Call => self.asm.branch(Branch::Call, ROLES.target),
            Op::CallAndReturn => {
                self.asm.branch(Branch::Call, ROLES.target);
                self.leave();
            }
            Op::CallThrough(at) => {
                self.load_x(ROLES.through, at);
                self.asm.branch(Branch::Call, ROLES.through);
            }
            Op::Jump => self.asm.branch(Branch::Jump, ROLES.target),
            Op::JumpThrough(at) => {
                self.load_x(ROLES.through, at);
                self.asm.branch(Branch::Jump, ROLES.through);
            }
            Op::Return => self.leave(),
            Op::Mismatch => self.mismatch(),
        }
    }

    fn expect(&mut self, at: Mem, kind: u32) {
        let [value, expected, _] = ROLES.scratch;
        self.access(Direction::Load, Data::General(value.into()), Width::B4, at);
        match Imm12::new(kind) {
            Some(kind) => self.asm.compare_imm(value, kind),
            None => {
                self.asm.number(expected, kind);
                self.asm.compare(value, expected);
            }
        }
        self.asm.jump_to_exit(Condition::NotEqual);
    }

    fn mismatch(&mut self) {
        let ([one, ..], flag) = (ROLES.scratch, self.gpr(Reg::Entry(3)));
        self.asm.exit();
        self.asm.number(one, 1);
        let (data, base) = (Data::General(one.into()), flag.into());
        let start = memory::start(Width::B1);
        (self.asm).scaled(Direction::Store, data, Width::B1, base, start);
        self.asm.branch(Branch::Return, X::LR);
    }

    /// The one prologue: `stp x29, x30, [sp, #-16]!; mov x29, sp`. Frames that could step over the
    /// guard page are touched first, down to the lowest byte that the alignment may reach.
    fn enter(&mut self, size: u32, align: u32) {
        let (sp, fp) = (XOrSp::SP, XOrSp::from(X::FP));
        self.pair(Direction::Store, Index::Before, -SAVED);
        self.add(fp, sp, 0);
        let reach = size + if align > 16 { align } else { 0 };
        if reach > PAGE {
            self.probe(reach.div_ceil(PAGE));
        }
        if align <= 16 {
            return self.subtract(sp, sp, size);
        }
        let temp = ROLES.temp;
        self.subtract(temp.into(), sp, size);
        match HighOnes::new(align) {
            Some(mask) => self.asm.and_imm(sp, temp, mask),
            None => self.asm.fail(),
        }
    }

    /// Touches this many pages below the stack pointer, which is where it was afterwards.
    fn probe(&mut self, pages: u32) {
        let (sp, fp, left) = (XOrSp::SP, XOrSp::from(X::FP), ROLES.temp);
        self.asm.number(left, pages);
        let top = self.asm.here();
        self.subtract(sp, sp, PAGE);
        let start = memory::start(Width::B8);
        let zero = Data::General(XOrZr::ZR);
        (self.asm).scaled(Direction::Store, zero, Width::B8, sp, start);
        self.subtract(left.into(), left.into(), 1);
        self.asm.jump_back(Condition::NonZero(Size::X, left), top);
        self.add(sp, fp, 0);
    }

    fn leave(&mut self) {
        self.add(XOrSp::SP, X::FP.into(), 0);
        self.pair(Direction::Load, Index::After, SAVED);
        self.asm.branch(Branch::Return, X::LR);
    }

    /// The frame pointer and the return address, at the stack pointer that this moves.
    fn pair(&mut self, direction: Direction, index: Index, offset: i32) {
        match SImm7Scaled::new(offset) {
            Some(offset) => (self.asm).pair(direction, (X::FP, X::LR), XOrSp::SP, index, offset),
            None => self.asm.fail(),
        }
    }

    /// An addition that other threads see before anything that follows. The loop is of ARMv8.0.
    fn count(&mut self, at: Mem) {
        let [failed, address, value] = ROLES.scratch;
        self.address(address, at);
        let top = self.asm.here();
        self.asm.load_exclusive(value, address.into());
        self.add(value.into(), value.into(), 1);
        self.asm.store_exclusive(failed, value, address.into());
        let again = Condition::NonZero(Size::W, failed);
        self.asm.jump_back(again, top);
        self.asm.barrier();
    }

    fn set(&mut self, at: Mem, number: u32) {
        let [value, ..] = ROLES.scratch;
        let data = if number == 0 {
            XOrZr::ZR
        } else {
            self.asm.number(value, number);
            value.into()
        };
        self.access(Direction::Store, Data::General(data), Width::B4, at);
    }

    fn extend(&mut self, to: Reg, from: Reg, scalar: Scalar) {
        let to = self.gpr(to);
        if let Reg::Plan(Loc::Fpr(number)) = from {
            let from = self.fpr(number);
            return match scalar {
                Scalar::F16 => self.asm.half_bits(to, from),
                Scalar::F32 => self.asm.vector_bits(Size::W, to, from),
                Scalar::F64 | Scalar::V64 => self.asm.vector_bits(Size::X, to, from),
                _ => self.asm.fail(),
            };
        }
        let from = self.gpr(from);
        match scalar {
            Scalar::I8 | Scalar::U8 => self.asm.extend(to, from, Bits::B8, scalar.is_signed()),
            Scalar::I16 | Scalar::U16 | Scalar::F16 => {
                self.asm.extend(to, from, Bits::B16, scalar.is_signed())
            }
            Scalar::I32 => self.asm.extend(to, from, Bits::B32, true),
            Scalar::U32 | Scalar::F32 => self.asm.or(Size::W, to, XOrZr::ZR, from, 0),
            Scalar::I64 | Scalar::U64 | Scalar::F64 | Scalar::V64 => {
                self.asm.or(Size::X, to, XOrZr::ZR, from, 0);
            }
            Scalar::I128
            | Scalar::U128
            | Scalar::F80
            | Scalar::F128
            | Scalar::C80
            | Scalar::V128 => self.asm.fail(),
        }
    }

    fn store(&mut self, to: Mem, from: Reg, width: u32) {
        let data = self.data(from);
        match (Width::new(width), data) {
            (Some(Width::B1), Data::Vector(_)) | (None, _) => self.asm.fail(),
            (Some(width), data) => self.access(Direction::Store, data, width, to),
        }
    }

    fn load(&mut self, to: Reg, from: Mem, width: u32) {
        let data = self.data(to);
        match (Width::new(width), data) {
            (Some(Width::B1) | None, Data::Vector(_)) => self.asm.fail(),
            (Some(width), data) => self.access(Direction::Load, data, width, from),
            (None, Data::General(_)) if width < 8 => {
                let to = self.gpr(to);
                self.load_odd(to, from, width);
            }
            (None, Data::General(_)) => self.asm.fail(),
        }
    }

    /// Loads 3, 5, 6 or 7 bytes and no byte more: the largest power of two from each end, of which
    /// the upper one may have bytes of the lower, the same ones.
    fn load_odd(&mut self, to: X, from: Mem, width: u32) {
        let (low, high) = match width {
            3 => (Width::B2, Width::B1),
            5 => (Width::B4, Width::B1),
            6 => (Width::B4, Width::B2),
            7 => (Width::B4, Width::B4),
            _ => return self.asm.fail(),
        };
        let [upper, ..] = ROLES.scratch;
        let offset = width - (1 << high.log2());
        let last = from.plus(offset);
        self.access(Direction::Load, Data::General(upper.into()), high, last);
        self.access(Direction::Load, Data::General(to.into()), low, from);
        self.asm.or(Size::X, to, to.into(), upper, 8 * offset as u8);
    }

    fn load_x(&mut self, to: X, from: Mem) {
        self.access(Direction::Load, Data::General(to.into()), Width::B8, from);
    }

    fn data(&mut self, reg: Reg) -> Data {
        match reg {
            Reg::Plan(Loc::Fpr(number)) => Data::Vector(self.fpr(number)),
            _ => Data::General(self.gpr(reg).into()),
        }
    }

    fn gpr(&mut self, reg: Reg) -> X {
        let number = match reg {
            Reg::Plan(Loc::Gpr(number)) if number < PLAN_GPRS => number,
            Reg::Entry(number) if number < 4 => number,
            Reg::Plan(_) | Reg::Entry(_) => PLAN_GPRS,
            Reg::Role(Role::Target) => return ROLES.target,
            Reg::Role(Role::Slots) => return ROLES.slots,
            Reg::Role(Role::Temp) => return ROLES.temp,
            Reg::Role(Role::Count) => return ROLES.count,
            Reg::Role(Role::Context) => return ROLES.context,
        };
        let register = X::new(number).filter(|_| number < PLAN_GPRS);
        self.asm.expect(register, ROLES.temp)
    }

    fn fpr(&mut self, number: u8) -> V {
        let register = V::new(number).filter(|_| number < PLAN_FPRS);
        self.asm.expect(register, ROLES.vector)
    }
}
