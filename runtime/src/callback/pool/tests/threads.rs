//! Many threads at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;

use super::super::{QUARANTINE, SlotPool, TABLE};
use super::memory::{Memory, Owned, Random, random_seed};

const THREADS: u64 = 4;

/// Where these tests have the number of the last put in a record.
fn stamp<'a>(slot: &'a Owned<'_>) -> &'a AtomicU64 {
    // SAFETY: the second word is not used otherwise.
    let place = unsafe { slot.record().add(8) };
    // SAFETY: it is aligned and used as an atomic.
    unsafe { AtomicU64::from_ptr(place.cast().as_ptr()) }
}

/// A thread that takes and puts.
struct Hammer<'a> {
    pool: &'a SlotPool<Memory>,
    puts: &'a AtomicU64,
    random: Random,
    taken: Vec<Owned<'a>>,
}

impl Hammer<'_> {
    /// Takes some slots, and puts so many that fewer than `kept` are left.
    fn strike(&mut self, most: usize, kept: usize) {
        for _ in 0..self.random.below(most) {
            let slot = Owned::take(self.pool).unwrap();
            let put = stamp(&slot).load(Ordering::Relaxed);
            let since = self.puts.load(Ordering::SeqCst) - put;
            // The other threads may have counted a put before this slot's and done it after.
            let quarantine = QUARANTINE as u64 - THREADS;
            assert!(put == 0 || since >= quarantine, "{since} puts since");
            self.taken.push(slot);
        }
        let rest = self.random.below(kept);
        while self.taken.len() > rest {
            let slot = self.random.below(self.taken.len());
            let slot = self.taken.swap_remove(slot);
            let number = self.puts.fetch_add(1, Ordering::SeqCst) + 1;
            stamp(&slot).store(number, Ordering::Relaxed);
            drop(slot);
        }
    }
}

/// Floods, in which each thread has up to `most` slots, and ebbs, in which it has few.
fn hammer_together(most: usize) -> SlotPool<Memory> {
    let (pool, puts) = (SlotPool::new(Memory::new()), AtomicU64::new(0));
    let seed = random_seed("FARCALL_SEED");
    let turn = Barrier::new(THREADS as usize);
    let hammer = |thread: u64| {
        let random = Random(seed.wrapping_mul(thread).max(1));
        let (pool, puts, taken) = (&pool, &puts, Vec::new());
        let mut hammer = Hammer {
            pool,
            puts,
            random,
            taken,
        };
        for _ in 0..3 {
            (0..10 + 10_000 / most).for_each(|_| hammer.strike(most, most));
            turn.wait();
            (0..700).for_each(|_| hammer.strike(8, 1));
            turn.wait();
        }
    };
    thread::scope(|scope| {
        let hammer = &hammer;
        (1..=THREADS).for_each(|thread| drop(scope.spawn(move || hammer(thread))));
    });
    pool
}

#[test]
fn threads_never_have_the_same_slot_and_quarantine_is_kept() {
    // a revived table begins with stamps of zeros, so few are retired here
    for most in [2, 50, 400] {
        hammer_together(most);
    }
}

#[test]
fn tables_are_retired_and_revived_under_fire() {
    let pool = hammer_together(6 * TABLE);
    assert!(pool.source.asked() > 0, "{pool:?}");
}

/// Slots that one thread takes are put by others, who sort at the same time.
#[test]
fn slots_go_from_thread_to_thread() {
    let pool = SlotPool::new(Memory::new());
    let (sent, received) = (Mutex::new(Vec::new()), Barrier::new(3));
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..30 {
                let slots: Vec<_> = (0..5000).map(|_| Owned::take(&pool).unwrap()).collect();
                sent.lock().unwrap().extend(slots);
                received.wait();
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..30 {
                    received.wait();
                    loop {
                        let slot = sent.lock().unwrap().pop();
                        if slot.is_none() {
                            break;
                        }
                    }
                }
            });
        }
    });
    drop(sent);
    let usage = pool.usage();
    assert!(usage.tables <= 30, "{usage:?}");
}
