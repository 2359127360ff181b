//! Tables on the heap, and slots that know when someone else has them too.

use std::alloc::{Layout, alloc_zeroed};
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use super::super::{RECORD, Slot, SlotPool, Source, TABLE};

/// There is no further table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// Tables on the heap; retired ones are overwritten.
pub(super) struct Memory {
    left: AtomicUsize,
    retires: bool,
    revives: bool,
    asked: AtomicUsize,
    retired: Mutex<Vec<usize>>,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self::with_tables(usize::MAX)
    }

    pub(super) fn with_tables(left: usize) -> Self {
        Self {
            left: AtomicUsize::new(left),
            retires: true,
            revives: true,
            asked: AtomicUsize::new(0),
            retired: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn keeping() -> Self {
        Self {
            retires: false,
            ..Self::new()
        }
    }

    pub(super) fn not_reviving() -> Self {
        Self {
            revives: false,
            ..Self::new()
        }
    }

    /// How often it was asked to retire a table.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// The addresses of the tables that were retired since this was emptied.
    pub(super) fn retired(&self) -> MutexGuard<'_, Vec<usize>> {
        self.retired.lock().unwrap()
    }
}

// SAFETY: the memory is of this size and alignment and never freed.
unsafe impl Source for Memory {
    type Error = Full;

    fn grow(&self) -> Result<NonNull<u8>, Full> {
        let one_less = |left: usize| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
            .map_err(|_| Full)?;
        let layout = Layout::from_size_align(TABLE * RECORD, RECORD).unwrap();
        // SAFETY: the size is not 0.
        Ok(NonNull::new(unsafe { alloc_zeroed(layout) }).unwrap())
    }

    unsafe fn retire(&self, table: NonNull<u8>) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if !self.retires {
            return false;
        }
        for index in 0..TABLE {
            // SAFETY: it is one of the table's records.
            let record = unsafe { table.add(index * RECORD) };
            assert_eq!(
                users(record).load(Ordering::Relaxed),
                0,
                "a slot that is taken is retired"
            );
        }
        self.retired().push(table.as_ptr().addr());
        overwrite(table, 0xdddd_dddd);
        true
    }

    unsafe fn revive(&self, table: NonNull<u8>) -> bool {
        if self.revives {
            overwrite(table, 0);
        }
        self.revives
    }

    fn full(&self) -> Full {
        Full
    }
}

/// Writes this to every word of a table.
fn overwrite(table: NonNull<u8>, value: u32) {
    for offset in (0..TABLE * RECORD).step_by(4) {
        // SAFETY: the table has these bytes.
        let place = unsafe { table.add(offset) }.cast().as_ptr();
        // SAFETY: all words of these tables are used as atomics.
        unsafe { AtomicU32::from_ptr(place) }.store(value, Ordering::Relaxed);
    }
}

/// How many have the slot of a record: the first word.
fn users(record: NonNull<u8>) -> &'static AtomicU32 {
    // SAFETY: the first word of these records is used as an atomic.
    unsafe { AtomicU32::from_ptr(record.cast().as_ptr()) }
}

/// A slot that is put back when dropped.
pub(super) struct Owned<'a> {
    pool: &'a SlotPool<Memory>,
    slot: Option<Slot>,
}

impl<'a> Owned<'a> {
    pub(super) fn take(pool: &'a SlotPool<Memory>) -> Result<Self, Full> {
        let slot = pool.take()?;
        let before = users(slot.record()).fetch_add(1, Ordering::Relaxed);
        assert_eq!(before, 0, "a slot was taken twice");
        Ok(Self {
            pool,
            slot: Some(slot),
        })
    }
}

impl Deref for Owned<'_> {
    type Target = Slot;

    fn deref(&self) -> &Slot {
        self.slot.as_ref().unwrap()
    }
}

impl Drop for Owned<'_> {
    fn drop(&mut self) {
        let slot = self.slot.take().unwrap();
        let before = users(slot.record()).fetch_sub(1, Ordering::Relaxed);
        assert_eq!(before, 1, "a slot was taken twice");
        // SAFETY: it was taken from this pool.
        unsafe { self.pool.put(slot) };
    }
}

/// The seed that the variable gives, or one of this moment; it is printed if the test fails.
pub(super) fn random_seed(variable: &str) -> u64 {
    let given = std::env::var(variable).ok();
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_nanos() as u64
    };
    let seed = given.map_or_else(now, |text| text.parse().expect("a seed"));
    println!("{variable}={seed}");
    seed.max(1)
}

/// Marsaglia's xorshift: enough to choose by.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
