//! Many threads at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
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
    let hammer = |number: u64, strikes, most, kept| {
        let random = Random(seed.wrapping_mul(number).max(1));
        let (pool, puts, taken) = (&pool, &puts, Vec::new());
        let mut hammer = Hammer {
            pool,
            puts,
            random,
            taken,
        };
        (0..strikes).for_each(|_| hammer.strike(most, kept));
        hammer.strike(1, 1);
    };
    for round in 0..3 {
        for (strikes, most, kept) in [(10 + 10_000 / most, most, most), (2500, 8, 1)] {
            let numbers = round * THREADS + 1..=(round + 1) * THREADS;
            thread::scope(|scope| {
                let hammer = &hammer;
                numbers.for_each(|n| drop(scope.spawn(move || hammer(n, strikes, most, kept))));
            });
        }
    }
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
    let (sender, receiver) = mpsc::sync_channel(10_000);
    let receiver = Mutex::new(receiver);
    let receive = || receiver.lock().unwrap().recv();
    thread::scope(|scope| {
        let pool = &pool;
        scope.spawn(move || {
            (0..150_000).for_each(|_| sender.send(Owned::take(pool).unwrap()).unwrap());
        });
        for _ in 0..2 {
            scope.spawn(|| while receive().is_ok() {});
        }
    });
    let usage = pool.usage();
    assert!(usage.tables <= 14, "{usage:?}");
}
