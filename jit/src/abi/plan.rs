//! The plan of a call: where every byte lives, without direction and without code.
//!
//! Guarantee: a plan mentions each byte of each argument and result that carries a value, once;
//! only the variadic floats of Windows have two registers. No two values share a location.
//! For `int f(int, struct { double x; char c; })` on System V:
//!
//! ```text
//! plan System V x86-64
//!   param 0  i32  in rdi
//!   param 1  16 bytes, align 8 {0: f64, 8: i8}  in 0..8 xmm0, 8..16 rsi
//!   result   i32  in rax
//!   stack    0 bytes, align 16
//! ```
#![forbid(unsafe_code)]

use super::{Abi, Arch};
use crate::layout::{Bank, Layout};
use std::fmt;

/// Where the arguments and the result of a call live.
#[derive(Clone, Debug)]
pub struct CallPlan {
    /// The convention that it follows.
    pub abi: &'static Abi,
    /// The arguments in order.
    pub params: Vec<Passing>,
    /// The result.
    pub result: Returning,
    /// Bytes of stack that the arguments take, shadow space included; a multiple of 8.
    pub stack: u32,
    /// The alignment of the stack at the call, at least 16 bytes.
    pub stack_align: u32,
    /// For a variadic call under an ABI that counts them, the vector registers in use.
    pub vectors: Option<u8>,
}

/// How one argument is passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Passing {
    /// What it is.
    pub layout: Layout,
    /// Where it lives.
    pub place: Place,
}

/// Where an argument lives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// In these registers, or a scalar in its stack slot.
    Moves(Vec<Move>),
    /// By value on the stack, from this offset on.
    Stack(u32),
    /// In memory of the caller's, at an address that is passed here.
    Indirect(Loc),
}

/// A correspondence of bytes of a value with a location.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Move {
    /// The offset in bytes inside the value.
    pub offset: u32,
    /// How many bytes: 1 to 8, in a vector register also 16, on the x87 stack 10.
    pub width: u32,
    /// Where they live.
    pub loc: Loc,
}

/// A register or a place on the stack.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Loc {
    /// A general-purpose register.
    Gpr(u8),
    /// A floating-point register.
    Fpr(u8),
    /// A place on the register stack of the x87, 0 its top; of a result only.
    X87(u8),
    /// An offset in bytes from the stack pointer at the call.
    Stack(u32),
}

/// How the result comes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Returning {
    /// There is none.
    Void,
    /// In registers.
    Moves {
        /// What it is.
        layout: Layout,
        /// Which bytes are where.
        moves: Vec<Move>,
    },
    /// In memory of the caller's.
    Memory {
        /// What it is.
        layout: Layout,
        /// Where the caller passes the address.
        address: Loc,
    },
}

impl Loc {
    pub(crate) fn register(bank: Bank, number: u8) -> Self {
        match bank {
            Bank::Gpr => Self::Gpr(number),
            Bank::Fpr => Self::Fpr(number),
            Bank::X87 => Self::X87(number),
        }
    }

    /// Its name in the manuals of `arch`.
    #[must_use]
    pub fn name(self, arch: Arch) -> String {
        const X64: [&str; 16] = [
            "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11",
            "r12", "r13", "r14", "r15",
        ];
        match (self, arch) {
            (Self::Gpr(number), Arch::X64) => X64[usize::from(number & 15)].to_owned(),
            (Self::Fpr(number), Arch::X64) => format!("xmm{number}"),
            (Self::Gpr(number), Arch::A64) => format!("x{number}"),
            (Self::Fpr(number), Arch::A64) => format!("v{number}"),
            (Self::X87(number), _) => format!("st{number}"),
            (Self::Stack(offset), _) => format!("stack+{offset}"),
        }
    }
}

impl CallPlan {
    fn moves(&self, f: &mut fmt::Formatter<'_>, layout: &Layout, moves: &[Move]) -> fmt::Result {
        if moves.is_empty() {
            f.write_str("nothing")?;
        }
        for (index, one) in moves.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            if !layout.is_direct() {
                write!(f, "{}..{} ", one.offset, one.offset + one.width)?;
            }
            f.write_str(&one.loc.name(self.abi.arch))?;
        }
        Ok(())
    }
}

impl fmt::Display for CallPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "plan {}", self.abi.name)?;
        for (index, Passing { layout, place }) in self.params.iter().enumerate() {
            write!(f, "  param {index}  {layout}  in ")?;
            match place {
                Place::Moves(moves) => self.moves(f, layout, moves)?,
                Place::Stack(offset) => write!(f, "stack+{offset}")?,
                Place::Indirect(loc) => write!(f, "memory at {}", loc.name(self.abi.arch))?,
            }
            writeln!(f)?;
        }
        match &self.result {
            Returning::Void => writeln!(f, "  result   void")?,
            Returning::Moves { layout, moves } => {
                write!(f, "  result   {layout}  in ")?;
                self.moves(f, layout, moves)?;
                writeln!(f)?;
            }
            Returning::Memory { layout, address } => {
                writeln!(
                    f,
                    "  result   {layout}  in memory at {}",
                    address.name(self.abi.arch)
                )?;
            }
        }
        write!(
            f,
            "  stack    {} bytes, align {}",
            self.stack, self.stack_align
        )?;
        self.vectors
            .iter()
            .try_for_each(|count| write!(f, ", {count} vector registers"))?;
        writeln!(f)
    }
}
