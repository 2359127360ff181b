//! Trampolines as operations: what the encoders turn into code, one operation after another.
//!
//! Guarantee: the operations of a trampoline are a pure function of plan, direction and form; they
//! contain no addresses, so trampolines with equal operations are one and the same code.
//!
//! There is one file for each direction: [`downcall`] calls a C function with values in memory,
//! [`upcall`] is called by C and passes on its arguments as values in memory; a
//! [`stub`](mod@stub) is the function pointer of one callback, in front of its upcall. In each, one
//! side of every move is memory, addressed by a register that never carries an argument; so no move
//! destroys what a later one needs. The x87 stack is the exception, since a load pushes and a store
//! pops: a lowering loads `st1` before `st0`, and stores it after.
#![forbid(unsafe_code)]

mod downcall;
pub mod stub;
mod text;
mod transfer;
mod upcall;

pub use downcall::{Form, Guard, Results, downcall};
pub use stub::stub;
pub use upcall::upcall;

use crate::abi::Loc;
use crate::layout::Scalar;

/// One step of a trampoline.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// A mark at which an indirect call may land.
    Land,
    /// Goes to the mismatch exit unless the 32-bit word at this place is this number.
    Expect(Mem, u32),
    /// Goes to the mismatch exit if the 64-bit word at this place is 0.
    ExpectNonNull(Mem),
    /// Makes a frame of this many bytes with this alignment, and probes it page by page.
    Enter {
        /// Bytes below the saved frame pointer.
        size: u32,
        /// A power of two, at least 16.
        align: u32,
    },
    /// Copies a register.
    Copy(Reg, Reg),
    /// Loads this many bytes (1 to 8, of a vector register 2, 4, 6, 8 or 16) from memory, and clears
    /// those above. The x87 takes 10, onto its stack.
    Load(Reg, Mem, u32),
    /// Completes a scalar to 64 bits by its width and sign, in a general-purpose register; whatever
    /// was above it is gone.
    Extend(Reg, Reg, Scalar),
    /// Stores this many bytes: 8, on AArch64 also 1, 2 or 4 where the stack is packed; of a vector
    /// register 2, 4, 6, 8 or 16, where 2 and 6 may destroy
    /// [`Role::Temp`]. The x87 gives 10, off its stack.
    Store(Mem, Reg, u32),
    /// Stores this 32-bit number.
    Set(Mem, u32),
    /// Copies this many bytes from the second place to the first; destroys [`Role::Count`].
    Block(Mem, Mem, u32),
    /// Takes the address of a place.
    Address(Reg, Mem),
    /// Tells how many vector registers a variadic call uses.
    Vectors(u8),
    /// Adds 1 to the 64-bit word at this place, before anything that follows and in one order with
    /// what other threads count.
    Count(Mem),
    /// Calls the target, removes the frame and returns.
    CallAndReturn,
    /// Calls the target, which may destroy every register that is not of its result.
    Call,
    /// Calls the code whose address is at this place.
    CallThrough(Mem),
    /// Goes to the target for good: its return is the trampoline's.
    Jump,
    /// Goes for good to the code whose address is at this place.
    JumpThrough(Mem),
    /// Removes the frame and returns.
    Return,
    /// The mismatch exit: stores 1 through the fourth argument and returns.
    Mismatch,
}

/// A register of an operation: one of the plan, or a role.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reg {
    /// A register of the plan.
    Plan(Loc),
    /// A register outside all arguments.
    Role(Role),
    /// The trampoline's own argument of this number, valid until the first load.
    Entry(u8),
}

/// What the registers of a trampoline are used for besides arguments.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// The address of the target.
    Target,
    /// The address of the slots; after the call, of the result. No result is in this register.
    Slots,
    /// A temporary; on the way to the call it holds addresses of values that are not in their slots.
    Temp,
    /// A temporary of block copies; may be an argument register, so not after the first load.
    Count,
    /// The address of a callback's own record, on entry to its upcall.
    Context,
}

/// A place in memory: an offset in bytes from a base.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mem {
    /// What the offset counts from.
    pub base: Base,
    /// The offset in bytes.
    pub offset: u32,
}

/// The base of a place in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Base {
    /// A register.
    Reg(Reg),
    /// The stack pointer inside the frame.
    Frame,
    /// Outside the frame, the stack pointer at the call that entered it: where the plan has its
    /// stack arguments.
    Caller,
    /// The first byte of the code itself.
    Code,
}

impl Mem {
    /// The place `bytes` higher.
    pub(crate) const fn plus(self, bytes: u32) -> Self {
        Self {
            offset: self.offset.saturating_add(bytes),
            ..self
        }
    }
}

impl Reg {
    pub(crate) const TEMP: Self = Self::Role(Role::Temp);

    /// The place `offset` bytes from the address in this register.
    pub(crate) const fn at(self, offset: u32) -> Mem {
        Mem {
            base: Base::Reg(self),
            offset,
        }
    }
}

/// The place `offset` bytes above the stack pointer.
pub(crate) const fn frame(offset: u32) -> Mem {
    Mem {
        base: Base::Frame,
        offset,
    }
}
