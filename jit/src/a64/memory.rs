//! Places in memory: the shortest form that reaches them.
#![forbid(unsafe_code)]

use super::asm::{Direction, Size, Sum};
use super::operand::{
    Data, Imm12, Offset19, Offset21, SImm9, UImm12Scaled, Width, X, XOrSp, XOrZr,
};
use super::{Encoder, LARGEST, ROLES, SAVED};
use crate::trampoline::{Base, Mem};

/// A place that is no distance from the code itself.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) base: XOrSp,
    pub(super) offset: u32,
}

/// No offset.
pub(super) const fn start(width: Width) -> UImm12Scaled {
    match UImm12Scaled::new(0, width) {
        Some(offset) => offset,
        // Impossible: zero is a multiple of every width, and within twelve bits.
        None => panic!("zero has every scale"),
    }
}

impl Encoder {
    /// Loads or stores at a place. Destroys the last scratch register if the place is far away, and
    /// one more if it is beside the code.
    pub(super) fn access(&mut self, direction: Direction, data: Data, width: Width, at: Mem) {
        if at.base == Base::Code {
            return self.access_code(direction, data, width, at.offset);
        }
        let Place { base, offset } = self.place(at);
        if let Some(offset) = UImm12Scaled::new(offset, width) {
            self.asm.scaled(direction, data, width, base, offset);
        } else if let Some(offset) = SImm9::new(offset.into()) {
            self.asm.unscaled(direction, data, width, base, offset);
        } else {
            let [_, _, index] = ROLES.scratch;
            self.asm.number(index, offset);
            self.asm.indexed(direction, data, width, base, index);
        }
    }

    /// Of the words beside the code, only whole ones that are near are loaded in one step.
    fn access_code(&mut self, direction: Direction, data: Data, width: Width, offset: u32) {
        let distance = Offset19::new(i64::from(offset) - self.asm.here());
        if let (Direction::Load, Width::B8, Data::General(to), Some(distance)) =
            (direction, width, data, distance)
            && let Some(to) = to.register()
        {
            return self.asm.load_literal(to, distance);
        }
        let [_, address, _] = ROLES.scratch;
        self.address_in_code(address, offset);
        let base = address.into();
        (self.asm).scaled(direction, data, width, base, start(width));
    }

    /// The address of a place. Destroys the last scratch register if the place is far away.
    pub(super) fn address(&mut self, to: X, at: Mem) {
        if at.base == Base::Code {
            return self.address_in_code(to, at.offset);
        }
        let Place { base, offset } = self.place(at);
        self.add(to.into(), base, offset);
    }

    /// The address at an offset from the first instruction.
    fn address_in_code(&mut self, to: X, offset: u32) {
        let offset = self.bounded(offset);
        let here = self.asm.here();
        if let Some(distance) = Offset21::new(i64::from(offset) - here) {
            return self.asm.address(to, distance);
        }
        // The start of the code, and the offset added to it.
        let start = Offset21::new(-here);
        match start {
            Some(start) => self.asm.address(to, start),
            None => self.asm.fail(),
        }
        self.add(to.into(), to.into(), offset);
    }

    /// Base and offset of a place that does not count from the code.
    pub(super) fn place(&mut self, at: Mem) -> Place {
        let offset = self.bounded(at.offset);
        let (base, offset) = match at.base {
            Base::Reg(reg) => (self.gpr(reg).into(), offset),
            Base::Frame => (XOrSp::SP, offset),
            Base::Caller => (X::FP.into(), offset + SAVED.unsigned_abs()),
            Base::Code => {
                self.asm.fail();
                (XOrSp::SP, offset)
            }
        };
        Place { base, offset }
    }

    fn bounded(&mut self, offset: u32) -> u32 {
        if offset > LARGEST {
            self.asm.fail();
        }
        offset.min(LARGEST)
    }

    /// A sum with any number. Destroys the last scratch register if that is large.
    pub(super) fn add(&mut self, to: XOrSp, from: XOrSp, number: u32) {
        self.sum(Sum::Add, to, from, number);
    }

    /// A difference with any number, as [`Encoder::add`].
    pub(super) fn subtract(&mut self, to: XOrSp, from: XOrSp, number: u32) {
        self.sum(Sum::Sub, to, from, number);
    }

    fn sum(&mut self, sum: Sum, to: XOrSp, from: XOrSp, number: u32) {
        match (number, to.register(), from.register()) {
            (0, _, _) if to == from => return,
            (0, Some(to), Some(from)) => {
                return self.asm.or(Size::X, to, XOrZr::ZR, from, 0);
            }
            // `mov`, which is this sum by name.
            (0, _, _) => return self.asm.sum_imm(Sum::Add, to, from, Imm12::ZERO),
            _ => {}
        }
        if let Some(number) = Imm12::new(number) {
            return self.asm.sum_imm(sum, to, from, number);
        }
        let (high, low) = (number & !0xfff, number & 0xfff);
        if let (Some(high), Some(low)) = (Imm12::new(high), Imm12::new(low)) {
            self.asm.sum_imm(sum, to, from, high);
            return self.asm.sum_imm(sum, to, to, low);
        }
        let [_, _, other] = ROLES.scratch;
        self.asm.number(other, number);
        self.asm.sum_reg(sum, to, from, other);
    }
}
