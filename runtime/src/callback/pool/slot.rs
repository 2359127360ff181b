//! What slots are and where they come from.
#![allow(
    unsafe_code,
    reason = "the pool's words are in records, behind pointers"
)]

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// The size of a record and the distance between two of a table, in bytes.
pub(crate) const RECORD: usize = 64;

/// The number of records in a table.
pub(crate) const TABLE: usize = 1024;

/// Where a record has the pool's own word of 32 bits.
pub(crate) const LINK: usize = 56;

/// Where a record has its generation, 32 bits: how often its slot was put.
pub(crate) const GENERATION: usize = 60;

/// Where a pool gets its tables.
///
/// # Safety
/// A table is [`TABLE`] records of [`RECORD`] bytes, one after the other, aligned to `RECORD`, that
/// can be read and written for ever, also while the table is being retired and revived. No one
/// writes to a record's bytes from [`LINK`] on except for `retire` and `revive`.
pub(crate) unsafe trait Source {
    /// Why there is no further table.
    type Error;

    /// Makes a table of zeros and returns the address of its first record.
    fn grow(&self) -> Result<NonNull<u8>, Self::Error>;

    /// Gives the memory of a table back, if it can; the records have any content then.
    ///
    /// If it cannot, the records are what they were, and it is not asked again.
    ///
    /// # Safety
    /// The table is one of this source, and no slot of it is taken.
    unsafe fn retire(&self, table: NonNull<u8>) -> bool;

    /// Gives a retired table memory again, if it can; the records have any content then.
    ///
    /// # Safety
    /// The table is one of this source that is retired.
    unsafe fn revive(&self, table: NonNull<u8>) -> bool;

    /// The error of a pool that has as many tables as it can.
    fn full(&self) -> Self::Error;
}

/// A slot that was taken from a pool and not put back.
#[derive(Debug)]
pub(crate) struct Slot(NonNull<u8>);

// SAFETY: a slot is an address; what is done with the record is up to its user.
unsafe impl Send for Slot {}

// SAFETY: as above.
unsafe impl Sync for Slot {}

impl Slot {
    /// A slot that was just taken: it keeps its index where its link was.
    pub(super) fn new(index: u32, record: NonNull<u8>) -> Self {
        word(record, LINK).store(index, Ordering::Relaxed);
        Self(record)
    }

    /// The number that it has in its pool.
    pub(super) fn index(&self) -> u32 {
        word(self.0, LINK).load(Ordering::Relaxed)
    }

    /// The address of its record, which does not change.
    pub(crate) fn record(&self) -> NonNull<u8> {
        self.0
    }

    /// The slot of a record.
    ///
    /// # Safety
    /// The record is that of a slot that is taken and that no one else will put.
    pub(crate) unsafe fn of(record: NonNull<u8>) -> Self {
        Self(record)
    }

    /// How often the slot was put.
    #[cfg(test)]
    pub(crate) fn generation(&self) -> u32 {
        word(self.0, GENERATION).load(Ordering::Relaxed)
    }
}

/// One of the pool's words in a record.
pub(super) fn word(record: NonNull<u8>, offset: usize) -> &'static AtomicU32 {
    // SAFETY: a record has these bytes.
    let place = unsafe { record.add(offset) };
    // SAFETY: records are readable and writable for ever, aligned, and these words of them are
    // used as atomics only.
    unsafe { AtomicU32::from_ptr(place.as_ptr().cast()) }
}

/// The records of a table.
pub(super) fn records(first: NonNull<u8>) -> impl Iterator<Item = NonNull<u8>> {
    // SAFETY: a table has `TABLE` records of `RECORD` bytes.
    (0..TABLE).map(move |index| unsafe { first.add(index * RECORD) })
}
