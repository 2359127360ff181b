//! Calling conventions as tables, each with a classifier.
//!
//! Guarantee: an [`Abi`] turns every [`Signature`] within bounds into the [`CallPlan`] that the
//! standard of that ABI prescribes, on any host. Nothing outside this folder and the encoders
//! knows an architecture.
#![forbid(unsafe_code)]

mod aapcs64;
mod assign;
mod plan;
mod sysv;
mod win64;

pub use aapcs64::{AAPCS64, APPLE_ARM64, WIN_ARM64};
pub use plan::{CallPlan, Loc, Move, Passing, Place, Returning};
pub use sysv::SYSV_X64;
pub use win64::WIN_X64;

use crate::layout::{Bank, Layout, Scalar, Signature};
use crate::{Error, Result};

/// A calling convention: which registers carry what, and the rule that classifies values.
///
/// Registers are the machine's own numbers within their bank.
#[derive(Debug)]
pub struct Abi {
    /// The name of the standard.
    pub name: &'static str,
    /// The architecture that its registers belong to.
    pub arch: Arch,
    /// The general-purpose registers of arguments, in order.
    pub gprs: &'static [u8],
    /// The floating-point registers of arguments, in order.
    pub fprs: &'static [u8],
    /// The general-purpose registers of results, in order.
    pub result_gprs: &'static [u8],
    /// The floating-point registers of results, in order.
    pub result_fprs: &'static [u8],
    /// The places on the x87 stack of results, in order.
    pub result_x87s: &'static [u8],
    /// Where the address of a result in memory is passed.
    pub sret: Sret,
    /// The general-purpose register in which the callee returns that address, if it has to.
    pub sret_returned: Option<u8>,
    /// Whether an argument uses up its position in both banks.
    pub positional: bool,
    /// Bytes above the return address that the caller keeps free for the callee.
    pub shadow: u32,
    /// Whether a variadic call tells in a register how many vector registers it uses.
    pub counts_vectors: bool,
    /// Whether a variadic float in a register is in the general-purpose register of its position
    /// too.
    pub twins_floats: bool,
    /// Whether a value that finds too few registers of its kind leaves none to those after it.
    pub closes: bool,
    /// Whether a value aligned to 16 bytes begins in a general-purpose register of even position.
    pub even_pairs: bool,
    /// Whether a value may begin in registers and end on the stack.
    pub splits: bool,
    /// What is different in a call of a variadic function.
    pub variadic: Variadic,
    /// Puts an argument into its class.
    pub(crate) argument: fn(&Layout) -> Class,
    /// Puts a result into its class.
    pub(crate) result: fn(&Layout) -> Class,
    /// The alignment of an argument by value on the stack, and what its size is rounded up to.
    pub(crate) stack_align: fn(&Layout) -> u32,
}

/// Which table a call of a variadic function follows.
#[derive(Clone, Copy, Debug)]
pub enum Variadic {
    /// That of every call.
    Same,
    /// Another, for all of the call.
    Call(&'static Abi),
    /// Another for the arguments after the named ones.
    Extras(&'static Abi),
}

/// An instruction set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Arch {
    /// x86-64, also called AMD64.
    X64,
    /// AArch64, also called ARM64.
    A64,
}

/// Where the address of a result in memory travels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Sret {
    /// As a hidden first argument.
    FirstArgument,
    /// In a register of its own.
    Register(u8),
}

/// How a value is passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// In registers, all pieces or none; on the stack if they do not suffice.
    Registers(Vec<Piece>),
    /// By value on the stack; as a result, in memory that the caller provides.
    Memory,
    /// By address of a copy that the caller makes.
    Indirect,
}

/// The part of a value that one register carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    pub(crate) bank: Bank,
    pub(crate) offset: u32,
    pub(crate) width: u32,
}

impl Abi {
    /// Every ABI, in the order in which tools print them.
    pub const ALL: [&'static Self; 5] = [&SYSV_X64, &WIN_X64, &AAPCS64, &APPLE_ARM64, &WIN_ARM64];

    /// The most bytes of stack that the arguments of a call may take, copies included: 1 MiB.
    pub const STACK_LIMIT: u32 = 1 << 20;

    /// The ABI of C on this platform.
    ///
    /// # Errors
    /// [`Error::Unsupported`] on a platform without one here.
    pub fn host() -> Result<&'static Self> {
        if cfg!(all(target_arch = "x86_64", windows)) {
            Ok(&WIN_X64)
        } else if cfg!(target_arch = "x86_64") {
            Ok(&SYSV_X64)
        } else if cfg!(all(target_arch = "aarch64", windows)) {
            Ok(&WIN_ARM64)
        } else if cfg!(all(target_arch = "aarch64", target_vendor = "apple")) {
            Ok(&APPLE_ARM64)
        } else if cfg!(target_arch = "aarch64") {
            Ok(&AAPCS64)
        } else {
            Err(Error::Unsupported {
                what: format!("generated code for {}", std::env::consts::ARCH),
                why: "there is no encoder for it yet".to_owned(),
            })
        }
    }

    /// Whether this process can run code of this ABI.
    #[must_use]
    pub fn is_native(&self) -> bool {
        match self.arch {
            Arch::X64 => cfg!(target_arch = "x86_64"),
            Arch::A64 => cfg!(target_arch = "aarch64"),
        }
    }

    /// Decides where every byte of a call with this signature lives.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if the arguments take more than [`Abi::STACK_LIMIT`] bytes of stack.
    pub fn plan(&'static self, signature: &Signature) -> Result<CallPlan> {
        assign::assign(self, signature)
    }

    /// Where a pointer goes that is appended to this signature, if it goes to a general-purpose
    /// register; the arguments before it stay where they are.
    ///
    /// # Errors
    /// As [`Abi::plan`].
    pub fn trailing(&'static self, signature: &Signature) -> Result<Option<Loc>> {
        let mut longer = signature.clone();
        longer.params.push(Layout::Scalar(Scalar::U64));
        let Ok(plan) = self.plan(&longer) else {
            // The pointer may be what was too much for the stack.
            return self.plan(signature).map(|_| None);
        };
        let last = plan.params.last().map(|param| &param.place);
        Ok(match last {
            Some(Place::Moves(moves)) => moves.first().map(|one| one.loc),
            _ => None,
        }
        .filter(|loc| matches!(loc, Loc::Gpr(_))))
    }
}

impl Bank {
    /// A piece of a value in a register of this kind.
    pub(crate) const fn piece(self, offset: u32, width: u32) -> Piece {
        Piece {
            bank: self,
            offset,
            width,
        }
    }
}

/// The whole value as one piece.
pub(crate) fn one_piece(layout: &Layout, bank: Bank) -> Class {
    Class::Registers(vec![bank.piece(0, layout.size())])
}
