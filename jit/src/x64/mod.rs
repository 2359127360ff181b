//! Operations as x86-64 code.
//!
//! Guarantee: the bytes depend on the operations and the roles only, run at any address, and
//! touch no memory but what the operations name, the frame and the mismatch flag.
//!
//! The frame of a trampoline that has one:
//!
//! ```text
//!              downcall                                upcall
//!   rbp+16                                             stack arguments, below them shadow space
//!   rbp+8      return address                          return address
//!   rbp        the caller's rbp                        the caller's rbp
//!     …        address of the result, copies          arguments in pieces, result, pairs
//!              of indirect arguments
//!   rsp        stack arguments, below them shadow      the handler's shadow space
//! ```
#![forbid(unsafe_code)]

mod asm;
mod block;
mod vector;

use crate::abi::{Abi, Loc};
use crate::layout::Scalar;
use crate::trampoline::{Base, Mem, Op, Reg, Role};
use crate::{Error, Result};
use asm::Assembler;
use iced_x86::{Code, Register};
use std::ops::Range;

/// The registers of the roles: volatile, and never an argument of the ABI.
#[derive(Clone, Copy)]
struct Roles {
    target: Register,
    slots: Register,
    context: Register,
    temp: Register,
    /// Also an argument register; free until the first argument is loaded.
    count: Register,
    vector: Register,
    /// The trampoline's own arguments.
    entry: [Register; 4],
}

#[rustfmt::skip]
const SYSV: Roles = Roles {
    target: Register::R11, slots: Register::R10, context: Register::R10, temp: Register::RAX,
    count: Register::RCX, vector: Register::XMM15,
    entry: [Register::RDI, Register::RSI, Register::RDX, Register::RCX],
};

#[rustfmt::skip]
const WIN64: Roles = Roles {
    target: Register::R11, slots: Register::R10, context: Register::R10, temp: Register::RAX,
    count: Register::R9, vector: Register::XMM5,
    entry: [Register::RCX, Register::RDX, Register::R8, Register::R9],
};

/// Frames larger than this are touched page by page, so that a stack overflow hits the guard page,
/// and so that Windows, which adds pages to a stack one by one, adds them. A smaller one is first
/// written to within a page of what the caller has touched.
const PAGE: u32 = 4096;

/// The distance from the frame pointer to the caller's stack: the saved rbp and the return address.
const CALLER: u32 = 16;

/// Larger offsets and sizes are refused, so that the sum of two is still a displacement.
const LARGEST: u32 = 1 << 30;

/// The code for `ops`, which were lowered for `abi`.
///
/// # Errors
/// [`Error::Unsupported`] if an operation has no encoding, which no lowered one is: an offset or
/// size above 1 GiB, a register of the wrong kind, a check without an exit.
pub fn encode(ops: &[Op], abi: &Abi) -> Result<Vec<u8>> {
    encode_framed(ops, abi).map(|(code, _)| code)
}

/// As [`encode`], and which of the bytes have a frame: from the prologue to the last return, without
/// the checks before and the exit behind them.
///
/// # Errors
/// As [`encode`].
pub fn encode_framed(ops: &[Op], abi: &Abi) -> Result<(Vec<u8>, Option<Range<usize>>)> {
    let roles = if abi.positional { WIN64 } else { SYSV };
    let mut encoder = Encoder {
        roles,
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
    roles: Roles,
    asm: Assembler,
}

impl Encoder {
    fn op(&mut self, op: Op) {
        match op {
            Op::Land => self.asm.plain(Code::Endbr64),
            Op::Expect(at, kind) => {
                let at = self.mem(at);
                self.asm
                    .mem_imm(Code::Cmp_rm32_imm32, at, kind.cast_signed());
                self.asm.jump_to_exit(Code::Jne_rel8_64, Code::Jne_rel32_64);
            }
            Op::ExpectNonNull(at) => {
                let at = self.mem(at);
                self.asm.mem_imm(Code::Cmp_rm64_imm8, at, 0);
                self.asm.jump_to_exit(Code::Je_rel8_64, Code::Je_rel32_64);
            }
            Op::Enter { size, align } if size.max(align) <= LARGEST => self.enter(size, align),
            Op::Block(_, _, size) if size > LARGEST => self.asm.fail(),
            Op::Enter { .. } => self.asm.fail(),
            Op::Copy(to, from) => {
                let (to, from) = (self.gpr(to), self.gpr(from));
                self.asm.mov(to, from);
            }
            Op::Load(to, from, width) => self.load(to, from, width),
            Op::Extend(to, from, scalar) => self.extend(to, from, scalar),
            Op::Store(to, from, width) => self.store(to, from, width),
            Op::Set(at, number) => {
                let at = self.mem(at);
                self.asm
                    .mem_imm(Code::Mov_rm32_imm32, at, number.cast_signed());
            }
            Op::Block(to, from, size) => {
                let (to, from) = (self.mem(to), self.mem(from));
                let Roles { count, vector, .. } = self.roles;
                block::copy(&mut self.asm, to, from, size, count, vector);
            }
            Op::Address(to, at) => {
                let (to, at) = (self.gpr(to), self.mem(at));
                self.asm.reg_mem(Code::Lea_r64_m, to, at);
            }
            Op::Vectors(count) => {
                self.asm
                    .reg_imm(Code::Mov_r32_imm32, Register::EAX, count.into())
            }
            Op::Count(at) => {
                let at = self.mem(at);
                self.asm.locked_mem(Code::Inc_rm64, at);
            }
            Op::Call => self.asm.reg(Code::Call_rm64, self.roles.target),
            Op::CallAndReturn => {
                self.asm.reg(Code::Call_rm64, self.roles.target);
                self.leave();
            }
            Op::CallThrough(at) => {
                let at = self.mem(at);
                self.asm.mem(Code::Call_rm64, at);
            }
            Op::Jump => self.asm.reg(Code::Jmp_rm64, self.roles.target),
            Op::JumpThrough(at) => {
                let at = self.mem(at);
                self.asm.mem(Code::Jmp_rm64, at);
            }
            Op::Return => self.leave(),
            Op::Mismatch => {
                self.asm.exit();
                let flag = asm::At {
                    base: self.roles.entry[3],
                    index: Register::None,
                    offset: 0,
                };
                self.asm.mem_imm(Code::Mov_rm8_imm8, flag, 1);
                self.asm.plain(Code::Retnq);
            }
        }
    }

    /// The one prologue. Frames that could step over the guard page are touched first, down to the
    /// lowest byte that the alignment may reach.
    fn enter(&mut self, size: u32, align: u32) {
        let asm = &mut self.asm;
        asm.frame();
        asm.reg(Code::Push_r64, Register::RBP);
        asm.mov(Register::RBP, Register::RSP);
        let reach = size + if align > 16 { align } else { 0 };
        if reach > PAGE {
            let rax = self.roles.temp;
            asm.reg_imm(
                Code::Mov_r32_imm32,
                asm::low32(rax),
                reach.div_ceil(PAGE).cast_signed(),
            );
            let top = asm.label();
            asm.reg_imm(Code::Sub_rm64_imm32, Register::RSP, PAGE.cast_signed());
            let stack = asm::At {
                base: Register::RSP,
                index: Register::None,
                offset: 0,
            };
            asm.mem_imm(Code::Or_rm32_imm8, stack, 0);
            asm.reg_imm(Code::Sub_rm32_imm8, asm::low32(rax), 1);
            asm.jump_back(Code::Jne_rel8_64, top);
            asm.mov(Register::RSP, Register::RBP);
        }
        asm.reg_imm(Code::Sub_rm64_imm32, Register::RSP, size.cast_signed());
        if align > 16 {
            asm.reg_imm(Code::And_rm64_imm32, Register::RSP, -align.cast_signed());
        }
    }

    fn leave(&mut self) {
        self.asm.plain(Code::Leaveq);
        self.asm.plain(Code::Retnq);
    }

    fn extend(&mut self, to: Reg, from: Reg, scalar: Scalar) {
        let to = self.gpr(to);
        let low = asm::low32(to);
        if let Reg::Plan(Loc::Fpr(number)) = from {
            return match scalar {
                Scalar::F16 => {
                    let (code, xmm) = (Code::Pextrw_r32_xmm_imm8, xmm(number));
                    self.asm.reg_reg_imm(code, low, xmm, 0);
                }
                Scalar::F32 => self.asm.reg_reg(Code::Movd_rm32_xmm, low, xmm(number)),
                Scalar::F64 | Scalar::V64 => {
                    self.asm.reg_reg(Code::Movq_rm64_xmm, to, xmm(number));
                }
                _ => self.asm.fail(),
            };
        }
        let from = self.gpr(from);
        let (from8, from16, from32) = (asm::low8(from), asm::low16(from), asm::low32(from));
        match scalar {
            Scalar::I8 => self.asm.reg_reg(Code::Movsx_r64_rm8, to, from8),
            Scalar::U8 => self.asm.reg_reg(Code::Movzx_r32_rm8, low, from8),
            Scalar::I16 => self.asm.reg_reg(Code::Movsx_r64_rm16, to, from16),
            Scalar::U16 | Scalar::F16 => self.asm.reg_reg(Code::Movzx_r32_rm16, low, from16),
            Scalar::I32 => self.asm.reg_reg(Code::Movsxd_r64_rm32, to, from32),
            Scalar::U32 | Scalar::F32 => self.asm.reg_reg(Code::Mov_rm32_r32, low, from32),
            Scalar::I64 | Scalar::U64 | Scalar::F64 | Scalar::V64 => self.asm.mov(to, from),
            Scalar::I128
            | Scalar::U128
            | Scalar::F80
            | Scalar::F128
            | Scalar::C80
            | Scalar::V128 => self.asm.fail(),
        }
    }

    fn store(&mut self, to: Mem, from: Reg, width: u32) {
        let at = self.mem(to);
        match (from, width) {
            (Reg::Plan(Loc::Fpr(number)), _) => {
                vector::store(&mut self.asm, at, xmm(number), width, self.roles.temp);
            }
            (Reg::Plan(Loc::X87(_)), 10) => self.asm.mem(Code::Fstp_m80fp, at),
            (Reg::Plan(Loc::X87(_)), _) => self.asm.fail(),
            (from, 8) => {
                let from = self.gpr(from);
                self.asm.mem_reg(Code::Mov_rm64_r64, at, from);
            }
            _ => self.asm.fail(),
        }
    }

    fn load(&mut self, to: Reg, from: Mem, width: u32) {
        let from = self.mem(from);
        match (to, width) {
            (Reg::Plan(Loc::Fpr(number)), _) => {
                vector::load(&mut self.asm, xmm(number), from, width);
            }
            (Reg::Plan(Loc::X87(_)), 10) => self.asm.mem(Code::Fld_m80fp, from),
            (Reg::Plan(Loc::X87(_)), _) => self.asm.fail(),
            (to, 1..=8) => {
                let to = self.gpr(to);
                self.load_gpr(to, from, width);
            }
            _ => self.asm.fail(),
        }
    }

    /// Loads 1 to 8 bytes and no byte more: the highest chunk first, then each lower one is merged
    /// below it.
    fn load_gpr(&mut self, to: Register, from: asm::At, width: u32) {
        let low = asm::low32(to);
        let first = match width {
            8.. => return self.asm.reg_mem(Code::Mov_r64_rm64, to, from),
            4..8 => 4,
            2 => 2,
            _ => 1,
        };
        let mut offset = width - first;
        let code = [
            Code::Movzx_r32_rm8,
            Code::Movzx_r32_rm16,
            Code::Mov_r32_rm32,
        ];
        self.asm
            .reg_mem(code[first.ilog2() as usize], low, from.plus(offset));
        while offset > 0 {
            let chunk = if offset.is_multiple_of(2) { 2 } else { 1 };
            offset -= chunk;
            self.asm
                .reg_imm(Code::Shl_rm64_imm8, to, 8 * chunk.cast_signed());
            match chunk {
                1 => self
                    .asm
                    .reg_mem(Code::Mov_r8_rm8, asm::low8(to), from.plus(offset)),
                _ => self
                    .asm
                    .reg_mem(Code::Mov_r16_rm16, asm::low16(to), from.plus(offset)),
            }
        }
    }

    fn mem(&mut self, mem: Mem) -> asm::At {
        if mem.offset > LARGEST {
            self.asm.fail();
        }
        let (base, lowest) = match mem.base {
            Base::Reg(reg) => (self.gpr(reg), 0),
            Base::Frame => (Register::RSP, 0),
            Base::Caller => (Register::RBP, CALLER),
            Base::Code => (Register::RIP, 0),
        };
        asm::At {
            base,
            index: Register::None,
            offset: lowest + mem.offset.min(LARGEST),
        }
    }

    fn gpr(&mut self, reg: Reg) -> Register {
        match reg {
            Reg::Plan(Loc::Gpr(number)) => asm::gpr64(number),
            Reg::Plan(Loc::Fpr(_) | Loc::X87(_) | Loc::Stack(_)) => {
                self.asm.fail();
                Register::RAX
            }
            Reg::Role(Role::Target) => self.roles.target,
            Reg::Role(Role::Slots) => self.roles.slots,
            Reg::Role(Role::Temp) => self.roles.temp,
            Reg::Role(Role::Count) => self.roles.count,
            Reg::Role(Role::Context) => self.roles.context,
            Reg::Entry(number) => self.roles.entry[usize::from(number & 3)],
        }
    }
}

fn xmm(number: u8) -> Register {
    Register::XMM0 + u32::from(number & 15)
}
