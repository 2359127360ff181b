//! Any order of taking and putting on one thread, compared with a queue.

use std::collections::{HashMap, HashSet, VecDeque};

use super::super::{QUARANTINE, RECORD, SlotPool, TABLE};
use super::memory::{Memory, Owned, Random, random_seed};

/// What the pool must do next.
#[derive(Default)]
struct Model {
    puts: usize,
    /// Slots that were put, the oldest first: their records, and the number of the put.
    idle: VecDeque<(usize, usize)>,
    /// How many tables were retired.
    retired: usize,
    /// The tables that were chosen to be retired, by their addresses.
    chosen: HashSet<usize>,
    /// How often the slot of a record was put, and whether that is to be known exactly.
    generations: HashMap<usize, (u32, bool)>,
}

impl Model {
    fn put(&mut self, slot: Owned<'_>) {
        let record = slot.record().as_ptr().addr();
        drop(slot);
        self.puts += 1;
        self.idle.push_back((record, self.puts));
        self.generations.entry(record).or_insert((0, true)).0 += 1;
    }

    /// Slots of tables that were retired are no longer idle, and their generations may grow.
    fn retire(&mut self, tables: &mut Vec<usize>) {
        for table in tables.drain(..) {
            let records = table..table + TABLE * RECORD;
            let (gone, rest) = self
                .idle
                .drain(..)
                .partition(|(record, _)| records.contains(record));
            self.idle = rest;
            self.retired += 1;
            self.chosen.remove(&table);
            let gone: VecDeque<(usize, usize)> = gone;
            assert_eq!(gone.len(), TABLE, "a table that was not idle was retired");
            assert!(gone.iter().all(|(_, put)| self.puts - put >= QUARANTINE));
            for (record, _) in gone {
                self.generations
                    .entry(record)
                    .and_modify(|(_, exact)| *exact = false);
            }
        }
    }

    fn take(&mut self, slot: &Owned<'_>) {
        let record = slot.record().as_ptr().addr();
        let (generation, exact) = self.generations.entry(record).or_insert((0, true));
        let now = slot.generation();
        assert!(
            now == *generation || !*exact && now > *generation,
            "a generation was lost"
        );
        (*generation, *exact) = (now, true);
        let Some(place) = self.idle.iter().position(|(idle, _)| *idle == record) else {
            return; // fresh
        };
        let (_, put) = self.idle.remove(place).unwrap();
        assert!(self.puts - put >= QUARANTINE, "{} puts", self.puts - put);
        let mut earlier = self.idle.range(..place);
        assert!(self.is_chosen(record) || earlier.all(|(slot, _)| self.is_chosen(*slot)));
    }

    fn is_chosen(&self, record: usize) -> bool {
        let records = |table: &usize| (*table..table + TABLE * RECORD).contains(&record);
        self.chosen.iter().any(records)
    }

    /// Learns what was chosen and what was retired.
    fn look(&mut self, pool: &SlotPool<Memory>) {
        let address = |table: &u32| pool.directory.table(*table).as_ptr().addr();
        self.chosen
            .extend(pool.lock().leaving().iter().map(address));
        self.retire(&mut pool.source.retired());
    }
}

/// About `most` slots are taken at once in some periods, and few in others.
fn compare(seed: u64, most: usize, periods: usize) {
    let mut random = Random(seed);
    let (pool, mut model) = (SlotPool::new(Memory::new()), Model::default());
    let mut taken: Vec<Owned<'_>> = Vec::new();
    let steps = 3 * most + 5000;
    for period in 0..periods {
        let goal = [most / 2 + random.below(most), random.below(20)][period % 2];
        let noise = 3 + random.below(8);
        for _ in 0..steps {
            let towards_goal = random.below(noise) > 0;
            if taken.is_empty() || (taken.len() < goal) == towards_goal {
                let slot = Owned::take(&pool).unwrap();
                model.look(&pool);
                model.take(&slot);
                taken.push(slot);
            } else {
                let one = random.below(taken.len());
                model.put(taken.swap_remove(one));
                model.look(&pool);
            }
        }
    }
    let usage = pool.usage();
    assert!(usage.tables <= 2 * most / TABLE + 4, "{usage:?}");
    assert!(usage.sorted <= (7 * steps * periods) as u64, "{usage:?}");
    assert!(most < 4000 || model.retired > 0, "{usage:?}");
}

#[test]
fn any_order_is_that_of_a_queue_in_quarantine() {
    let seed = random_seed("FARCALL_SEED");
    for most in [1, 100, 5000] {
        compare(seed, most, 8);
    }
}
