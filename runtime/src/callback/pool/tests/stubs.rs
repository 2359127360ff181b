//! Slots of stub tables, whose stubs are called all the while, also those that were put.

use std::fs;
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use farcall_jit::code::stubs::{DISTANCE, STRIDE, StubCode, StubTable, Tombstones};
use farcall_jit::code::{self, Code};

use super::super::{RECORD, Slot, SlotPool, Source, TABLE};
use super::memory::{Random, random_seed};

/// What a late call returns.
const LATE: u64 = 7;

/// Stub tables as a source: dead records and tombstones go to code that returns [`LATE`].
struct Stubs {
    stub: StubCode,
    live: Code,
    late: Code,
    tombstones: Tombstones,
    retired: AtomicUsize,
    revived: AtomicUsize,
    tables: Mutex<Vec<StubTable>>,
}

impl Stubs {
    fn new() -> Self {
        let distance = |end: usize| ((DISTANCE - end) as u32).to_le_bytes();
        let stub = [
            &[0x4c, 0x8d, 0x15], // lea r10, [rip + record]
            &distance(7)[..],
            &[0xff, 0x25], // jmp [rip + record]
            &distance(13),
        ];
        // mov rax, [r10 + 8]; ret
        let live = code::publish(&[0x49, 0x8b, 0x42, 0x08, 0xc3]).unwrap();
        // mov eax, LATE; ret
        let late = code::publish(&[0xb8, LATE as u8, 0, 0, 0, 0xc3]).unwrap();
        Self {
            stub: StubCode::new(&stub.concat()).unwrap(),
            live,
            late,
            tombstones: Tombstones::new(&tombstone(late)).unwrap(),
            retired: AtomicUsize::new(0),
            revived: AtomicUsize::new(0),
            tables: Mutex::new(Vec::new()),
        }
    }

    fn table(&self, records: NonNull<u8>) -> StubTable {
        let tables = self.tables.lock().unwrap();
        let found = tables
            .iter()
            .find(|table| table.record(0) == records.as_ptr());
        *found.unwrap()
    }

    /// Makes the stub of a slot return the address of its record.
    fn enliven(&self, slot: &Slot) {
        words(slot.record())[1].store(slot.record().as_ptr().addr() as u64, Ordering::Relaxed);
        words(slot.record())[0].store(self.live.entry().addr() as u64, Ordering::Release);
    }

    /// Makes the stub of a slot return [`LATE`].
    fn kill(&self, slot: &Slot) {
        words(slot.record())[0].store(self.late.entry().addr() as u64, Ordering::Release);
    }
}

fn tombstone(late: Code) -> [u8; STRIDE] {
    let mut record = [0; STRIDE];
    record[..8].copy_from_slice(&(late.entry().addr() as u64).to_ne_bytes());
    // for a thread that is in the live code when its record is replaced
    record[8..16].copy_from_slice(&LATE.to_ne_bytes());
    record
}

// SAFETY: records of stub tables are mapped for ever, aligned, and replaced in one step.
unsafe impl Source for Stubs {
    type Error = farcall_jit::Error;

    fn grow(&self) -> Result<NonNull<u8>, farcall_jit::Error> {
        const { assert!(RECORD == STRIDE && TABLE == farcall_jit::code::stubs::STUBS) };
        let table = self.stub.table()?;
        self.tables.lock().unwrap().push(table);
        Ok(NonNull::new(table.record(0)).unwrap())
    }

    unsafe fn retire(&self, table: NonNull<u8>) -> bool {
        self.retired.fetch_add(1, Ordering::Relaxed);
        // SAFETY: no slot is taken, and stubs stand the tombstone.
        unsafe { self.table(table).retire(&self.tombstones) }.is_ok()
    }

    unsafe fn revive(&self, table: NonNull<u8>) -> bool {
        self.revived.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { self.table(table).revive(&tombstone(self.late)) }.is_ok()
    }

    fn full(&self) -> farcall_jit::Error {
        farcall_jit::Error::Memory { tried: Vec::new() }
    }
}

/// The first words of a record.
fn words(record: NonNull<u8>) -> &'static [AtomicU64; 2] {
    // SAFETY: records live for ever, and these words of them are used as atomics only.
    unsafe { record.cast().as_ref() }
}

/// Calls the stub of a record, from anywhere at any time.
fn call(record: usize) -> u64 {
    let stub = (record - DISTANCE) as *const u8;
    // SAFETY: the record was given code of this type before its address was told.
    let stub: extern "C" fn() -> u64 = unsafe { std::mem::transmute(stub) };
    stub()
}

/// Calls the stub of a slot that is ours.
fn check(slot: &Slot) {
    let record = slot.record().as_ptr().addr();
    assert_eq!(call(record), record as u64);
}

fn take(pool: &SlotPool<Stubs>) -> Slot {
    let slot = pool.take().unwrap();
    pool.source.enliven(&slot);
    check(&slot);
    slot
}

fn put(pool: &SlotPool<Stubs>, slot: Slot) {
    check(&slot);
    pool.source.kill(&slot);
    // SAFETY: it was taken from this pool.
    unsafe { pool.put(slot) };
}

/// Takes up to `most` slots and puts nearly all of them, again and again.
fn breathe(pool: &SlotPool<Stubs>, known: &Mutex<Vec<usize>>, random: &mut Random, most: usize) {
    let mut slots: Vec<_> = (0..random.below(most)).map(|_| take(pool)).collect();
    let records = slots.iter().map(|slot| slot.record().as_ptr().addr());
    known.lock().unwrap().extend(records.step_by(37));
    if random.below(2) == 0 {
        slots.reverse();
    }
    slots.into_iter().for_each(|slot| put(pool, slot));
}

/// Calls stubs of slots that were taken once, whatever became of them.
fn call_late(known: &Mutex<Vec<usize>>, random: &mut Random, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let records: Vec<usize> = known.lock().unwrap().clone();
        for _ in 0..2000.min(100 * records.len()) {
            let record = records[random.below(records.len())];
            let result = call(record);
            assert!(result == LATE || result == record as u64, "{result:#x}");
        }
    }
}

/// Lets other threads end, also when this one panics.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn stubs_of_slots_that_were_put_go_somewhere_safe() {
    let pool = SlotPool::new(Stubs::new());
    let (known, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let seed = random_seed("FARCALL_SEED");
    let turns = |thread: u64, most| {
        let random = &mut Random(seed.wrapping_mul(thread).max(1));
        let end = Instant::now() + Duration::from_millis(1500);
        while Instant::now() < end {
            breathe(&pool, &known, random, most);
        }
    };
    thread::scope(|scope| {
        for thread in 5..7 {
            let (known, stop) = (&known, &stop);
            scope.spawn(move || call_late(known, &mut Random(thread), stop));
        }
        let _stop = Stop(&stop);
        thread::scope(|scope| {
            for (thread, most) in [(1, 20_000), (2, 500)] {
                let turns = &turns;
                scope.spawn(move || turns(thread, most));
            }
        });
    });
    let changes = (&pool.source.retired, &pool.source.revived);
    assert!(
        changes.0.load(Ordering::Relaxed) > 0 && changes.1.load(Ordering::Relaxed) > 0,
        "{changes:?}"
    );
}

/// KiB of memory that the mappings with these addresses have to themselves.
fn own_memory(addresses: &[usize]) -> usize {
    let text = fs::read_to_string("/proc/self/smaps").unwrap();
    let (mut wanted, mut sum) = (false, 0);
    for line in text.lines() {
        let (first, rest) = line.split_once(' ').unwrap();
        if let Some((start, end)) = first.split_once('-') {
            let number = |text| usize::from_str_radix(text, 16).unwrap();
            let range = number(start)..number(end);
            wanted = addresses.iter().any(|address| range.contains(address));
        } else if wanted && first == "Anonymous:" {
            sum += rest
                .trim()
                .trim_end_matches(" kB")
                .parse::<usize>()
                .unwrap();
        }
    }
    sum
}

#[test]
fn a_hundred_thousand_slots_give_their_memory_back() {
    const COUNT: usize = 100_000;
    let pool = SlotPool::new(Stubs::new());
    for _ in 0..2 {
        let slots: Vec<_> = (0..COUNT).map(|_| take(&pool)).collect();
        let tables = pool.source.tables.lock().unwrap().clone();
        let addresses: Vec<_> = tables.iter().map(|table| table.record(0).addr()).collect();
        let full = own_memory(&addresses);
        assert!(full >= COUNT * RECORD / 1024, "{full} KiB");
        slots.into_iter().for_each(|slot| put(&pool, slot));
        let empty = own_memory(&addresses);
        assert!(empty <= 8 * 64, "{empty} KiB of {full}, {pool:?}");
        for table in tables {
            let record = table.record(5).addr();
            assert_eq!(call(record), LATE);
        }
    }
}

#[test]
fn a_child_forked_while_threads_take_and_put_does_so_too() {
    let pool = SlotPool::new(Stubs::new());
    let (known, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let common = take(&pool);
    thread::scope(|scope| {
        for thread in 1..4 {
            let (pool, known, stop) = (&pool, &known, &stop);
            scope.spawn(move || {
                let random = &mut Random(thread);
                while !stop.load(Ordering::Relaxed) {
                    breathe(pool, known, random, 5000);
                }
            });
        }
        let _stop = Stop(&stop);
        let statuses: Vec<_> = (0..20)
            .map(|_| fork(|| use_in_child(&pool, &common)))
            .collect();
        assert!(statuses.iter().all(|status| *status == 0), "{statuses:?}");
    });
    put(&pool, common);
}

fn use_in_child(pool: &SlotPool<Stubs>, common: &Slot) {
    check(common);
    for count in [1, 3000, 10, 8000] {
        let slots: Vec<_> = (0..count).map(|_| take(pool)).collect();
        slots.into_iter().for_each(|slot| put(pool, slot));
    }
    check(common);
}

/// Runs `body` in a child and returns how that ended.
fn fork(body: impl FnOnce()) -> i32 {
    // SAFETY: the child uses the pool and the allocator, which stand it.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        // SAFETY: no handler runs, the signal kills a child that waits for ever.
        unsafe { libc::alarm(60) };
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        // SAFETY: ends the process.
        unsafe { libc::_exit(result.is_err().into()) };
    }
    let mut status = 0;
    // SAFETY: `status` is a valid place for the answer.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    status
}
