//! What was put → what may be taken again, what waits, and what gives its memory back.
#![allow(unsafe_code, reason = "tables are retired")]

use std::collections::VecDeque;
use std::mem;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::pair::Pair;
use super::slot::{Source, records, word};
use super::{GENERATION, LINK, NONE, SlotPool, TABLE};

/// How many other slots are put before a slot is taken again.
pub(crate) const QUARANTINE: usize = 256;

/// Tables' worth of idle slots that keep their memory.
const KEPT: usize = 2;

/// The number of dead slots from which on some may be retired.
pub(super) const FIRST_MARK: u32 = ((KEPT + 1) * TABLE) as u32;

/// What is changed under the lock.
pub(super) struct State {
    pub(super) tables: Vec<Table>,
    /// Slots that were put, the oldest first: the last [`QUARANTINE`] when they were last sorted.
    aged: Vec<u32>,
    /// Numbers of tables that are to be retired.
    leaving: Vec<u32>,
    /// Numbers of retired tables, the oldest first.
    pub(super) retired: VecDeque<u32>,
    /// The source cannot retire tables.
    keeps: bool,
    /// How many slots were looked at in all, to sort them.
    pub(super) sorted: u64,
}

/// What is known of a table.
#[derive(Default)]
pub(super) struct Table {
    pub(super) phase: Phase,
    /// How many idle slots were found, while they are counted.
    idle: usize,
    /// If it is leaving: its slots that are past quarantine.
    parked: Vec<u32>,
    /// If it is retired: the highest generation of a slot.
    pub(super) generation: u32,
}

/// What is done with the idle slots of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// They are taken again.
    #[default]
    Used,
    /// All are idle, and they wait for the last of them to be past quarantine.
    Leaving,
    /// They have no memory.
    Retired,
}

impl<S: Source> SlotPool<S> {
    /// Makes free what is past quarantine, unless its table is to be retired.
    pub(super) fn sort(&self, state: &mut State) {
        let mut idle = self.clear_free();
        idle.append(&mut state.aged);
        let dead = self.list(self.dead.swap(Pair::new(0, NONE)).index);
        idle.extend(dead.iter().rev());
        state.sorted += idle.len() as u64;
        state.choose(&idle);
        state.aged = idle.split_off(idle.len().saturating_sub(QUARANTINE));
        idle.retain(|index| !state.park(*index));
        self.retire(state);
        if state.keeps {
            idle.append(&mut state.release());
        }
        let mark = FIRST_MARK.max(idle.len() as u32 / 4);
        self.mark.store(mark, Ordering::Relaxed);
        self.make_free(&idle);
    }

    /// Makes free what waits for its table to be retired; there are no free slots.
    pub(super) fn release(&self, state: &mut State) {
        self.make_free(&state.release());
    }

    /// Takes all free slots out.
    fn clear_free(&self) -> Vec<u32> {
        let mut free = self.free.load();
        while let Err(found) = self
            .free
            .replace(free, Pair::new(free.count.wrapping_add(1), NONE))
        {
            free = found;
        }
        self.list(free.index)
    }

    /// The slots of a list that is ours alone.
    fn list(&self, first: u32) -> Vec<u32> {
        let mut list = Vec::new();
        let mut index = first;
        while index != NONE {
            list.push(index);
            index = word(self.directory.record(index), LINK).load(Ordering::Relaxed);
        }
        list
    }

    /// Makes these the free slots; there are none, and only this, under the lock, adds any.
    fn make_free(&self, slots: &[u32]) {
        let next = slots.iter().skip(1).copied().chain([NONE]);
        for (index, next) in slots.iter().zip(next) {
            word(self.directory.record(*index), LINK).store(next, Ordering::Relaxed);
        }
        let number = self.free.load().count.wrapping_add(1);
        let first = slots.first().copied().unwrap_or(NONE);
        self.free.store(Pair::new(number, first));
    }

    /// Retires the tables of which every slot is parked.
    fn retire(&self, state: &mut State) {
        for number in mem::take(&mut state.leaving) {
            let table = &mut state.tables[number as usize];
            if table.parked.len() < TABLE || state.keeps {
                state.leaving.push(number);
                continue;
            }
            let first = self.directory.table(number);
            let generation = highest_generation(first);
            // SAFETY: all slots of the table were put and are parked.
            if unsafe { self.source.retire(first) } {
                (table.phase, table.generation) = (Phase::Retired, generation);
                table.parked = Vec::new();
                state.retired.push_back(number);
            } else {
                state.keeps = true;
                state.leaving.push(number);
            }
        }
    }
}

fn table_of(index: u32) -> usize {
    index as usize / TABLE
}

fn highest_generation(first: NonNull<u8>) -> u32 {
    let generations = records(first).map(|record| word(record, GENERATION).load(Ordering::Relaxed));
    generations.max().unwrap_or(0)
}

impl State {
    pub(super) const fn new() -> Self {
        Self {
            tables: Vec::new(),
            aged: Vec::new(),
            leaving: Vec::new(),
            retired: VecDeque::new(),
            keeps: false,
            sorted: 0,
        }
    }

    /// Chooses tables to retire: of which all slots are in `idle`, if others have enough idle ones.
    fn choose(&mut self, idle: &[u32]) {
        if self.keeps || idle.len() <= KEPT * TABLE {
            return;
        }
        let (mut used, mut whole) = (0, Vec::new());
        for index in idle {
            let table = &mut self.tables[table_of(*index)];
            table.idle += 1;
            if table.phase == Phase::Used {
                used += 1;
                if table.idle == TABLE {
                    whole.push(table_of(*index));
                }
            }
        }
        for index in idle {
            self.tables[table_of(*index)].idle = 0;
        }
        let spare = (used / TABLE).saturating_sub(KEPT);
        for number in whole.into_iter().take(spare) {
            self.tables[number].phase = Phase::Leaving;
            self.leaving.push(number as u32);
        }
    }

    /// Parks a slot that is past quarantine, if its table is leaving.
    fn park(&mut self, index: u32) -> bool {
        let table = &mut self.tables[table_of(index)];
        let leaving = table.phase == Phase::Leaving;
        if leaving {
            table.parked.push(index);
        }
        leaving
    }

    /// Parked slots, whose tables no longer are to be retired.
    fn release(&mut self) -> Vec<u32> {
        let mut slots = Vec::new();
        for number in self.leaving.drain(..) {
            let table = &mut self.tables[number as usize];
            table.phase = Phase::Used;
            slots.append(&mut table.parked);
        }
        slots
    }

    /// The numbers of the tables that are to be retired.
    #[cfg(test)]
    pub(super) fn leaving(&self) -> &[u32] {
        &self.leaving
    }
}
