//! Upcalls: from registers and stack, where C has put them, to values in memory, and on to a
//! handler.
//!
//! An upcall is entered in the convention of its plan, with the address of a callback's record in
//! [`Role::Context`]. It calls the handler, whose address is the record's word at [`HANDLER`], in
//! the same convention, as `fn(record, values, result)`:
//!
//! - `values` are pairs of 16 bytes, one for each argument: its kind in the first 32 bits, its slot
//!   in the second 8 bytes. The slot holds a scalar of at most 8 bytes, extended to 64 bits, or the
//!   address of the bytes of anything else ([`Layout::is_direct`]): where the caller has them, or in
//!   the frame if they came in registers.
//! - `result` is where the result goes, likewise: a scalar extended to 64 bits, or bytes. It is the caller's memory if the plan has the result there, otherwise at least 32 bytes of the
//!   frame, aligned to 16 and for the result.
//!
//! Guarantee: a lowered upcall stores each byte of its arguments once, into a pair or the room of
//! its record, and nothing outside its frame. All that the handler is given lives until the
//! handler returns. For `double f(int, struct { char c[24]; }, float)` on System V:
//!
//! ```text
//! land
//! enter    80 align 16
//! set      frame+0 <- 0x10
//! extend   temp <- rdi  i32
//! store    frame+8 <- temp  8
//! set      frame+16 <- 0x11
//! address  temp <- caller+0
//! store    frame+24 <- temp  8
//! set      frame+32 <- 0x12
//! extend   temp <- xmm0  f32
//! store    frame+40 <- temp  8
//! copy     rdi <- context
//! address  rsi <- frame+0
//! address  rdx <- frame+48
//! call     through context+8
//! load     xmm0 <- frame+48  8
//! leave, return
//! ```
#![forbid(unsafe_code)]

use super::stub::HANDLER;
use super::transfer::{self, Room};
use super::{Base, Mem, Op, Reg, Role, frame};
use crate::abi::{CallPlan, Loc, Move, Passing, Place, Returning};
use crate::layout::{Layout, Scalar};

/// The size of a pair of kind and slot.
const PAIR: u32 = 16;

/// Where a pair has its slot.
const SLOT: u32 = 8;

/// The least room for a result, and its least alignment.
const RESULT: (u32, u32) = (32, 16);

/// The operations of the upcall trampoline for `plan`, whose pairs have these `kinds`, one for each
/// argument.
#[must_use]
pub fn upcall(plan: &CallPlan, kinds: &[u32]) -> Vec<Op> {
    let (places, room) = Places::of(plan);
    let mut lowering = Lowering {
        plan,
        places,
        ops: vec![Op::Land, room.enter()],
    };
    lowering.arguments(kinds);
    lowering.call();
    lowering.result();
    lowering.ops.push(Op::Return);
    lowering.ops
}

/// What lies where in the frame, above the stack that the handler is called with.
struct Places {
    /// The pairs.
    pairs: u32,
    /// The result; for a result in memory, the address that the caller passed.
    result: u32,
    /// The bytes of each argument that came in registers and is not in its slot.
    pieces: Vec<u32>,
}

impl Places {
    fn of(plan: &CallPlan) -> (Self, Room) {
        let mut room = Room::above(plan.abi.shadow, 16);
        // A signature has far fewer than 2^28 parameters.
        let pairs = room.take(PAIR * plan.params.len() as u32, 16);
        let result = match &plan.result {
            Returning::Void => room.take(RESULT.0, RESULT.1),
            Returning::Moves { layout, .. } => {
                room.take(whole(layout).max(RESULT.0), layout.align().max(RESULT.1))
            }
            Returning::Memory { .. } => room.take(8, 8),
        };
        let pieces = |param: &Passing| match (&param.place, &param.layout) {
            (Place::Moves(_), layout) if !layout.is_direct() => {
                room.take(whole(layout), layout.align().max(8))
            }
            _ => 0,
        };
        let places = Self {
            pairs,
            result,
            pieces: plan.params.iter().map(pieces).collect(),
        };
        (places, room)
    }
}

/// The size of a value in whole registers.
fn whole(layout: &Layout) -> u32 {
    layout.size().next_multiple_of(8)
}

fn caller(offset: u32) -> Mem {
    Mem {
        base: Base::Caller,
        offset,
    }
}

struct Lowering<'a> {
    plan: &'a CallPlan,
    places: Places,
    ops: Vec<Op>,
}

impl Lowering<'_> {
    /// Everything that came in registers goes to memory; no register of the handler's arguments is
    /// loaded yet.
    fn arguments(&mut self, kinds: &[u32]) {
        let plan = self.plan;
        if let Returning::Memory { address, .. } = plan.result {
            self.word(frame(self.places.result), address);
        }
        for (index, (param, kind)) in plan.params.iter().zip(kinds).enumerate() {
            let pair = frame(self.places.pairs + PAIR * index as u32);
            let slot = pair.plus(SLOT);
            self.ops.push(Op::Set(pair, *kind));
            match (&param.place, &param.layout) {
                (Place::Moves(moves), Layout::Scalar(scalar)) if param.layout.is_direct() => {
                    self.scalar(slot, moves, *scalar);
                }
                (Place::Moves(moves), _) => self.pieces(slot, moves, index),
                (Place::Stack(offset), _) => self.address(slot, caller(*offset)),
                (Place::Indirect(loc), _) => self.word(slot, *loc),
            }
        }
    }

    /// A scalar that is in two places is the same in both.
    fn scalar(&mut self, slot: Mem, moves: &[Move], scalar: Scalar) {
        let Some(Move { loc, width, .. }) = moves.first() else {
            return;
        };
        let whole = *width == 8;
        let from = match *loc {
            Loc::Stack(offset) => {
                let bytes = caller(offset);
                self.ops.push(Op::Load(Reg::TEMP, bytes, *width));
                Reg::TEMP
            }
            register => Reg::Plan(register),
        };
        // A load has cleared what is above an unsigned number or a float.
        if whole || (from == Reg::TEMP && !scalar.is_signed()) {
            self.ops.push(Op::Store(slot, from, 8));
        } else {
            self.ops.push(Op::Extend(Reg::TEMP, from, scalar));
            self.ops.push(Op::Store(slot, Reg::TEMP, 8));
        }
    }

    fn pieces(&mut self, slot: Mem, moves: &[Move], index: usize) {
        let bytes = frame(self.places.pieces[index]);
        for one in moves {
            match one.loc {
                Loc::Stack(offset) => {
                    let rest = Op::Load(Reg::TEMP, caller(offset), one.width);
                    self.ops.push(rest);
                    let to = bytes.plus(one.offset);
                    self.ops.push(Op::Store(to, Reg::TEMP, 8));
                }
                _ => self.ops.push(transfer::store(one, bytes)),
            }
        }
        self.address(slot, bytes);
    }

    fn address(&mut self, slot: Mem, of: Mem) {
        self.ops.push(Op::Address(Reg::TEMP, of));
        self.ops.push(Op::Store(slot, Reg::TEMP, 8));
    }

    /// A word that is passed as it is.
    fn word(&mut self, slot: Mem, loc: Loc) {
        let from = match loc {
            Loc::Stack(offset) => {
                self.ops.push(Op::Load(Reg::TEMP, caller(offset), 8));
                Reg::TEMP
            }
            register => Reg::Plan(register),
        };
        self.ops.push(Op::Store(slot, from, 8));
    }

    fn call(&mut self) {
        let [record, values, result] =
            [0, 1, 2].map(|index| Reg::Plan(Loc::Gpr(self.plan.abi.gprs[index])));
        let context = Reg::Role(Role::Context);
        let place = frame(self.places.result);
        self.ops.extend([
            Op::Copy(record, context),
            Op::Address(values, frame(self.places.pairs)),
            match self.plan.result {
                Returning::Memory { .. } => Op::Load(result, place, 8),
                Returning::Moves { .. } | Returning::Void => Op::Address(result, place),
            },
            Op::CallThrough(context.at(HANDLER)),
        ]);
    }

    fn result(&mut self) {
        let from = frame(self.places.result);
        match &self.plan.result {
            Returning::Void => {}
            Returning::Moves { layout, moves } => {
                self.ops.extend(transfer::loads(moves, layout, from));
            }
            Returning::Memory { .. } => {
                let returned = self.plan.abi.sret_returned.map(Loc::Gpr);
                let loads = returned.map(|loc| Op::Load(Reg::Plan(loc), from, 8));
                self.ops.extend(loads);
            }
        }
    }
}
