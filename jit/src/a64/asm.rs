//! Encoders: a function for each class of instructions, its bit layout in the documentation.
//!
//! Guarantee: a word that is pushed is the instruction that the function names, for every operand
//! that its types let through; nothing here knows what a trampoline is.
#![forbid(unsafe_code)]

use super::operand::*;

/// Whether a load or store moves towards the register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Direction {
    Load,
    Store,
}

/// When the base of a pair is moved by the offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Index {
    Before,
    After,
}

/// 32 or 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Size {
    W,
    X,
}

/// A sum or a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sum {
    Add,
    Sub,
}

/// A conditional jump.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Condition {
    /// If the last comparison found a difference.
    NotEqual,
    /// If this register, all 64 bits of it, is zero.
    Zero(X),
    /// If this register is not zero, of its size.
    NonZero(Size, X),
}

/// Which kind of indirect jump.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Branch {
    Jump = 0,
    Call = 1,
    Return = 2,
}

/// Collects instructions; jumps to the one exit are completed at the end.
#[derive(Default)]
pub(super) struct Assembler {
    words: Vec<u32>,
    /// Conditional jumps to the exit, by their index.
    to_exit: Vec<usize>,
    exit: Option<usize>,
    failed: bool,
}

impl Size {
    fn field(self) -> u32 {
        match self {
            Self::W => 0,
            Self::X => 1,
        }
    }
}

impl Assembler {
    fn push(&mut self, word: u32) {
        self.words.push(word);
    }

    /// Makes [`Assembler::finish`] fail.
    pub(super) fn fail(&mut self) {
        self.failed = true;
    }

    /// The operand, or that of the default with failure: `None` stands for one out of its range.
    pub(super) fn expect<T>(&mut self, operand: Option<T>, default: T) -> T {
        operand.unwrap_or_else(|| {
            self.fail();
            default
        })
    }

    /// The distance in bytes from the first instruction to the next one.
    pub(super) fn here(&self) -> i64 {
        4 * self.words.len() as i64
    }

    /// `size 111 V 01 opc imm12 Rn Rt`: base plus scaled offset.
    pub(super) fn scaled(
        &mut self,
        direction: Direction,
        data: Data,
        width: Width,
        base: XOrSp,
        offset: UImm12Scaled,
    ) {
        let access = self.access(direction, data, width);
        self.push(0x3900_0000 | access | offset.field() << 10 | base.field() << 5);
    }

    /// `size 111 V 00 opc 0 imm9 00 Rn Rt`: base plus offset in bytes.
    pub(super) fn unscaled(
        &mut self,
        direction: Direction,
        data: Data,
        width: Width,
        base: XOrSp,
        offset: SImm9,
    ) {
        let access = self.access(direction, data, width);
        self.push(0x3800_0000 | access | offset.field() << 12 | base.field() << 5);
    }

    /// `size 111 V 00 opc 0 imm9 01 Rn Rt`: at the base, which then moves by the offset.
    pub(super) fn post_indexed(
        &mut self,
        direction: Direction,
        data: Data,
        width: Width,
        base: XOrSp,
        offset: SImm9,
    ) {
        let access = self.access(direction, data, width);
        self.push(0x3800_0400 | access | offset.field() << 12 | base.field() << 5);
    }

    /// `size 111 V 00 opc 1 Rm 011 0 10 Rn Rt`: base plus register.
    pub(super) fn indexed(
        &mut self,
        direction: Direction,
        data: Data,
        width: Width,
        base: XOrSp,
        index: X,
    ) {
        let access = self.access(direction, data, width);
        let index = XOrZr::from(index).field();
        self.push(0x3820_6800 | access | index << 16 | base.field() << 5);
    }

    /// `size … V … opc … Rt`: of 16 bytes, size is 00 and the upper bit of opc is set.
    fn access(&mut self, direction: Direction, data: Data, width: Width) -> u32 {
        let opc = u32::from(direction == Direction::Load);
        let (vector, register) = match data {
            Data::General(register) => (0, register.field()),
            Data::Vector(register) => (1, register.field()),
        };
        let (size, opc) = match (width, data) {
            (Width::B16, Data::Vector(_)) => (0, opc | 2),
            (Width::B16, Data::General(_)) => {
                self.fail();
                (0, opc)
            }
            (width, _) => (width.log2(), opc),
        };
        size << 30 | vector << 26 | opc << 22 | register
    }

    /// `01 011 0 00 imm19 Rt`: 64 bits at a distance from the instruction.
    pub(super) fn load_literal(&mut self, to: X, distance: Offset19) {
        self.push(0x5800_0000 | distance.field() << 5 | XOrZr::from(to).field());
    }

    /// `10 101 0 0 mode L imm7 Rt2 Rn Rt`: two registers of 64 bits; the base moves by the offset.
    pub(super) fn pair(
        &mut self,
        direction: Direction,
        registers: (X, X),
        base: XOrSp,
        index: Index,
        offset: SImm7Scaled,
    ) {
        let mode = match index {
            Index::After => 0b01,
            Index::Before => 0b11,
        };
        let load = u32::from(direction == Direction::Load);
        let (first, second) = (XOrZr::from(registers.0), XOrZr::from(registers.1));
        self.push(
            0xa800_0000
                | mode << 23
                | load << 22
                | offset.field() << 15
                | second.field() << 10
                | base.field() << 5
                | first.field(),
        );
    }

    /// `1 op 0 100010 sh imm12 Rn Rd`: a 64-bit sum with a number.
    pub(super) fn sum_imm(&mut self, sum: Sum, to: XOrSp, from: XOrSp, number: Imm12) {
        let op = u32::from(sum == Sum::Sub);
        self.push(0x9100_0000 | op << 30 | number.field() << 10 | from.field() << 5 | to.field());
    }

    /// `1 op 0 01011 00 1 Rm 011 000 Rn Rd`: a 64-bit sum of registers, the stack pointer too.
    pub(super) fn sum_reg(&mut self, sum: Sum, to: XOrSp, from: XOrSp, other: X) {
        let op = u32::from(sum == Sum::Sub);
        let other = XOrZr::from(other).field();
        self.push(0x8b20_6000 | op << 30 | other << 16 | from.field() << 5 | to.field());
    }

    /// `0 1 1 100010 0 imm12 Rn 11111`: compares 32 bits with a number.
    pub(super) fn compare_imm(&mut self, one: X, number: Imm12) {
        let one = XOrZr::from(one).field();
        self.push(0x7100_001f | number.field() << 10 | one << 5);
    }

    /// `0 1 1 01011 00 0 Rm 000000 Rn 11111`: compares 32 bits of two registers.
    pub(super) fn compare(&mut self, one: X, other: X) {
        let (one, other) = (XOrZr::from(one).field(), XOrZr::from(other).field());
        self.push(0x6b00_001f | other << 16 | one << 5);
    }

    /// `sf 01 01010 00 0 Rm imm6 Rn Rd`: the bits of either, the second shifted to the left.
    pub(super) fn or(&mut self, size: Size, to: X, one: XOrZr, other: X, shift: u8) {
        let (to, other) = (XOrZr::from(to).field(), XOrZr::from(other).field());
        let shift = u32::from(shift & 63);
        self.push(
            0x2a00_0000 | size.field() << 31 | other << 16 | shift << 10 | one.field() << 5 | to,
        );
    }

    /// `1 00 100100 N immr imms Rn Rd`: the bits of both.
    pub(super) fn and_imm(&mut self, to: XOrSp, from: X, mask: HighOnes) {
        let from = XOrZr::from(from).field();
        self.push(0x9200_0000 | mask.field() << 10 | from << 5 | to.field());
    }

    /// `0 opc 100101 hw imm16 Rd`: a 32-bit number, by `movz` and, if it has an upper half, `movk`.
    pub(super) fn number(&mut self, to: X, number: u32) {
        let to = XOrZr::from(to).field();
        let (low, high) = (number & 0xffff, number >> 16);
        if low != 0 || high == 0 {
            self.push(0x5280_0000 | low << 5 | to);
        }
        if high != 0 {
            let keeping = u32::from(low != 0);
            self.push(0x52a0_0000 | keeping << 29 | high << 5 | to);
        }
    }

    /// `sf opc 100110 N immr imms Rn Rd`: the lowest bits, completed by zeros or by their sign; a
    /// signed number to 64 bits, an unsigned one to 32, which clears those above.
    pub(super) fn extend(&mut self, to: X, from: X, bits: Bits, signed: bool) {
        let (to, from) = (XOrZr::from(to).field(), XOrZr::from(from).field());
        let class = if signed { 0x9340_0000 } else { 0x5300_0000 };
        self.push(class | (bits as u32 - 1) << 10 | from << 5 | to);
    }

    /// `sf 0 0 11110 ftype 1 00 110 000000 Rn Rd`: the bits of a vector register.
    pub(super) fn vector_bits(&mut self, size: Size, to: X, from: V) {
        let class = match size {
            Size::W => 0x1e26_0000,
            Size::X => 0x9e66_0000,
        };
        self.push(class | from.field() << 5 | XOrZr::from(to).field());
    }

    /// `0 0 0 01110000 00010 0 0111 1 Rn Rd`: the lowest 16 bits of a vector register.
    pub(super) fn half_bits(&mut self, to: X, from: V) {
        self.push(0x0e02_3c00 | from.field() << 5 | XOrZr::from(to).field());
    }

    /// `0 immlo 10000 immhi Rd`: the address at a distance from the instruction.
    pub(super) fn address(&mut self, to: X, distance: Offset21) {
        let to = XOrZr::from(to).field();
        self.push(0x1000_0000 | distance.low() << 29 | distance.high() << 5 | to);
    }

    /// A jump back to the instruction at `start`, as [`Assembler::here`] had it.
    pub(super) fn jump_back(&mut self, condition: Condition, start: i64) {
        let distance = Offset19::new(start - self.here());
        match distance {
            Some(distance) => self.push(conditional(condition) | distance.field() << 5),
            None => self.fail(),
        }
    }

    /// A jump to the exit.
    pub(super) fn jump_to_exit(&mut self, condition: Condition) {
        self.to_exit.push(self.words.len());
        self.push(conditional(condition));
    }

    /// Marks the place before the next instruction as the exit.
    pub(super) fn exit(&mut self) {
        self.exit = Some(self.words.len());
    }

    /// `1101011 00 op 11111 000000 Rn 00000`: to the address in a register.
    pub(super) fn branch(&mut self, branch: Branch, to: X) {
        self.push(0xd61f_0000 | (branch as u32) << 21 | XOrZr::from(to).field() << 5);
    }

    /// `1101 0101 0000 0011 0010 0100 010 11111`: `bti c`, where a call may land, and a jump by x16
    /// or x17; does nothing on processors that do not know it.
    pub(super) fn land(&mut self) {
        self.push(0xd503_245f);
    }

    /// `1101 0101 0000 0011 0011 1011 101 11111`: `dmb ish`, all of memory before all after it.
    pub(super) fn barrier(&mut self) {
        self.push(0xd503_3bbf);
    }

    /// `11 001000 0 1 0 11111 1 11111 Rn Rt`: `ldaxr`.
    pub(super) fn load_exclusive(&mut self, to: X, base: XOrSp) {
        self.push(0xc85f_fc00 | base.field() << 5 | XOrZr::from(to).field());
    }

    /// `11 001000 0 0 0 Rs 1 11111 Rn Rt`: `stlxr`; `failed` is 0 if it was done.
    pub(super) fn store_exclusive(&mut self, failed: X, from: X, base: XOrSp) {
        let (failed, from) = (XOrZr::from(failed).field(), XOrZr::from(from).field());
        self.push(0xc800_fc00 | failed << 16 | base.field() << 5 | from);
    }

    /// The bytes of everything collected.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, String> {
        for index in std::mem::take(&mut self.to_exit) {
            let Some(exit) = self.exit else {
                return Err("there is no exit to jump to".to_owned());
            };
            match Offset19::new(4 * (exit as i64 - index as i64)) {
                Some(distance) => self.words[index] |= distance.field() << 5,
                None => return Err("the exit is too far away".to_owned()),
            }
        }
        if self.failed {
            return Err("an operand does not fit its instruction".to_owned());
        }
        Ok(self.words.into_iter().flat_map(u32::to_le_bytes).collect())
    }
}

/// How many of the lowest bits a number has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bits {
    B8 = 8,
    B16 = 16,
    B32 = 32,
}

/// `0101010 0 imm19 0 cond` and `sf 011010 op imm19 Rt`, without the distance.
fn conditional(condition: Condition) -> u32 {
    match condition {
        Condition::NotEqual => 0x5400_0001,
        Condition::Zero(x) => 0xb400_0000 | XOrZr::from(x).field(),
        Condition::NonZero(size, x) => 0x3500_0000 | size.field() << 31 | XOrZr::from(x).field(),
    }
}
