//! Generated stubs, and the upcall trampolines behind them.
//!
//! Guarantee: a stub fits what stands behind it. Stubs of typed closures hand the record to where
//! the convention has one more pointer, and go to the shim that rustc compiled; all others go to
//! the upcall trampoline of the function type.
#![allow(unsafe_code, reason = "a table's memory becomes records")]

use super::jit;
use crate::callback::{Record, Slot, Use};
use crate::error::Result;
use crate::os;
use crate::types::FnType;
use crate::value::KindId;
use farcall_jit::abi::{Abi, Loc};
use farcall_jit::code::stubs::{STUBS, StubCode, StubTable};
use farcall_jit::trampoline::{Reg, Role, stub};
use farcall_jit::{self as generator, Upcall};
use std::sync::OnceLock;

/// What the stubs of one function type share; lives for ever.
pub(crate) struct Stubs {
    code: &'static StubCode,
    trampoline: Option<*const ()>,
}

// SAFETY: the trampoline is code, which every thread may run.
unsafe impl Send for Stubs {}
// SAFETY: as above.
unsafe impl Sync for Stubs {}

impl Stubs {
    pub(crate) fn new(ty: FnType, of: Use) -> Result<Self> {
        let (abi, signature) = (jit::abi(ty.call_conv())?, jit::signature(ty)?);
        let plan = abi.plan(&signature)?;
        // Also for typed closures: code of this convention must be of use to this process.
        let kind = |ty| KindId::of(ty).unwrap_or(KindId::VOID).number();
        let trailing = if of.typed {
            abi.trailing(&signature)?
        } else {
            None
        };
        if let Some(register) = trailing
            && abi.is_native()
        {
            return Ok(Self {
                code: code(abi, Reg::Plan(register), of.shared)?,
                trampoline: None,
            });
        }
        let kinds: Vec<_> = ty.params().iter().map(|param| kind(param.ty())).collect();
        let upcall = Upcall::compile(&plan, &kinds)?;
        Ok(Self {
            code: code(abi, Reg::Role(Role::Context), of.shared)?,
            trampoline: Some(upcall.code().entry().cast()),
        })
    }

    /// See [`super::upcall::Source::trampoline`].
    pub(crate) fn trampoline(&self) -> Option<*const ()> {
        self.trampoline
    }

    /// See [`super::upcall::Source::grow`].
    pub(crate) fn grow(&self) -> Result<Vec<Slot>> {
        let table = self.code.table()?;
        Ok((0..STUBS).map(|index| slot(table, index)).collect())
    }
}

/// The slot at this place of a new table.
fn slot(table: StubTable, index: usize) -> Slot {
    Slot {
        code: table.stub(index).cast(),
        // SAFETY: 64 bytes of zeros, aligned to 64, that live for ever: each field of a record may
        // be zero.
        record: unsafe { &*table.record(index).cast::<Record>() },
    }
}

/// The stub code that hands the record to `context`, made once.
fn code(abi: &Abi, context: Reg, counted: bool) -> Result<&'static StubCode> {
    /// The general-purpose registers, and one more for the role.
    const REGISTERS: usize = 33;
    static CODES: [[OnceLock<StubCode>; REGISTERS]; 2] =
        [const { [const { OnceLock::new() }; REGISTERS] }; 2];
    let place = match context {
        Reg::Plan(Loc::Gpr(number)) => usize::from(number),
        _ => REGISTERS - 1,
    };
    let cell = &CODES[usize::from(counted)][place.min(REGISTERS - 1)];
    if let Some(ready) = cell.get() {
        return Ok(ready);
    }
    let ops = stub(context, counted, farcall_jit::code::stubs::DISTANCE as u32);
    let new = StubCode::new(&generator::encode(&ops, abi)?)?;
    Ok(os::without_forks(|| cell.get_or_init(|| new)))
}
