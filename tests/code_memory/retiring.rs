//! Do retired tables give their memory back, without a moment in which a stub goes nowhere?

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use farcall_jit::code::stubs::{STRIDE, STUBS, StubCode, StubTable, Tombstones};
use farcall_jit::code::{self, Strategy};

use support::child::{Child, alone, fork, raw_fork};

use super::machine::{returning, stub};
use super::smaps;
use super::stubs::{call, check, fill, record, set, word};

const LATE: u64 = 7;

fn kind() -> StubCode {
    StubCode::new(&stub()).unwrap()
}

fn filled(kind: &StubCode, base: u64) -> StubTable {
    let table = kind.table().unwrap();
    fill(table, base);
    check(table, base);
    table
}

/// Stubs of tables that are retired behind these return [`LATE`].
fn tombstones() -> Tombstones {
    Tombstones::new(&record(LATE)).unwrap()
}

fn retire(table: StubTable, tombstones: &Tombstones) {
    // SAFETY: every record of these tests goes to code that stands any second word.
    unsafe { table.retire(tombstones) }.unwrap();
}

fn revive(table: StubTable, record: &[u8; STRIDE]) {
    // SAFETY: as above.
    unsafe { table.revive(record) }.unwrap();
}

fn check_all(table: StubTable, value: u64) {
    (0..STUBS).for_each(|index| assert_eq!(call(table, index), value, "stub {index}"));
}

/// KiB of memory that the records have to themselves.
fn own(table: StubTable) -> usize {
    smaps::at(table.record(0)).kib("Anonymous")
}

#[test]
fn retired_tables_share_their_tombstones() {
    if support::is_kept_from_asking("what memory is shared") {
        return;
    }
    alone(|| {
        for strategies in Strategy::ALL.chunks(1) {
            let kind = StubCode::with_strategies(&stub(), strategies).unwrap();
            let tombstones = tombstones();
            let tables: Vec<_> = (0..50).map(|n| filled(&kind, n << 20)).collect();
            for table in &tables {
                assert_eq!(own(*table), 64);
                retire(*table, &tombstones);
                check_all(*table, LATE);
                assert_eq!(own(*table), 0);
            }
            let pages = smaps::sum("farcall-tombstones", "Pss");
            assert!(pages <= 64, "{pages} KiB");
            drop(tombstones);
            tables.iter().for_each(|table| check_all(*table, LATE));
            for table in tables {
                revive(table, &record(8));
                check_all(table, 8);
                fill(table, 1000);
                check(table, 1000);
            }
            assert_eq!(smaps::sum("farcall-tombstones", "Size"), 0);
        }
    });
}

#[test]
fn a_table_that_is_in_use_is_not_touched_by_others() {
    let kind = kind();
    let (used, idle) = (filled(&kind, 0), filled(&kind, 1 << 20));
    for round in 0..20 {
        retire(idle, &tombstones());
        check(used, 0);
        check_all(idle, LATE);
        revive(idle, &record(round));
        check(used, 0);
        check_all(idle, round);
    }
}

/// What threads that call stubs without a pause got.
#[derive(Default)]
struct Seen {
    old: AtomicU64,
    late: AtomicU64,
    revived: AtomicU64,
}

impl Seen {
    fn call(&self, table: StubTable, index: usize) {
        let counter = match call(table, index) {
            1 => &self.old,
            LATE => &self.late,
            2 => &self.revived,
            other => panic!("stub {index} returned {other}"),
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn each(&self) -> [u64; 3] {
        [&self.old, &self.late, &self.revived].map(|seen| seen.load(Ordering::Relaxed))
    }
}

/// The tombstone goes to other code than a record does, which does not look at the record.
#[test]
fn a_thread_in_a_stub_finds_the_record_or_the_tombstone() {
    alone(|| {
        let late = code::publish(&returning(LATE as u32)).unwrap();
        let mut tombstone = record(LATE);
        tombstone[..8].copy_from_slice(&(late.entry().addr() as u64).to_ne_bytes());
        let tombstones = Tombstones::new(&tombstone).unwrap();
        let (table, seen, stop) = (
            kind().table().unwrap(),
            Seen::default(),
            AtomicBool::new(false),
        );
        let old = || (0..STUBS).for_each(|index| set(table, index, 1));
        let call_all = |first: usize| {
            for index in (0..STUBS).cycle().skip(first) {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                seen.call(table, index);
            }
        };
        old();
        thread::scope(|scope| {
            (0..3).for_each(|n| drop(scope.spawn(move || call_all(n * STUBS / 3))));
            let mut rounds = 0;
            while rounds < 3000 || seen.each().iter().any(|count| *count < 10_000) {
                retire(table, &tombstones);
                revive(table, &record(2));
                rounds += 1;
                if rounds % 16 == 0 {
                    old();
                    thread::yield_now();
                }
            }
            stop.store(true, Ordering::Relaxed);
        });
    });
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_late_call_that_is_counted_is_counted_in_its_own_table() {
    alone(|| {
        let kind = StubCode::new(&super::machine::counting_stub()).unwrap();
        let tombstones = tombstones();
        let tables = [1, 2, 3].map(|base| filled(&kind, base));
        let count = |table| word(table, 5, 2).load(Ordering::Relaxed);
        assert!(tables.iter().all(|table| count(*table) == 1));
        for table in tables {
            retire(table, &tombstones);
            assert_eq!(count(table), 0);
        }
        assert_eq!(call(tables[1], 5), LATE);
        assert_eq!(call(tables[1], 5), LATE);
        assert_eq!(tables.map(count), [0, 2, 0]);
        // SAFETY: `sysconf` reads a constant.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize >> 10;
        assert_eq!(tables.map(own), [0, page, 0]);
        let next = filled(&kind, 4);
        retire(next, &tombstones);
        assert_eq!(count(next), 0);
    });
}

/// Tables of before the fork, and new ones on both sides.
fn use_on_both_sides(fork: impl FnOnce(&mut dyn FnMut()) -> Child) {
    let (kind, tombstones) = (kind(), tombstones());
    let [kept, changed, retired, gone] = [0, 1, 2, 3].map(|n| filled(&kind, n << 20));
    retire(gone, &tombstones);
    let new = |base: u64| {
        let tables: Vec<_> = (0..20).map(|n| filled(&kind, base + (n << 20))).collect();
        (0..)
            .zip(&tables)
            .for_each(|(n, table)| check(*table, base + (n << 20)));
    };
    let child = fork(&mut || {
        new(1 << 40);
        fill(changed, 5 << 20);
        retire(retired, &tombstones);
        check_all(gone, LATE);
        // a child that is up to no good
        for index in 0..STUBS {
            set(retired, index, 666);
            set(gone, index, 666);
        }
        check_all(gone, 666);
        check(kept, 0);
        new(2 << 40);
    });
    new(3 << 40);
    child.join();
    check(changed, 1 << 20);
    check(retired, 2 << 20);
    check_all(gone, LATE);
    retire(retired, &tombstones);
    check_all(retired, LATE);
    new(4 << 40);
    check(kept, 0);
}

#[test]
fn parent_and_child_of_a_fork_change_nothing_of_each_other() {
    alone(|| use_on_both_sides(|body| fork(body)));
}

#[test]
fn parent_and_child_of_an_unannounced_fork_change_nothing_of_each_other() {
    alone(|| use_on_both_sides(|body| raw_fork(body)));
}

#[test]
fn a_fork_while_threads_make_and_retire_tables_leaves_a_child_that_does() {
    alone(|| {
        let (kind, tombstones) = (kind(), tombstones());
        let stop = AtomicBool::new(false);
        let turn = |table, base| {
            retire(table, &tombstones);
            check_all(table, LATE);
            revive(table, &record(base));
            check_all(table, base);
        };
        let turns = |base| {
            let table = filled(&kind, base);
            while !stop.load(Ordering::Relaxed) {
                turn(table, base);
            }
        };
        thread::scope(|scope| {
            (0..3).for_each(|n| drop(scope.spawn(move || turns(n))));
            for n in 0..100 {
                fork(|| turn(filled(&kind, n), n)).join();
            }
            stop.store(true, Ordering::Relaxed);
        });
    });
}
