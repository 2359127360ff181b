//! From C signatures to machine code that calls C functions, and that C calls back.
//!
//! ```text
//! Signature ──Abi::plan──▶ CallPlan ──downcall──▶ [Op] ──encode──▶ bytes ──publish──▶ Code
//!  layout                   abi        upcall   trampoline       x64, a64            code
//!    └────────────────── Downcall::compile, Upcall::compile ──────────────────────────▶
//! ```
//!
//! Each stage is a value that prints, and a pure function of the one before it, up to the bytes.
//! All of them exist on every host for every ABI; only running code needs the machine.
//!
//! - A [`layout::Signature`] is a call as the machine sees it: scalars, and records of scalars at
//!   offsets. C types, names and libraries are unknown here.
//! - An [`abi::CallPlan`] says where every byte lives at the call, by the rules of one standard; it
//!   has no direction and no code. An [`abi::Abi`] is a table of registers and a classifier.
//! - [`trampoline::Op`]s are the steps of a trampoline. One side of every move is memory that is
//!   addressed by a register which carries no argument, so that the loads of arguments commute and
//!   no register is shuffled.
//! - The encoder turns each operation into instructions on its own and knows nothing of plans.
//! - [`code`] makes the bytes executable; they contain no address, so that one trampoline serves
//!   all functions whose signatures lower to the same operations.
//!
//! Here is `int f(int, double, void *, struct { float x, y, z, w; })` on its way:
//!
//! ```
//! use farcall_jit::abi::SYSV_X64;
//! use farcall_jit::layout::{Layout, Leaf, Record, Scalar, Signature};
//! use farcall_jit::trampoline::{Form, Op, downcall};
//!
//! let floats = [0, 4, 8, 12].map(|offset| Leaf { offset, scalar: Scalar::F32 });
//! let signature = Signature {
//!     params: vec![
//!         Layout::Scalar(Scalar::I32),
//!         Layout::Scalar(Scalar::F64),
//!         Layout::Scalar(Scalar::U64),
//!         Layout::Record(Record::new(16, 4, floats)?),
//!     ],
//!     result: Some(Layout::Scalar(Scalar::I32)),
//!     fixed: None,
//! };
//! let plan = SYSV_X64.plan(&signature)?;
//! assert_eq!(plan.to_string(), "\
//! plan System V x86-64
//!   param 0  i32  in rdi
//!   param 1  f64  in xmm0
//!   param 2  u64  in rsi
//!   param 3  16 bytes, align 4 {0: f32, 4: f32, 8: f32, 12: f32}  in 0..8 xmm1, 8..16 xmm2
//!   result   i32  in rax
//!   stack    0 bytes, align 16
//! ");
//! let ops = downcall(&plan, Form::Unchecked);
//! assert_eq!(Op::listing(&ops, plan.abi.arch).to_string(), "\
//! land
//! copy     target <- entry0
//! copy     slots <- entry1
//! load     rdi <- slots+0  8
//! load     xmm0 <- slots+8  8
//! load     rsi <- slots+16  8
//! load     temp <- slots+24  8
//! load     xmm1 <- temp+0  8
//! load     xmm2 <- temp+8  8
//! jump     target
//! ");
//! # #[cfg(any(target_arch = "x86_64", feature = "x64"))]
//! assert_eq!(farcall_jit::encode(&ops, plan.abi)?.len(), 39);
//! # Ok::<(), farcall_jit::Error>(())
//! ```
//!
//! The scalars lie in the slots themselves; of the record the slot holds the address. No argument
//! is on the stack, so the trampoline has no frame and leaves by a jump. [`Downcall`] shows a call.
//!
//! The same plan in the other direction is how C calls back: [`trampoline::upcall`] stores what the
//! registers carry into such slots, and calls a handler with them.
//!
//! # Features
//! The encoder of AArch64 is always built. That of x86-64 is always built on that architecture;
//! `x64` builds it everywhere, to look at its code.
#![deny(unsafe_code)]

pub mod a64;
pub mod abi;
pub mod code;
mod compile;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod entry;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[path = "noentry.rs"]
mod entry;
mod error;
pub mod layout;
pub mod trampoline;
#[cfg(any(target_arch = "x86_64", feature = "x64"))]
pub mod x64;

pub use compile::{Downcall, Pair, Pick, ScalarCall, Upcall, compiled, encode};
pub use error::{Error, Result};
