//! The slots of one kind of callback: taken, put back, and taken again when it is safe enough.
//!
//! A slot is a record of 64 bytes in a table of [`TABLE`]; what a record means is its user's
//! business, except for the last 8 bytes, which are the pool's. Tables come from a [`Source`] and
//! stay where they are for ever.
//!
//! ```text
//!         ┌── fresh ◀── grow: a new table, or one that was retired
//!  take ◀─┤
//!         └── free ◀─┬── aged, past quarantine ◀── sort ◀── dead ◀── put
//!                    └── parked ──▶ retired, when the whole table is parked
//! ```
//!
//! Guarantee, from the moment in which a slot is put:
//! - *Quarantine*: it is not taken again before [`QUARANTINE`] other slots were put, nor before
//!   each slot that was put earlier has been taken, unless the table of that one was chosen to be
//!   retired.
//! - No two threads have the same slot, whatever they do at the same time.
//! - [`take`](SlotPool::take) and [`put`](SlotPool::put) neither allocate, lock nor ask the system,
//!   but for one in some hundred: that one sorts what is idle, or grows the pool, under a lock that
//!   no child inherits. What it looks at is within a constant factor of what was put since the last
//!   time.
//! - Tables of which every slot is idle and past quarantine give their memory back, where the source
//!   can do that, except for two tables' worth of slots. They are looked for when slots were put
//!   that make three tables, and a quarter of what is idle; found once, they are retired at the
//!   next time.
#![allow(
    unsafe_code,
    reason = "tables are revived, and slots put on the user's word"
)]

mod directory;
mod pair;
mod slot;
mod sort;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::os::without_forks;

use directory::Directory;
use pair::{AtomicPair, Pair};
use slot::{records, word};
use sort::{FIRST_MARK, State};

pub(crate) use slot::{GENERATION, LINK, RECORD, Slot, Source, TABLE};
pub(crate) use sort::QUARANTINE;

/// The index of no slot.
const NONE: u32 = u32::MAX;

/// The largest number of tables, with which every index is below [`NONE`].
const TABLES: u32 = NONE / TABLE as u32;

/// Slots of one kind.
pub(crate) struct SlotPool<S> {
    source: S,
    directory: Directory,
    /// A list of slots to take, the oldest first. The number tells one list from the next: in each
    /// a slot is the first at most once, so that who compares it with what he saw is not misled.
    free: AtomicPair,
    /// How many slots were put since they were last sorted, and a list of them, the youngest first.
    dead: AtomicPair,
    /// The slots from the index up to the number, which were never linked.
    fresh: AtomicPair,
    /// How many dead slots are worth sorting, if no one takes any.
    mark: AtomicU32,
    state: Mutex<State>,
}

/// What a pool holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) tables: usize,
    pub(crate) retired: usize,
    pub(crate) sorted: u64,
}

impl<S: Source> SlotPool<S> {
    /// Makes a pool without slots.
    pub(crate) const fn new(source: S) -> Self {
        Self {
            source,
            directory: Directory::new(),
            free: AtomicPair::new(Pair::new(0, NONE)),
            dead: AtomicPair::new(Pair::new(0, NONE)),
            fresh: AtomicPair::new(Pair::new(0, 0)),
            mark: AtomicU32::new(FIRST_MARK),
            state: Mutex::new(State::new()),
        }
    }

    /// Where its tables come from.
    pub(crate) fn source(&self) -> &S {
        &self.source
    }

    /// Takes a slot. Its record is what was last put, or what the source made it.
    ///
    /// # Errors
    /// The source's, if there is no slot to be had and no further table.
    pub(crate) fn take(&self) -> Result<Slot, S::Error> {
        loop {
            if let Some(slot) = self.take_free().or_else(|| self.take_fresh()) {
                return Ok(slot);
            }
            self.refill()?;
        }
    }

    /// Puts a slot back and adds 1 to its generation.
    ///
    /// # Safety
    /// The slot was taken from this pool.
    pub(crate) unsafe fn put(&self, slot: Slot) {
        let (record, index) = (slot.record(), slot.index());
        // No one else writes it while the slot is taken.
        let generation = word(record, GENERATION);
        generation.store(
            generation.load(Ordering::Relaxed).wrapping_add(1),
            Ordering::Relaxed,
        );
        let mut dead = self.dead.load();
        let count = loop {
            word(record, LINK).store(dead.index, Ordering::Relaxed);
            let count = dead.count + 1;
            match self.dead.replace(dead, Pair::new(count, index)) {
                Ok(()) => break count,
                Err(found) => dead = found,
            }
        };
        if count.is_multiple_of(TABLE as u32) && count >= self.mark.load(Ordering::Relaxed) {
            self.tidy();
        }
    }

    fn take_free(&self) -> Option<Slot> {
        let mut free = self.free.load();
        while free.index != NONE {
            let record = self.directory.record(free.index);
            // Should the slot be taken and used by now, this is any number, and not stored.
            let next = word(record, LINK).load(Ordering::Relaxed);
            match self.free.replace(free, Pair::new(free.count, next)) {
                Ok(()) => return Some(Slot::new(free.index, record)),
                Err(found) => free = found,
            }
        }
        None
    }

    fn take_fresh(&self) -> Option<Slot> {
        let mut fresh = self.fresh.load();
        while fresh.index != fresh.count {
            let rest = Pair::new(fresh.count, fresh.index + 1);
            match self.fresh.replace(fresh, rest) {
                Ok(()) => return Some(Slot::new(fresh.index, self.directory.record(fresh.index))),
                Err(found) => fresh = found,
            }
        }
        None
    }

    /// Makes slots to take.
    #[cold]
    fn refill(&self) -> Result<(), S::Error> {
        without_forks(|| {
            let mut state = self.lock();
            if self.has_slots() {
                return Ok(());
            }
            if self.dead.load().count as usize >= QUARANTINE {
                self.sort(&mut state);
            }
            if !self.has_slots() {
                self.release(&mut state);
            }
            if self.has_slots() {
                return Ok(());
            }
            self.grow(&mut state).or_else(|error| {
                // Rather the few that are past quarantine than none.
                self.sort(&mut state);
                self.has_slots().then_some(()).ok_or(error)
            })
        })
    }

    fn has_slots(&self) -> bool {
        let fresh = self.fresh.load();
        self.free.load().index != NONE || fresh.index != fresh.count
    }

    /// Sorts what is idle, unless someone else is at it.
    #[cold]
    fn tidy(&self) {
        without_forks(|| {
            if let Ok(mut state) = self.state.try_lock() {
                self.sort(&mut state);
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the slots of a table fresh: of the one that was retired first, or of a new one.
    fn grow(&self, state: &mut State) -> Result<(), S::Error> {
        let number = match self.revive(state) {
            Some(number) => number,
            None => self.add(state)?,
        };
        let start = number * TABLE as u32;
        self.fresh.store(Pair::new(start + TABLE as u32, start));
        Ok(())
    }

    fn revive(&self, state: &mut State) -> Option<u32> {
        let number = *state.retired.front()?;
        let first = self.directory.table(number);
        // SAFETY: the table is retired.
        if !unsafe { self.source.revive(first) } {
            return None;
        }
        state.retired.pop_front();
        let table = &mut state.tables[number as usize];
        table.phase = sort::Phase::Used;
        for record in records(first) {
            word(record, GENERATION).store(table.generation, Ordering::Relaxed);
        }
        Some(number)
    }

    fn add(&self, state: &mut State) -> Result<u32, S::Error> {
        let number = state.tables.len() as u32;
        if number == TABLES {
            return Err(self.source.full());
        }
        let first = self.source.grow()?;
        self.directory.enter(number, first);
        state.tables.push(sort::Table::default());
        Ok(number)
    }

    /// What the pool holds.
    pub(crate) fn usage(&self) -> Usage {
        without_forks(|| {
            let state = self.lock();
            Usage {
                tables: state.tables.len(),
                retired: state.retired.len(),
                sorted: state.sorted,
            }
        })
    }
}

impl<S: Source> fmt::Debug for SlotPool<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SlotPool").field(&self.usage()).finish()
    }
}
