//! What the directions share: the room of a frame, and the loads and stores of values in memory.
#![forbid(unsafe_code)]

use super::{Mem, Op, Reg};
use crate::abi::{Loc, Move};
use crate::layout::Layout;

/// The bytes of a frame, handed out from its lower end upwards.
pub(super) struct Room {
    /// Bytes that are taken.
    pub(super) size: u32,
    /// The largest alignment so far, at least 16.
    align: u32,
}

impl Room {
    /// A frame whose lowest `size` bytes are taken; `align` is a power of two.
    pub(super) fn above(size: u32, align: u32) -> Self {
        Self {
            size,
            align: align.max(16),
        }
    }

    /// The offset of `size` more bytes.
    pub(super) fn take(&mut self, size: u32, align: u32) -> u32 {
        self.align = self.align.max(align);
        let offset = self.size.next_multiple_of(align);
        self.size = offset + size;
        offset
    }

    /// Makes the frame.
    pub(super) fn enter(&self) -> Op {
        Op::Enter {
            size: self.size.next_multiple_of(16),
            align: self.align,
        }
    }
}

/// Loads the registers of a value that is at `from`. Of what a slot holds there are 64 bits, so that one shape serves every width; everything else is read to its last byte
/// and not beyond.
pub(super) fn loads<'a>(
    moves: impl IntoIterator<Item = &'a Move>,
    layout: &Layout,
    from: Mem,
) -> Vec<Op> {
    let load = |one: &Move| match layout.is_direct() {
        true => Op::Load(Reg::Plan(one.loc), from, 8),
        false => Op::Load(Reg::Plan(one.loc), from.plus(one.offset), one.width),
    };
    let mut loads: Vec<Op> = moves.into_iter().map(load).collect();
    // A load pushes onto the x87 stack: what is to be at its top comes last.
    if let Some(Op::Load(Reg::Plan(Loc::X87(_)), ..)) = loads.first() {
        loads.reverse();
    }
    loads
}

/// Stores the register of `one`, a part of a value that has whole words at `to`.
pub(super) fn store(one: &Move, to: Mem) -> Op {
    // The last register may have more than the value, the memory has as much. Registers of other
    // kinds may lie closer together.
    let width = match one.loc {
        Loc::Fpr(_) | Loc::X87(_) => one.width,
        Loc::Gpr(_) | Loc::Stack(_) => 8,
    };
    Op::Store(to.plus(one.offset), Reg::Plan(one.loc), width)
}
