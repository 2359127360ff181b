//! Does the pool keep its guarantee, for any order of taking and putting, on any threads?

mod memory;
mod model;
#[cfg(all(feature = "jit", target_os = "linux", target_arch = "x86_64"))]
mod stubs;
mod threads;

use memory::{Full, Memory, Owned, random_seed};

use super::{QUARANTINE, SlotPool, TABLE};

fn take_many(pool: &SlotPool<Memory>, count: usize) -> Vec<Owned<'_>> {
    (0..count).map(|_| Owned::take(pool).unwrap()).collect()
}

#[test]
fn a_source_that_gives_nothing_is_an_error() {
    let pool = SlotPool::new(Memory::with_tables(0));
    assert_eq!(pool.take().unwrap_err(), Full);
    assert_eq!(pool.usage().tables, 0);
}

#[test]
fn a_full_pool_gives_again_what_is_past_quarantine_and_no_more() {
    let pool = SlotPool::new(Memory::with_tables(1));
    let mut slots = take_many(&pool, TABLE);
    for _ in 0..2 {
        assert_eq!(pool.take().unwrap_err(), Full);
    }
    let first = slots.remove(0);
    let record = first.record();
    drop(first);
    for _ in 0..QUARANTINE {
        assert_eq!(pool.take().unwrap_err(), Full);
        slots.pop();
    }
    let again = Owned::take(&pool).unwrap();
    assert_eq!((again.record(), again.generation()), (record, 1));
    assert_eq!(pool.take().unwrap_err(), Full);
}

#[test]
fn a_new_slot_is_zeros_and_tells_its_record() {
    let pool = SlotPool::new(Memory::new());
    let slots = take_many(&pool, 2);
    let (slot, other) = (&slots[0], &slots[1]);
    assert_eq!(slot.generation(), 0);
    assert_eq!(
        other.record().as_ptr().addr(),
        slot.record().as_ptr().addr() + 64
    );
    for offset in 4..super::LINK {
        // SAFETY: the record is this test's.
        assert_eq!(unsafe { slot.record().add(offset).read() }, 0);
    }
}

#[test]
fn one_at_a_time_stays_in_one_table() {
    let pool = SlotPool::new(Memory::new());
    for _ in 0..100_000 {
        Owned::take(&pool).unwrap();
    }
    let usage = pool.usage();
    assert_eq!((usage.tables, usage.retired), (1, 0));
}

#[test]
fn two_tables_of_idle_slots_keep_their_memory() {
    let pool = SlotPool::new(Memory::new());
    for _ in 0..20 {
        drop(take_many(&pool, 2 * TABLE));
    }
    assert_eq!(pool.source.asked(), 0);
    assert!(pool.usage().tables <= 3, "{pool:?}");
}

#[test]
fn a_table_with_a_slot_in_use_is_not_chosen() {
    let pool = SlotPool::new(Memory::new());
    let slots = take_many(&pool, 8 * TABLE).into_iter().enumerate();
    let (used, idle): (Vec<_>, Vec<_>) = slots.partition(|(number, _)| number % TABLE == 500);
    drop(idle);
    for _ in 0..20 * TABLE {
        drop(take_many(&pool, 1));
        assert!(pool.lock().leaving().is_empty());
    }
    drop(used);
    for _ in 0..20 * TABLE {
        drop(take_many(&pool, 1));
    }
    let usage = pool.usage();
    assert!(usage.retired >= 4, "{usage:?}");
}

/// Chosen tables of which some slot is in quarantine are waited for, and not while others wait.
#[test]
fn slots_of_a_table_to_be_retired_are_taken_before_the_pool_grows() {
    let pool = SlotPool::new(Memory::new());
    let mut slots: Vec<_> = take_many(&pool, 5 * TABLE)
        .into_iter()
        .enumerate()
        .collect();
    slots.sort_by_key(|(number, _)| number % TABLE);
    drop(slots);
    while pool.lock().leaving().is_empty() {
        drop(take_many(&pool, 1));
    }
    assert_eq!(pool.lock().leaving().len(), 3);
    let slots = take_many(&pool, 5 * TABLE - QUARANTINE);
    let usage = pool.usage();
    assert_eq!((usage.tables, usage.retired), (5, 0));
    assert!(pool.lock().leaving().is_empty());
    drop(slots);
}

/// A hundred thousand slots at once, dropped in some order, twice.
fn grow_and_drop(order: impl Fn(&mut Vec<Owned<'_>>), kept: usize) {
    const COUNT: usize = 100_000;
    let pool = SlotPool::new(Memory::new());
    let tables = COUNT.div_ceil(TABLE);
    for round in 0..3 {
        let mut slots: Vec<_> = (0..COUNT).map(|_| Owned::take(&pool).unwrap()).collect();
        let usage = pool.usage();
        assert!(usage.tables <= tables + 1, "round {round}: {usage:?}");
        order(&mut slots);
        drop(slots);
        let usage = pool.usage();
        assert!(
            usage.tables - usage.retired <= kept,
            "round {round}: {usage:?}"
        );
    }
    let sorted = pool.usage().sorted;
    assert!(
        sorted <= 3 * 6 * COUNT as u64,
        "{sorted} slots were looked at"
    );
}

#[test]
fn all_but_a_few_tables_are_retired_when_all_slots_are_put_in_order() {
    grow_and_drop(|_| {}, 8);
}

#[test]
fn all_but_a_few_tables_are_retired_when_all_slots_are_put_backwards() {
    grow_and_drop(|slots| slots.reverse(), 8);
}

#[test]
fn sorting_costs_no_more_when_no_table_can_be_retired() {
    let all = usize::MAX;
    // every table keeps some slots to the end
    let strided = |slots: &mut Vec<Owned<'_>>| {
        let mut strides: Vec<_> = slots.drain(..).enumerate().collect();
        strides.sort_by_key(|(index, _)| index % 100);
        slots.extend(strides.into_iter().map(|(_, slot)| slot));
    };
    grow_and_drop(strided, all);
}

#[test]
fn a_source_that_keeps_its_memory_is_asked_once() {
    let pool = SlotPool::new(Memory::keeping());
    for _ in 0..3 {
        let slots: Vec<_> = (0..20 * TABLE)
            .map(|_| Owned::take(&pool).unwrap())
            .collect();
        drop(slots);
    }
    assert_eq!(pool.source.asked(), 1);
    assert!(pool.lock().leaving().is_empty());
    let usage = pool.usage();
    assert!(usage.retired == 0 && usage.tables <= 21, "{usage:?}");
}

#[test]
fn a_table_that_cannot_be_revived_waits_and_others_are_made() {
    let pool = SlotPool::new(Memory::not_reviving());
    let all = || -> Vec<_> {
        (0..10 * TABLE)
            .map(|_| Owned::take(&pool).unwrap())
            .collect()
    };
    drop(all());
    let retired = pool.usage().retired;
    assert!(retired > 0);
    drop(all());
    assert!(pool.usage().retired >= retired);
}

#[test]
fn the_seed_of_random_tests_can_be_given() {
    assert!(random_seed("FARCALL_NO_SUCH_SEED") != 0);
}
