//! Loads and stores of vector registers.
#![forbid(unsafe_code)]

use super::asm::{Assembler, At};
use iced_x86::{Code, Register};

/// Loads 2, 4, 6, 8 or 16 bytes and no byte more, and clears those above.
pub(super) fn load(asm: &mut Assembler, to: Register, from: At, width: u32) {
    match width {
        16 => asm.reg_mem(Code::Movups_xmm_xmmm128, to, from),
        8 => asm.reg_mem(Code::Movq_xmm_xmmm64, to, from),
        4 => asm.reg_mem(Code::Movd_xmm_rm32, to, from),
        6 => {
            asm.reg_mem(Code::Movd_xmm_rm32, to, from);
            asm.reg_mem_imm(Code::Pinsrw_xmm_r32m16_imm8, to, from.plus(4), 2);
        }
        2 => {
            asm.reg_reg(Code::Pxor_xmm_xmmm128, to, to);
            asm.reg_mem_imm(Code::Pinsrw_xmm_r32m16_imm8, to, from, 0);
        }
        _ => asm.fail(),
    }
}

/// Stores 2, 4, 6, 8 or 16 bytes and no byte more; `temp` is destroyed by 2 and 6, for which the
/// first vector instructions have no store.
pub(super) fn store(asm: &mut Assembler, to: At, from: Register, width: u32, temp: Register) {
    let word = |asm: &mut Assembler, to: At, lane: u32| {
        let code = Code::Pextrw_r32_xmm_imm8;
        asm.reg_reg_imm(code, super::asm::low32(temp), from, lane.cast_signed());
        asm.mem_reg(Code::Mov_rm16_r16, to, super::asm::low16(temp));
    };
    match width {
        16 => asm.mem_reg(Code::Movups_xmmm128_xmm, to, from),
        8 => asm.mem_reg(Code::Movq_xmmm64_xmm, to, from),
        4 => asm.mem_reg(Code::Movd_rm32_xmm, to, from),
        6 => {
            asm.mem_reg(Code::Movd_rm32_xmm, to, from);
            word(asm, to.plus(4), 2);
        }
        2 => word(asm, to, 0),
        _ => asm.fail(),
    }
}
