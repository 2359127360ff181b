//! Generated stubs, and the upcall trampolines behind them.
//!
//! Guarantee: a stub fits what stands behind it. Stubs of typed closures hand the record to where
//! the convention has one more pointer, and go to the shim that rustc compiled; all others go to
//! the upcall trampoline of the function type.
#![allow(unsafe_code, reason = "a table's memory becomes records")]

use super::upcall::Stubs;
use super::{Engine, jit};
use crate::callback::{Record, TABLE, Use};
use crate::error::Result;
use crate::os;
use crate::types::FnType;
use crate::value::KindId;
use farcall_jit::abi::{Abi, Loc};
use farcall_jit::code::stubs::{DISTANCE, STRIDE, STUBS, StubCode, StubTable, Tombstones};
use farcall_jit::trampoline::{Reg, Role, stub};
use farcall_jit::{self as generator, Upcall};
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::OnceLock;

/// What the stubs of one function type share; lives for ever.
pub(crate) struct Generated {
    ty: FnType,
    shared: bool,
    code: &'static StubCode,
    trampoline: Option<*const ()>,
    /// What retired tables consist of; `None` if that cannot be had.
    tombstones: OnceLock<Option<Tombstones>>,
}

// SAFETY: the trampoline is code, which every thread may run.
unsafe impl Send for Generated {}
// SAFETY: as above.
unsafe impl Sync for Generated {}

impl Generated {
    pub(crate) fn new(ty: FnType, of: Use) -> Result<Self> {
        let (abi, signature) = (jit::abi(ty.call_conv())?, jit::signature(ty)?);
        let trailing = match of.typed && abi.is_native() {
            true => abi.trailing(&signature)?,
            false => None,
        };
        let (code, trampoline) = match trailing {
            Some(register) => (code(abi, Reg::Plan(register), of.shared)?, None),
            None => {
                let kind = |ty| KindId::of(ty).unwrap_or(KindId::VOID).number();
                let kinds: Vec<_> = ty.params().iter().map(|param| kind(param.ty())).collect();
                let upcall = Upcall::compile(&abi.plan(&signature)?, &kinds)?;
                let code = code(abi, Reg::Role(Role::Context), of.shared)?;
                (code, Some(upcall.code().entry().cast()))
            }
        };
        Ok(Self {
            ty,
            shared: of.shared,
            code,
            trampoline,
            tombstones: OnceLock::new(),
        })
    }

    /// What is left of a callback of this table.
    fn tombstone(&self, table: NonNull<u8>) -> [u8; STRIDE] {
        // SAFETY: a table begins with a record, which has had a callback: tables are retired whole.
        unsafe { table.cast::<Record>().as_ref() }.tombstone(self.ty)
    }
}

impl Stubs for Generated {
    fn engine(&self) -> Engine {
        Engine::Jit
    }

    fn trampoline(&self) -> Option<*const ()> {
        self.trampoline
    }

    fn grow(&self) -> Result<NonNull<u8>> {
        const { assert!(TABLE == STUBS) };
        let first = self.code.table()?.record(0);
        // SAFETY: the records of a table are behind its stubs, which have an address.
        Ok(unsafe { NonNull::new_unchecked(first) })
    }

    fn stub(&self, record: NonNull<u8>) -> Result<*const c_void> {
        // All stubs of a table are made at once.
        Ok(record.as_ptr().wrapping_sub(DISTANCE).cast())
    }

    /// Late calls find what stands in every dead record. Where entries are counted in the records,
    /// one that is on its way would be lost, so that tables of shared callbacks are kept.
    unsafe fn retire(&self, table: NonNull<u8>) -> bool {
        if self.shared {
            return false;
        }
        let make = || Tombstones::new(&self.tombstone(table)).ok();
        let Some(tombstones) = self.tombstones.get_or_init(make) else {
            return false;
        };
        // SAFETY: there is such a table.
        let table = unsafe { StubTable::of_records(table) };
        // SAFETY: forwarded to the caller; the records' code finds a dead record.
        unsafe { table.retire(tombstones) }.is_ok()
    }

    unsafe fn revive(&self, table: NonNull<u8>) -> bool {
        let tombstone = self.tombstone(table);
        // SAFETY: there is such a table.
        let table = unsafe { StubTable::of_records(table) };
        // SAFETY: forwarded to the caller.
        unsafe { table.revive(&tombstone) }.is_ok()
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
    os::once(cell, || {
        let ops = stub(context, counted, DISTANCE as u32);
        Ok(StubCode::new(&generator::encode(&ops, abi)?)?)
    })
}
