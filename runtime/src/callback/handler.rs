//! Where C arrives: what upcall trampolines and libffi's handler call, with the arguments as values.
//!
//! Guarantee: no panic leaves; a result is always written; the closure is touched only after the
//! record said that it may run here.
#![allow(unsafe_code, reason = "arguments and results are the engine's memory")]

use super::Failure;
use super::block::{self, Head};
use super::record::Record;
use super::thread;
use crate::error::ErrorKind;
use crate::types::CallConv;
use crate::value::Value;

/// How a closure may be entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Entering {
    /// By its own thread.
    Confined,
    /// By its own thread, once at a time.
    Once,
    /// By any thread; counted before.
    Shared,
}

/// The handler of callbacks that are entered in this way under this convention.
///
/// It is a `fn(&Record, *const Value, *mut u8)` in that convention: the values are as many as the
/// function type has parameters, the third is where the result goes, as [`block::Call`] writes it.
pub(super) fn handler(conv: CallConv, entering: Entering) -> *const () {
    macro_rules! handlers {
        ($abi:literal) => {{
            unsafe extern $abi fn confined(
                record: &Record,
                values: *const Value<'static>,
                result: *mut u8,
            ) {
                // SAFETY: forwarded to the caller.
                unsafe { enter_confined(record, values, result, Record::enter) }
            }
            unsafe extern $abi fn once(
                record: &Record,
                values: *const Value<'static>,
                result: *mut u8,
            ) {
                // SAFETY: forwarded to the caller.
                unsafe { enter_confined(record, values, result, Record::enter_once) }
            }
            unsafe extern $abi fn shared(
                record: &Record,
                values: *const Value<'static>,
                result: *mut u8,
            ) {
                // SAFETY: forwarded to the caller.
                unsafe { enter_shared(record, values, result) }
            }
            match entering {
                Entering::Confined => confined as *const (),
                Entering::Once => once as *const (),
                Entering::Shared => shared as *const (),
            }
        }};
    }
    match conv {
        CallConv::C => handlers!("C"),
        #[cfg(target_arch = "x86_64")]
        CallConv::SysV64 => handlers!("sysv64"),
        #[cfg(target_arch = "x86_64")]
        CallConv::Win64 => handlers!("win64"),
        // No engine has these there, so that nothing calls it.
        #[cfg(not(target_arch = "x86_64"))]
        CallConv::SysV64 | CallConv::Win64 => handlers!("C"),
    }
}

#[inline(always)]
unsafe fn enter_confined<'r>(
    record: &'r Record,
    values: *const Value<'static>,
    result: *mut u8,
    enter: impl FnOnce(&'r Record) -> Option<super::record::Entry<'r>>,
) {
    let Some(entry) = enter(record) else {
        // SAFETY: the engine gives room for the result.
        return unsafe { refuse(record).write(result) };
    };
    let head = record.block();
    // SAFETY: the callback is alive while this thread, its owner, is inside.
    unsafe { run(head, values, result) };
    if entry.leave() {
        leave_dead(record);
    }
}

/// Frees a confined callback that was dropped while it ran, if this was the last one inside.
#[cold]
#[inline(never)]
pub(super) fn leave_dead(record: &Record) {
    if let Some(block) = record.last_out() {
        // SAFETY: the record no longer names it, and nobody is inside.
        unsafe { block::free_under_c(block) };
    }
}

unsafe fn enter_shared(record: &Record, values: *const Value<'static>, result: *mut u8) {
    match shared(record) {
        // SAFETY: the entry was counted, so the block is alive until it is left.
        Some(head) => unsafe { run(head, values, result) },
        // SAFETY: the engine gives room for the result.
        None => unsafe { record.fallback().write(result) },
    }
    leave_shared(record);
}

/// The block of a shared callback, if it is alive and closures may run on this thread.
#[inline(always)]
pub(super) fn shared(record: &Record) -> Option<*mut Head> {
    if thread::entry() == 0 && !first_entry() {
        return None;
    }
    let block = record.block();
    (!block.is_null()).then_some(block)
}

/// Gives the thread its number. `false` if it had one: then a failure waits.
#[cold]
fn first_entry() -> bool {
    thread::id();
    !thread::is_pending()
}

/// Leaves a shared callback whose entry was counted.
#[inline(always)]
pub(super) fn leave_shared(record: &Record) {
    if let Some(block) = record.leave_shared() {
        // SAFETY: it was dropped, and this was the last one inside.
        unsafe { block::free_under_c(block) };
    }
}

/// Runs the closure; if it fails, the fallback is the result.
#[inline(always)]
unsafe fn run(head: *mut Head, values: *const Value<'static>, result: *mut u8) {
    // SAFETY: forwarded to the caller.
    let call = unsafe { (*head).call };
    // SAFETY: forwarded to the caller.
    if let Some(failure) = unsafe { call(head, values, result) } {
        // SAFETY: as above.
        unsafe { failed(head, *failure, result) };
    }
}

#[cold]
#[inline(never)]
unsafe fn failed(head: *mut Head, failure: Failure, result: *mut u8) {
    // SAFETY: the caller is inside, so the block is alive.
    let head = unsafe { &*head };
    head.fail(failure);
    // SAFETY: forwarded to the caller.
    unsafe { head.record.fallback().write(result) };
}

/// Refuses an entry of a confined callback, keeps why, and returns what C gets.
#[cold]
pub(super) fn refuse(record: &Record) -> &'static super::fallback::Fallback {
    if !record.is_own() {
        record.refuse_thread();
    } else if !thread::is_pending() {
        // SAFETY: its owner is this thread, so it cannot be freed meanwhile.
        let head = unsafe { &*record.block() };
        let again = ErrorKind::Reentered.into();
        if thread::keep(Failure::Error(head.blame(again))).is_err() {
            record.refuse_again();
        }
    }
    record.fallback()
}
