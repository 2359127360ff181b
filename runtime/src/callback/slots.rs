//! Slots of callbacks that are free.
#![allow(unsafe_code, reason = "records are reached by their address")]

use super::record::Record;
use std::ffi::c_void;
use std::sync::atomic::AtomicU32;
use std::sync::{Mutex, PoisonError};

/// The last 8 bytes of a record, which belong to the pool.
#[derive(Default)]
#[repr(C)]
pub(crate) struct Link {
    next: AtomicU32,
    generation: AtomicU32,
}

/// A stub and its record.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) code: *const c_void,
    pub(crate) record: &'static Record,
}

// SAFETY: both are addresses that are valid for ever.
unsafe impl Send for Slot {}
// SAFETY: as above.
unsafe impl Sync for Slot {}

pub(crate) struct SlotPool(Mutex<Vec<Slot>>);

impl SlotPool {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(crate) fn take(
        &self,
        grow: impl FnOnce() -> crate::Result<Vec<Slot>>,
    ) -> crate::Result<Slot> {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if free.is_empty() {
            *free = grow()?;
        }
        Ok(free.pop().unwrap())
    }

    pub(crate) fn put(&self, slot: Slot) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(slot);
    }
}
