//! Stubs: the function pointers of callbacks, and what generated code knows of their records.
//!
//! A callback is a stub in a page of equal stubs, and its *record* at a fixed distance in a page of
//! data. The stub puts the address of its own record into a register, a constant, and goes to what
//! the record's first word says; that word is the only one it loads. With its context in `rdx` and
//! entries that are counted:
//!
//! ```text
//! land
//! count    code+4112
//! address  rdx <- code+4096
//! jump     through code+4096
//! ```
//!
//! Guarantee: a stub is at most [`STRIDE`] bytes and the same at every address; it touches the
//! count and the shim of its own record, in this order, and no register but that of the context.
#![forbid(unsafe_code)]

use super::{Base, Mem, Op, Reg};

/// The distance in bytes from one stub to the next and from one record to the next; also the size
/// of a record.
pub const STRIDE: u32 = 64;

/// Where a record has the address of the code that its stub goes to.
pub const SHIM: u32 = 0;

/// Where a record has the address of the handler that an [`upcall`](super::upcall()) calls.
///
/// It is loaded later than the shim, so an entry may see the shim of one callback and the handler of
/// the next that the record serves: a record is reused only where every such pair is right.
pub const HANDLER: u32 = 8;

/// Where a record has the number of entries, 64 bits, if its stub counts them.
pub const COUNT: u32 = 16;

/// The operations of a stub whose record lies `distance` bytes after it.
///
/// The address of the record goes to `context`: [`Role::Context`](super::Role::Context) for an
/// upcall, or what [`Abi::trailing`](crate::abi::Abi::trailing) says for a function that takes it
/// as its last argument. A stub that is `counted` adds 1 to [`COUNT`] before it looks at anything
/// else, so that who takes the callback down can know of every thread that is inside.
#[must_use]
pub fn stub(context: Reg, counted: bool, distance: u32) -> Vec<Op> {
    let record = |offset| Mem {
        base: Base::Code,
        offset: distance.saturating_add(offset),
    };
    let mut ops = vec![Op::Land];
    if counted {
        ops.push(Op::Count(record(COUNT)));
    }
    ops.push(Op::Address(context, record(0)));
    ops.push(Op::JumpThrough(record(SHIM)));
    ops
}
