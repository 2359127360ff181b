//! Copies of blocks of bytes.
#![forbid(unsafe_code)]

use super::asm::{Condition, Direction, Size};
use super::operand::{Data, SImm9, Width, X};
use super::{Encoder, ROLES};
use crate::trampoline::Mem;

/// Copies up to this many bytes without a loop.
const UNROLLED: u32 = 128;

/// Copies `size` bytes 16 at a time; the rest of a block of at least 16 bytes overlaps its end.
///
/// Loads are never wider than what is left, so that no byte outside the record is read.
pub(super) fn copy(encoder: &mut Encoder, to: Mem, from: Mem, size: u32) {
    let whole = size - size % 16;
    if whole > UNROLLED {
        return looped(encoder, to, from, size);
    }
    for offset in (0..whole).step_by(16) {
        chunk16(encoder, to.plus(offset), from.plus(offset));
    }
    match size {
        _ if whole == size => {}
        16.. => chunk16(encoder, to.plus(size - 16), from.plus(size - 16)),
        _ => short(encoder, to, from, size),
    }
}

/// As a loop over two addresses that move; what is left ends where they point plus the rest.
fn looped(encoder: &mut Encoder, to: Mem, from: Mem, size: u32) {
    let [target, source, _] = ROLES.scratch;
    let (left, vector) = (ROLES.count, Data::Vector(ROLES.vector));
    encoder.address(target, to);
    encoder.address(source, from);
    encoder.asm.number(left, size - size % 16);
    let top = encoder.asm.here();
    moving(encoder, Direction::Load, source);
    moving(encoder, Direction::Store, target);
    encoder.subtract(left.into(), left.into(), 16);
    let again = Condition::NonZero(Size::X, left);
    encoder.asm.jump_back(again, top);
    let Some(last) = SImm9::new(i64::from(size % 16) - 16) else {
        return encoder.asm.fail();
    };
    if !size.is_multiple_of(16) {
        let asm = &mut encoder.asm;
        asm.unscaled(Direction::Load, vector, Width::B16, source.into(), last);
        asm.unscaled(Direction::Store, vector, Width::B16, target.into(), last);
    }
}

/// 16 bytes at an address that moves on by as many.
fn moving(encoder: &mut Encoder, direction: Direction, address: X) {
    let vector = Data::Vector(ROLES.vector);
    match SImm9::new(16) {
        Some(step) => {
            (encoder.asm).post_indexed(direction, vector, Width::B16, address.into(), step)
        }
        None => encoder.asm.fail(),
    }
}

fn chunk16(encoder: &mut Encoder, to: Mem, from: Mem) {
    let vector = Data::Vector(ROLES.vector);
    encoder.access(Direction::Load, vector, Width::B16, from);
    encoder.access(Direction::Store, vector, Width::B16, to);
}

/// Copies fewer than 16 bytes by the powers of two that make them up.
fn short(encoder: &mut Encoder, to: Mem, from: Mem, size: u32) {
    let data = Data::General(ROLES.count.into());
    let mut offset = 0;
    for width in [Width::B8, Width::B4, Width::B2, Width::B1] {
        let bytes = 1 << width.log2();
        if size & bytes != 0 {
            encoder.access(Direction::Load, data, width, from.plus(offset));
            encoder.access(Direction::Store, data, width, to.plus(offset));
            offset += bytes;
        }
    }
}
