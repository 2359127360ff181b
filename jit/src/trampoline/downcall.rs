//! Downcalls: from slots in memory to registers and stack, and on to the target.
//!
//! A downcall is called with the convention of its plan, as `fn(target, slots, result, mismatch)`;
//! the roles say where these live once it runs.
//!
//! Guarantee: a lowered downcall reads exactly the slots of its arguments and the bytes of its
//! larger values, and leaves the result where the plan has it, in registers or in the caller's
//! memory; one in registers that no Rust type names it stores at `result`.
//!
//! A slot holds a scalar of at most 8 bytes, extended to 64 bits, or the address of anything else
//! ([`Layout::is_direct`]). In the unchecked form
//! slot `i` is the 64-bit word `i`; in the checked form it is a pair of 16 bytes, the kind in its
//! first 32 bits and the slot proper in its second 8 bytes, and the kinds are compared first. For
//! `void f(int, struct { char c[24]; })` on System V:
//!
//! ```text
//! unchecked                              checked
//! land                                   land
//! enter    32 align 16                   expect   entry1+0 is 0x10
//! copy     target <- entry0              expect   entry1+16 is 0x11
//! copy     slots <- entry1               enter    32 align 16
//! load     temp <- slots+8  8            copy     target <- entry0
//! block    frame+0 <- temp+0  24         copy     slots <- entry1
//! load     rdi <- slots+0  8             load     temp <- slots+24  8
//! call     target, leave, return         block    frame+0 <- temp+0  24
//!                                        load     rdi <- slots+8  8
//!                                        call     target, leave, return
//!                                        mismatch
//! ```
//!
//! A result that the trampoline stores needs a frame, which keeps its address; for
//! `long double f(void)`:
//!
//! ```text
//! land
//! enter    16 align 16
//! copy     target <- entry0
//! store    frame+0 <- entry2  8
//! call     target
//! load     slots <- frame+0  8
//! store    slots+0 <- st0  10
//! leave, return
//! ```
#![forbid(unsafe_code)]

use super::transfer::{self, Room};
use super::{Mem, Op, Reg, Role, frame};
use crate::abi::{CallPlan, Loc, Move, Place, Returning};
use crate::layout::{Bank, Layout};

/// What a downcall trampoline is given, and what it checks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form<'a> {
    /// Slots of 8 bytes, nothing checked.
    Unchecked,
    /// Pairs of kind and slot, each compared with its guard; one guard for each argument.
    Checked(&'a [Guard]),
}

/// What the checked form demands of one argument.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Guard {
    /// The kind that the pair must have.
    pub kind: u32,
    /// Whether its slot must not be 0.
    pub non_null: bool,
}

/// The registers that the result of a downcall comes back in, in order. They are not of the x87.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Results {
    /// None: no result, or one in memory.
    None,
    /// One register.
    One(Bank),
    /// Two registers.
    Two(Bank, Bank),
    /// None that is left to the caller: the trampoline has stored the result at its third argument,
    /// because it comes on the x87 stack, in a register of 16 bytes, in three and more, or in two
    /// that have no whole words of it.
    Stored,
}

impl Form<'_> {
    const fn slot(self, index: u32) -> u32 {
        match self {
            Self::Unchecked => 8 * index,
            Self::Checked(_) => 16 * index + 8,
        }
    }
}

impl Results {
    /// The registers of the result of `plan`.
    #[must_use]
    pub fn of(plan: &CallPlan) -> Self {
        let Returning::Moves { moves, .. } = &plan.result else {
            return Self::None;
        };
        let bank = |one: &Move| match one.loc {
            Loc::Gpr(_) | Loc::Stack(_) => Some(Bank::Gpr),
            Loc::Fpr(_) if one.width <= 8 => Some(Bank::Fpr),
            Loc::Fpr(_) | Loc::X87(_) => None,
        };
        let banks: Option<Vec<Bank>> = moves.iter().map(bank).collect();
        // Registers whose values lie closer together make no pair of words.
        let words = moves
            .iter()
            .zip(0..)
            .all(|(one, index)| one.offset == 8 * index);
        match banks.as_deref() {
            Some([]) => Self::None,
            Some([one]) => Self::One(*one),
            Some([one, two]) if words => Self::Two(*one, *two),
            None | Some(_) => Self::Stored,
        }
    }
}

/// The operations of the downcall trampoline for `plan` in one of its forms.
#[must_use]
pub fn downcall(plan: &CallPlan, form: Form<'_>) -> Vec<Op> {
    let mut lowering = Lowering {
        plan,
        form,
        ops: vec![Op::Land],
        stack: Vec::new(),
        framed: false,
        result: None,
    };
    lowering.guards();
    lowering.frame();
    lowering.roles();
    lowering.through_memory();
    lowering.registers();
    lowering.leave();
    lowering.ops
}

struct Lowering<'a> {
    plan: &'a CallPlan,
    form: Form<'a>,
    ops: Vec<Op>,
    /// The offset in the frame of each argument's copy, for indirect arguments.
    stack: Vec<u32>,
    /// Whether there is a frame.
    framed: bool,
    /// The offset in the frame of the address at which the result is stored, if it is.
    result: Option<u32>,
}

impl Lowering<'_> {
    fn guards(&mut self) {
        let Form::Checked(guards) = self.form else {
            return;
        };
        for (index, guard) in (0..).zip(guards) {
            let pair = Reg::Entry(1).at(16 * index);
            self.ops.push(Op::Expect(pair, guard.kind));
            if guard.non_null {
                self.ops.push(Op::ExpectNonNull(Mem {
                    offset: pair.offset + 8,
                    ..pair
                }));
            }
        }
    }

    /// Reserves the stack arguments, and above them the copies of indirect arguments and the address
    /// of a result that is to be stored. Shadow space alone needs no frame: the target may use the trampoline's own.
    fn frame(&mut self) {
        let mut room = Room::above(self.plan.stack, self.plan.stack_align);
        for param in &self.plan.params {
            self.stack.push(match param.place {
                Place::Indirect(_) => room.take(param.layout.size(), param.layout.align().max(16)),
                Place::Moves(_) | Place::Stack(_) => 0,
            });
        }
        if Results::of(self.plan) == Results::Stored {
            self.result = Some(room.take(8, 8));
        }
        self.framed = room.size > self.plan.abi.shadow;
        if self.framed {
            self.ops.push(room.enter());
        }
    }

    fn roles(&mut self) {
        self.ops
            .push(Op::Copy(Reg::Role(Role::Target), Reg::Entry(0)));
        if !self.plan.params.is_empty() {
            self.ops
                .push(Op::Copy(Reg::Role(Role::Slots), Reg::Entry(1)));
        }
        if let Returning::Memory { address, .. } = self.plan.result {
            self.ops.push(Op::Copy(Reg::Plan(address), Reg::Entry(2)));
        }
        if let Some(kept) = self.result {
            self.ops.push(Op::Store(frame(kept), Reg::Entry(2), 8));
        }
    }

    fn slot(&self, index: usize) -> Mem {
        // A signature has far fewer than 2^28 parameters.
        Reg::Role(Role::Slots).at(self.form.slot(index as u32))
    }

    /// Everything that lands in memory; no argument register is loaded yet.
    fn through_memory(&mut self) {
        let plan = self.plan;
        for (index, param) in plan.params.iter().enumerate() {
            let slot = self.slot(index);
            match &param.place {
                Place::Moves(moves) => self.onto_stack(slot, &param.layout, moves),
                Place::Stack(offset) => self.block(slot, frame(*offset), &param.layout),
                Place::Indirect(loc) => {
                    let copy = frame(self.stack[index]);
                    self.block(slot, copy, &param.layout);
                    if let Loc::Stack(offset) = *loc {
                        self.ops.push(Op::Address(Reg::TEMP, copy));
                        self.ops.push(Op::Store(frame(offset), Reg::TEMP, 8));
                    }
                }
            }
        }
    }

    /// What of a value is on the stack: a scalar as wide as its place there, or words of anything
    /// else whose first ones are in registers.
    fn onto_stack(&mut self, slot: Mem, layout: &Layout, moves: &[Move]) {
        let place = (self.plan.abi.stack_align)(layout).min(8);
        for one in moves {
            let Loc::Stack(offset) = one.loc else {
                continue;
            };
            self.ops.push(Op::Load(Reg::TEMP, slot, 8));
            let mut width = place;
            if !layout.is_direct() {
                let part = Reg::TEMP.at(one.offset);
                self.ops.push(Op::Load(Reg::TEMP, part, one.width));
                width = 8;
            }
            self.ops.push(Op::Store(frame(offset), Reg::TEMP, width));
        }
    }

    fn block(&mut self, slot: Mem, to: Mem, layout: &Layout) {
        self.ops.push(Op::Load(Reg::TEMP, slot, 8));
        self.ops.push(Op::Block(to, Reg::TEMP.at(0), layout.size()));
    }

    fn registers(&mut self) {
        let plan = self.plan;
        for (index, param) in plan.params.iter().enumerate() {
            let slot = self.slot(index);
            match &param.place {
                Place::Moves(moves) => self.load(slot, &param.layout, moves),
                Place::Indirect(loc) if !matches!(loc, Loc::Stack(_)) => {
                    self.ops
                        .push(Op::Address(Reg::Plan(*loc), frame(self.stack[index])));
                }
                Place::Stack(_) | Place::Indirect(_) => {}
            }
        }
        if let Some(count) = plan.vectors {
            self.ops.push(Op::Vectors(count));
        }
    }

    fn load(&mut self, slot: Mem, layout: &Layout, moves: &[Move]) {
        let registers = moves.iter().filter(|one| !matches!(one.loc, Loc::Stack(_)));
        let mut from = slot;
        if !layout.is_direct() {
            self.ops.push(Op::Load(Reg::TEMP, slot, 8));
            from = Reg::TEMP.at(0);
        }
        self.ops.extend(transfer::loads(registers, layout, from));
    }

    fn leave(&mut self) {
        match self.result {
            Some(kept) => self.call_and_store(kept),
            None if self.framed => self.ops.push(Op::CallAndReturn),
            None => self.ops.push(Op::Jump),
        }
        if self
            .ops
            .iter()
            .any(|op| matches!(op, Op::Expect(..) | Op::ExpectNonNull(_)))
        {
            self.ops.push(Op::Mismatch);
        }
    }

    fn call_and_store(&mut self, kept: u32) {
        let result = Reg::Role(Role::Slots);
        self.ops.push(Op::Call);
        self.ops.push(Op::Load(result, frame(kept), 8));
        if let Returning::Moves { moves, .. } = &self.plan.result {
            let stores = moves.iter().map(|one| transfer::store(one, result.at(0)));
            self.ops.extend(stores);
        }
        self.ops.push(Op::Return);
    }
}
