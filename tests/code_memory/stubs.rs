//! Does a stub go where its own record says, by every strategy and from C?

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, LazyLock};
use std::thread;

use farcall_jit::Error;
use farcall_jit::code::stubs::{DISTANCE, STRIDE, STUBS, StubCode, StubTable};
use farcall_jit::code::{self, Code, Strategy};

use super::machine::{shim, stub};

/// What all these stubs go to: returns the second word of the record.
pub(super) fn the_shim() -> u64 {
    static SHIM: LazyLock<Code> = LazyLock::new(|| code::publish(&shim()).unwrap());
    SHIM.entry().addr() as u64
}

/// A record whose stub returns `value`.
pub(super) fn record(value: u64) -> [u8; STRIDE] {
    let mut record = [0; STRIDE];
    record[..8].copy_from_slice(&the_shim().to_ne_bytes());
    record[8..16].copy_from_slice(&value.to_ne_bytes());
    record
}

/// A word of a record.
pub(super) fn word(table: StubTable, index: usize, word: usize) -> &'static AtomicU64 {
    let place = table.record(index).cast::<u64>().wrapping_add(word);
    // SAFETY: records are mapped for ever, aligned to 64, and used as atomics by these tests.
    unsafe { AtomicU64::from_ptr(place) }
}

/// Makes the stub return `value`.
pub(super) fn set(table: StubTable, index: usize, value: u64) {
    word(table, index, 1).store(value, Ordering::Relaxed);
    word(table, index, 0).store(the_shim(), Ordering::Release);
}

/// Calls the stub, from here.
pub(super) fn call(table: StubTable, index: usize) -> u64 {
    // SAFETY: the record was made to go to `shim`, of this very type.
    let stub: extern "C" fn() -> u64 = unsafe { std::mem::transmute(table.stub(index)) };
    stub()
}

/// Fills a table with values from `base` on.
pub(super) fn fill(table: StubTable, base: u64) {
    (0..STUBS).for_each(|index| set(table, index, base + index as u64));
}

pub(super) fn check(table: StubTable, base: u64) {
    for index in 0..STUBS {
        assert_eq!(call(table, index), base + index as u64, "stub {index}");
    }
}

/// A kind of stub for each strategy by which tables can be made.
fn kinds() -> impl Iterator<Item = StubCode> {
    let one = |strategy| StubCode::with_strategies(&stub(), strategy).unwrap();
    // Pages that several tables show are moved to where they are needed, on Linux alone.
    let moves = cfg!(target_os = "linux")
        && !support::is_kept_from_asking("tables that are duplicates of a mapping");
    let tables = move |strategies: &&[Strategy]| moves || strategies != &[Strategy::MemoryFile];
    Strategy::ALL.chunks(1).filter(tables).map(one)
}

#[test]
fn every_stub_goes_where_its_own_record_says() {
    for kind in kinds() {
        let tables = [1, 2, 3].map(|n| (kind.table().unwrap(), n * 1_000_000));
        for (table, base) in tables {
            fill(table, base);
        }
        for (table, base) in tables {
            check(table, base);
        }
    }
}

#[test]
fn records_are_zeros_at_a_fixed_distance() {
    for kind in kinds() {
        let table = kind.table().unwrap();
        for index in 0..STUBS {
            let (stub, record) = (table.stub(index), table.record(index));
            assert_eq!(record.addr(), stub.addr() + DISTANCE);
            assert_eq!(stub.addr(), table.stub(0).addr() + index * STRIDE);
            assert_eq!(stub.addr() % STRIDE, 0);
            // SAFETY: the record is mapped, and no one writes to it.
            let bytes = unsafe { std::slice::from_raw_parts(record, STRIDE) };
            assert_eq!(bytes, [0; STRIDE]);
        }
    }
}

unsafe extern "C" {
    fn qsort(base: *mut c_void, count: usize, size: usize, compare: *const u8);
}

extern "C" fn ascending(a: *const c_int, b: *const c_int) -> c_int {
    // SAFETY: `qsort` passes elements of its array.
    let (a, b) = unsafe { (*a, *b) };
    a.cmp(&b) as c_int
}

extern "C" fn descending(a: *const c_int, b: *const c_int) -> c_int {
    ascending(b, a)
}

#[test]
fn c_calls_stubs() {
    for kind in kinds() {
        let table = kind.table().unwrap();
        let last = STUBS - 1;
        let comparisons = [
            (0, ascending as *const () as u64, [-7, 0, 1, 2, 3]),
            (last, descending as *const () as u64, [3, 2, 1, 0, -7]),
        ];
        for (index, target, sorted) in comparisons {
            word(table, index, 0).store(target, Ordering::Release);
            let mut numbers: [c_int; 5] = [3, -7, 2, 0, 1];
            let base = numbers.as_mut_ptr().cast();
            // SAFETY: the stub goes to a comparison of integers.
            unsafe { qsort(base, 5, size_of::<c_int>(), table.stub(index)) };
            assert_eq!(numbers, sorted);
        }
    }
}

#[test]
fn eight_threads_make_tables_of_one_kind() {
    for kind in kinds() {
        let start = Barrier::new(8);
        let own = |thread: u64| {
            start.wait();
            for n in 0..20 {
                let table = kind.table().unwrap();
                fill(table, thread << 32 | n << 16);
                check(table, thread << 32 | n << 16);
            }
        };
        thread::scope(|scope| (0..8).for_each(|n| drop(scope.spawn(move || own(n)))));
    }
}

#[test]
fn no_stub_and_too_long_a_stub_are_named_errors() {
    assert!(matches!(StubCode::new(&[]), Err(Error::Unsupported { .. })));
    assert!(StubCode::new(&[0; STRIDE]).is_ok());
    let error = StubCode::new(&[0; STRIDE + 1]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a stub is too large: 65 bytes, at most 64"
    );
    let none = StubCode::with_strategies(&stub(), &[]).unwrap().table();
    assert!(matches!(none, Err(Error::Memory { tried }) if tried.is_empty()));
}

#[test]
#[should_panic(expected = "a table has 1024 stubs, no stub 1024")]
fn a_stub_beyond_the_table_is_refused() {
    let table = StubCode::new(&stub()).unwrap().table().unwrap();
    let _ = table.stub(STUBS);
}

/// What a frame's unwinder is asked first: is there a record for this address?
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn unwinders_find_no_record_for_a_stub() {
    unsafe extern "C" {
        fn _Unwind_Find_FDE(pc: *const u8, bases: *mut [usize; 3]) -> *const u8;
    }
    let find = |pc: *const u8| {
        let mut bases = [0; 3];
        // SAFETY: it looks the address up and writes three words.
        unsafe { _Unwind_Find_FDE(pc, &raw mut bases) }
    };
    for kind in kinds() {
        // pieces on both sides, which have records
        let before = code::publish(&shim()).unwrap();
        let table = kind.table().unwrap();
        let after = code::Arena::new(Strategy::ALL).publish(&shim()).unwrap();
        assert!(!find(before.entry()).is_null() && !find(after.entry()).is_null());
        for offset in 0..2 * DISTANCE {
            let pc = table.stub(0).wrapping_add(offset);
            assert!(find(pc).is_null(), "{offset} bytes into the table");
        }
    }
}
