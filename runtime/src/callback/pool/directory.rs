//! Index of a slot → address of its record, without a lock.
//!
//! Guarantee: an address, once entered, is found for ever; entering moves nothing that is read.
#![allow(
    unsafe_code,
    reason = "groups of addresses are reached through pointers"
)]

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

use super::{RECORD, TABLE};

/// The addresses of tables, in groups of which each is twice as large as the one before.
pub(super) struct Directory {
    groups: [AtomicPtr<AtomicPtr<u8>>; GROUPS],
}

const GROUPS: usize = u32::BITS as usize;

/// The group of a table and its place in it: group `n` holds `1 << n` tables.
fn place(table: u32) -> (usize, usize) {
    let number = table as usize + 1;
    let group = number.ilog2() as usize;
    (group, number - (1 << group))
}

impl Directory {
    pub(super) const fn new() -> Self {
        Self {
            groups: [const { AtomicPtr::new(ptr::null_mut()) }; GROUPS],
        }
    }

    /// Enters the address of the next table; tables are numbered from 0, and one thread at a time
    /// enters them.
    pub(super) fn enter(&self, table: u32, first: NonNull<u8>) {
        let (group, place) = place(table);
        if place == 0 {
            let new: Vec<AtomicPtr<u8>> =
                (0..1usize << group).map(|_| AtomicPtr::default()).collect();
            let new = Box::leak(new.into_boxed_slice()).as_mut_ptr();
            self.groups[group].store(new, Ordering::Release);
        }
        self.entry(group, place)
            .store(first.as_ptr(), Ordering::Release);
    }

    /// The address of a table that was entered.
    pub(super) fn table(&self, table: u32) -> NonNull<u8> {
        let (group, place) = place(table);
        let first = self.entry(group, place).load(Ordering::Acquire);
        // SAFETY: the callers ask for tables that were entered.
        unsafe { NonNull::new_unchecked(first) }
    }

    /// The address of the record of a slot whose table was entered.
    pub(super) fn record(&self, index: u32) -> NonNull<u8> {
        let offset = (index as usize % TABLE) * RECORD;
        // SAFETY: a table has `TABLE` records of `RECORD` bytes.
        unsafe { self.table(index / TABLE as u32).add(offset) }
    }

    fn entry(&self, group: usize, place: usize) -> &AtomicPtr<u8> {
        let first = self.groups[group].load(Ordering::Acquire);
        // SAFETY: the callers ask for what was entered, so the group exists and has this place.
        unsafe { &*first.add(place) }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        for (group, first) in self.groups.iter_mut().enumerate() {
            let first = *first.get_mut();
            if !first.is_null() {
                let group = ptr::slice_from_raw_parts_mut(first, 1 << group);
                // SAFETY: it was leaked from a box of this length in `enter`.
                drop(unsafe { Box::from_raw(group) });
            }
        }
    }
}
