//! Operations in print.
#![forbid(unsafe_code)]

use super::{Base, Mem, Op, Reg, Role};
use crate::abi::Arch;
use std::fmt;

/// Prints operations with the register names of one architecture, a line each.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a>(pub &'a [Op], pub Arch);

impl Op {
    /// The operations as text, a line each, with the register names of `arch`.
    #[must_use]
    pub fn listing(ops: &[Self], arch: Arch) -> Listing<'_> {
        Listing(ops, arch)
    }
}

fn reg(reg: Reg, arch: Arch) -> String {
    match reg {
        Reg::Plan(loc) => loc.name(arch),
        Reg::Role(Role::Target) => "target".to_owned(),
        Reg::Role(Role::Slots) => "slots".to_owned(),
        Reg::Role(Role::Temp) => "temp".to_owned(),
        Reg::Role(Role::Count) => "count".to_owned(),
        Reg::Role(Role::Context) => "context".to_owned(),
        Reg::Entry(number) => format!("entry{number}"),
    }
}

fn mem(mem: Mem, arch: Arch) -> String {
    match mem.base {
        Base::Reg(base) => format!("{}+{}", reg(base, arch), mem.offset),
        Base::Frame => format!("frame+{}", mem.offset),
        Base::Caller => format!("caller+{}", mem.offset),
        Base::Code => format!("code+{}", mem.offset),
    }
}

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arch = self.1;
        for op in self.0 {
            match *op {
                Op::Land => writeln!(f, "land"),
                Op::Expect(at, kind) => writeln!(f, "expect   {} is {kind:#x}", mem(at, arch)),
                Op::ExpectNonNull(at) => writeln!(f, "expect   {} is not null", mem(at, arch)),
                Op::Enter { size, align } => writeln!(f, "enter    {size} align {align}"),
                Op::Copy(to, from) => {
                    writeln!(f, "copy     {} <- {}", reg(to, arch), reg(from, arch))
                }
                Op::Load(to, from, width) => {
                    writeln!(
                        f,
                        "load     {} <- {}  {width}",
                        reg(to, arch),
                        mem(from, arch)
                    )
                }
                Op::Extend(to, from, scalar) => {
                    writeln!(
                        f,
                        "extend   {} <- {}  {scalar}",
                        reg(to, arch),
                        reg(from, arch)
                    )
                }
                Op::Store(to, from, width) => {
                    writeln!(
                        f,
                        "store    {} <- {}  {width}",
                        mem(to, arch),
                        reg(from, arch)
                    )
                }
                Op::Set(at, number) => writeln!(f, "set      {} <- {number:#x}", mem(at, arch)),
                Op::Block(to, from, size) => {
                    writeln!(
                        f,
                        "block    {} <- {}  {size}",
                        mem(to, arch),
                        mem(from, arch)
                    )
                }
                Op::Address(to, at) => {
                    writeln!(f, "address  {} <- {}", reg(to, arch), mem(at, arch))
                }
                Op::Vectors(count) => writeln!(f, "vectors  {count}"),
                Op::Count(at) => writeln!(f, "count    {}", mem(at, arch)),
                Op::CallAndReturn => writeln!(f, "call     target, leave, return"),
                Op::Call => writeln!(f, "call     target"),
                Op::CallThrough(at) => writeln!(f, "call     through {}", mem(at, arch)),
                Op::Jump => writeln!(f, "jump     target"),
                Op::JumpThrough(at) => writeln!(f, "jump     through {}", mem(at, arch)),
                Op::Return => writeln!(f, "leave, return"),
                Op::Mismatch => writeln!(f, "mismatch"),
            }?;
        }
        Ok(())
    }
}
