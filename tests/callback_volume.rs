//! Do a million callbacks leave nothing behind, and are a hundred thousand at once all there?
//!
//! In a program of its own, one test after the other: what the whole process has is counted. Builds
//! without optimisation ask for a tenth.
#![cfg(all(target_os = "linux", any(feature = "jit", feature = "libffi")))]

use farcall::callback::AnyThread;
use farcall::{Callback, Engine, FnType, Value};
use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::c_void;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size(), Relaxed);
        // SAFETY: forwarded to the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Relaxed);
        // SAFETY: forwarded to the caller.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const fn scaled(count: usize) -> usize {
    if cfg!(debug_assertions) {
        count / 10
    } else {
        count
    }
}

const IN_ALL: usize = scaled(1_000_000);
const AT_ONCE: usize = scaled(100_000);

/// What C gets from a callback that was dropped.
const FALLBACK: u64 = u64::MAX;

type Fun = unsafe extern "C" fn(u64) -> u64;

/// What the process has.
#[derive(Clone, Copy, Debug)]
struct Has {
    heap: usize,
    mappings: usize,
    resident: usize,
}

impl Has {
    fn now() -> Self {
        // SAFETY: the C library's allocator gives back what it can.
        unsafe { libc::malloc_trim(0) };
        let heap = BYTES.load(Relaxed);
        // What is shared, above all the one page of stubs that all tables show, is there once.
        let pages = fs::read_to_string("/proc/self/statm").unwrap();
        let pages: Vec<usize> = pages
            .split(' ')
            .map(|n| n.trim().parse().unwrap())
            .collect();
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        Self {
            heap,
            mappings: maps.lines().count(),
            resident: (pages[1] - pages[2]) * 4096,
        }
    }

    /// Asks whether it is no more than before, but for these many bytes.
    fn check(self, before: Self, bytes: usize, what: &str) {
        println!("{what}: {before:?}, then {self:?}");
        assert!(self.heap <= before.heap + bytes.min(1 << 18), "{what}");
        if support::is_emulated() {
            support::not_asked(what, "what the system tells of memory is the emulator's");
            return;
        }
        assert!(self.resident <= before.resident + bytes, "{what}");
        // As many as libffi takes for the closures of one table.
        assert!(self.mappings <= before.mappings + 24, "{what}");
    }
}

/// One of each kind, made by an engine, whose closure has a number.
enum Made {
    Values(Callback),
    Typed(Callback<Fun>),
    Shared(Callback<Fun, AnyThread>),
}

const KINDS: [&str; 3] = ["over values", "typed", "for any thread"];

impl Made {
    fn new(ty: FnType, engine: Engine, kind: usize, number: u64) -> Self {
        let builder = Callback::builder().engine(engine).fallback(FALLBACK);
        match kind {
            0 => Self::Values(
                builder
                    .new(ty, move |args: &[Value<'_>]| {
                        number + args[0].as_u64().unwrap()
                    })
                    .unwrap(),
            ),
            1 => Self::Typed(builder.from_fn(move |x: u64| number + x).unwrap()),
            _ => Self::Shared(
                builder
                    .any_thread()
                    .from_fn(move |x: u64| number + x)
                    .unwrap(),
            ),
        }
    }

    fn address(&self) -> *const c_void {
        match self {
            Self::Values(callback) => callback.as_ptr(),
            Self::Typed(callback) => callback.as_ptr(),
            Self::Shared(callback) => callback.as_ptr(),
        }
    }
}

fn call(address: *const c_void, x: u64) -> u64 {
    // SAFETY: the address is that of a callback of this type, whose stub is never unmapped.
    let f: Fun = unsafe { std::mem::transmute(address) };
    // SAFETY: as above.
    unsafe { f(x) }
}

/// Every kind through every engine, alone in the process.
fn for_each_kind(ask: impl Fn(&str, &dyn Fn(u64) -> Made)) {
    static ONE: Mutex<()> = Mutex::new(());
    let _alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let ty = FnType::parse("uint64_t f(uint64_t x)").unwrap();
    for engine in support::engines() {
        for (kind, name) in KINDS.iter().enumerate() {
            let what = format!("{engine}, {name}");
            ask(&what, &|number| Made::new(ty, *engine, kind, number));
        }
    }
}

#[test]
fn do_callbacks_made_one_after_the_other_leave_nothing_behind() {
    for_each_kind(|what, make| {
        let turn = |number| {
            let callback = make(number);
            assert_eq!(call(callback.address(), 1), number + 1);
            let late = callback.address();
            drop(callback);
            assert_eq!(call(late, 1), FALLBACK);
        };
        // The pool grows to what its quarantine needs.
        (0..10_000).for_each(turn);
        let (before, allocations) = (Has::now(), ALLOCATIONS.load(Relaxed));
        (0..IN_ALL as u64).for_each(turn);
        let allocations = ALLOCATIONS.load(Relaxed) - allocations;
        Has::now().check(before, 1 << 20, what);
        // One for each block and for its fallback, which is known already; a few for each time that
        // some hundred slots are sorted.
        let most = 2 * IN_ALL + IN_ALL / 10;
        assert!(allocations <= most, "{what}: {allocations} allocations");
    });
}

/// Makes, asks and drops many at once, and returns what the process has when they are alive.
fn flood(what: &str, make: &dyn Fn(u64) -> Made) -> Has {
    let mut all: Vec<_> = (0..AT_ONCE as u64).map(make).collect();
    let full = Has::now();
    let mut addresses: Vec<_> = all.iter().map(Made::address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), AT_ONCE, "{what}: two have one address");
    for (number, callback) in (0..).zip(&all) {
        assert_eq!(call(callback.address(), 1), number + 1, "{what}");
    }
    // Not in the order in which they were made.
    while !all.is_empty() {
        let next = all.len() * 7 % 11 * all.len() / 11;
        drop(all.swap_remove(next));
        if all.len().is_multiple_of(101) {
            let alive = all.first().map(Made::address);
            assert!(
                alive.is_none_or(|alive| call(alive, 0) != FALLBACK),
                "{what}"
            );
        }
    }
    // What gave its memory back has no longer a fallback of its own.
    let known = |late: &*const c_void| call(*late, 1) == FALLBACK;
    let (known, zero): (Vec<_>, Vec<_>) = addresses.into_iter().partition(known);
    assert!(zero.iter().all(|late| call(*late, 1) == 0), "{what}");
    assert!(known.len() >= 1024, "{what}: {} are known", known.len());
    full
}

#[test]
fn are_many_callbacks_at_once_all_there_and_then_gone() {
    for_each_kind(|what, make| {
        make(0);
        let empty = Has::now();
        let full = flood(what, make);
        let first = Has::now();
        println!("{what}: {empty:?}, full {full:?}, then {first:?}");
        // Tables, closures of libffi and blocks, of which each has its bytes.
        let each = full.resident.saturating_sub(empty.resident) / AT_ONCE;
        assert!(each <= 512, "{what}: {each} bytes for each callback");
        let mappings = full.mappings - empty.mappings;
        // A table has two for 1024 callbacks, libffi two for each page of its own.
        assert!(mappings <= AT_ONCE / 50 + 20, "{what}: {mappings} mappings");
        // The blocks are free, and their memory given back.
        let blocks = first.heap.saturating_sub(empty.heap) / AT_ONCE;
        assert!(
            blocks <= 160,
            "{what}: {blocks} bytes each stay on the heap"
        );
        // The next time some are in quarantine, for which there may be one table more.
        flood(what, make);
        let second = Has::now();
        second.check(first, 1 << 21, what);
        flood(what, make);
        Has::now().check(second, 1 << 21, what);
    });
}
