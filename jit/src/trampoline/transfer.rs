//! What the directions share: the room of a frame, and the loads of values from memory.
#![forbid(unsafe_code)]

use super::{Mem, Op, Reg};
use crate::abi::Move;
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

/// Loads the register of `one` for a value at `from`. Of a scalar there are 64 bits, so that one
/// shape serves every width; a record is read to its last byte and not beyond.
pub(super) fn load(one: &Move, layout: &Layout, from: Mem) -> Op {
    let register = Reg::Plan(one.loc);
    match layout {
        Layout::Scalar(_) => Op::Load(register, from, 8),
        Layout::Record(_) => Op::Load(register, from.plus(one.offset), one.width),
    }
}
