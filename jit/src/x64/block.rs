//! Copies of blocks of bytes.
#![forbid(unsafe_code)]

use super::asm::{Assembler, At};
use iced_x86::{Code, Register};

/// Copies up to this many bytes without a loop.
const UNROLLED: u32 = 128;

/// Copies `size` bytes 16 at a time; the rest of a block of at least 16 bytes overlaps its end.
///
/// Loads are never wider than what is left, so that no byte outside the record is read.
pub(super) fn copy(
    asm: &mut Assembler,
    to: At,
    from: At,
    size: u32,
    count: Register,
    vector: Register,
) {
    let whole = size - size % 16;
    if whole > UNROLLED {
        asm.reg_imm(
            Code::Mov_r32_imm32,
            super::asm::low32(count),
            whole.cast_signed(),
        );
        let top = asm.label();
        let back = |at: At| At { index: count, ..at };
        chunk16(asm, back(to).minus(16), back(from).minus(16), vector);
        asm.reg_imm(Code::Sub_rm64_imm8, count, 16);
        asm.jump_back(Code::Jne_rel8_64, top);
    } else {
        for offset in (0..whole).step_by(16) {
            chunk16(asm, to.plus(offset), from.plus(offset), vector);
        }
    }
    match size {
        _ if whole == size => {}
        16.. => chunk16(asm, to.plus(size - 16), from.plus(size - 16), vector),
        _ => short(asm, to, from, size, count),
    }
}

fn chunk16(asm: &mut Assembler, to: At, from: At, vector: Register) {
    asm.reg_mem(Code::Movups_xmm_xmmm128, vector, from);
    asm.mem_reg(Code::Movups_xmmm128_xmm, to, vector);
}

/// Copies fewer than 16 bytes by the powers of two that make them up.
fn short(asm: &mut Assembler, to: At, from: At, size: u32, count: Register) {
    let mut offset = 0;
    for width in [8, 4, 2, 1] {
        if size & width == 0 {
            continue;
        }
        let (load, store, register) = match width {
            8 => (Code::Mov_r64_rm64, Code::Mov_rm64_r64, count),
            4 => (
                Code::Mov_r32_rm32,
                Code::Mov_rm32_r32,
                super::asm::low32(count),
            ),
            2 => (
                Code::Mov_r16_rm16,
                Code::Mov_rm16_r16,
                super::asm::low16(count),
            ),
            _ => (Code::Mov_r8_rm8, Code::Mov_rm8_r8, super::asm::low8(count)),
        };
        asm.reg_mem(load, register, from.plus(offset));
        asm.mem_reg(store, to.plus(offset), register);
        offset += width;
    }
}
