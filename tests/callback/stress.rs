//! Does a closure ever run with another's captures, on a thread that is not its own, or when it is
//! freed, while threads make, call and drop callbacks and C calls every pointer it ever got?
//!
//! `FARCALL_SECONDS` sets for how long each engine is asked; the default is 1. `FARCALL_SEED` sets
//! where the random numbers begin.

use super::library;
use farcall::callback::{AnyThread, CallbackBuilder};
use farcall::{Callback, Engine, FnType, Value};
use std::any::Any;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant, SystemTime};

type Fun = unsafe extern "C" fn(u64) -> u64;

const THREADS: u64 = 8;

/// What C gets where no closure runs; no closure returns it.
const FALLBACK: u64 = u64::MAX;

/// Marks a context of a closure that was not dropped.
const LIVE: u64 = 0x11fe_11fe_11fe_11fe;

static RUNS: AtomicU64 = AtomicU64::new(0);
static FALLBACKS: AtomicU64 = AtomicU64::new(0);
static CONTEXTS: AtomicU64 = AtomicU64::new(0);
static ALIVE: AtomicU64 = AtomicU64::new(0);

/// Marsaglia's xorshift: enough to choose by.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What a closure captures: it knows itself, and each `KIND` lies differently in memory.
struct Context<const KIND: usize> {
    before: [u64; KIND],
    magic: AtomicU64,
    token: u64,
    check: u64,
    /// How many calls run in it.
    inside: AtomicU32,
    /// The one thread that it may run on.
    home: Option<ThreadId>,
}

fn mix(token: u64) -> u64 {
    token.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995
}

impl<const KIND: usize> Context<KIND> {
    fn new(confined: bool) -> Self {
        let token = CONTEXTS.fetch_add(1, Ordering::Relaxed) << 8;
        ALIVE.fetch_add(1, Ordering::SeqCst);
        Self {
            before: [mix(token); KIND],
            magic: AtomicU64::new(LIVE + KIND as u64),
            token,
            check: mix(token),
            inside: AtomicU32::new(0),
            home: confined.then(|| thread::current().id()),
        }
    }

    /// The token, if everything is as it was made.
    fn intact(&self) -> u64 {
        let magic = self.magic.load(Ordering::SeqCst);
        assert_eq!(
            magic,
            LIVE + KIND as u64,
            "another's context, or a freed one"
        );
        assert_eq!(self.check, mix(self.token), "another's context");
        assert!(self.before.iter().all(|word| *word == self.check));
        self.token
    }

    fn run(&self, x: u64) -> u64 {
        RUNS.fetch_add(1, Ordering::Relaxed);
        self.inside.fetch_add(1, Ordering::SeqCst);
        let token = self.intact();
        if let Some(home) = self.home {
            assert_eq!(thread::current().id(), home, "on another thread");
        }
        if x % 4 == 1 {
            thread::yield_now();
        } else if x % 4 == 2 {
            call_stale(x / 4, 0);
        } else if x % 4 == 3 {
            drop_left(x / 4);
        }
        assert_eq!(self.intact(), token, "freed while it ran");
        self.inside.fetch_sub(1, Ordering::SeqCst);
        token + x
    }
}

impl<const KIND: usize> Drop for Context<KIND> {
    fn drop(&mut self) {
        self.intact();
        assert_eq!(self.inside.load(Ordering::SeqCst), 0, "freed while it runs");
        if let Some(home) = self.home {
            assert_eq!(thread::current().id(), home, "freed on another thread");
        }
        self.magic.store(0, Ordering::SeqCst);
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A callback, its address, and what its closure knows itself by.
struct Made<Held: ?Sized> {
    address: usize,
    token: u64,
    held: Box<Held>,
}

/// One that only the current thread may run and drop.
type Own = Made<dyn Any>;
/// One that any thread may run and drop.
type Shared = Made<dyn Any + Send>;

impl<Held: ?Sized> Made<Held> {
    /// Calls it while it is alive, where it may run: its own closure must answer.
    fn check(&self, x: u64) {
        let address = std::ptr::with_exposed_provenance::<c_void>(self.address);
        // SAFETY: the callback has this type.
        let f: Fun = unsafe { std::mem::transmute(address) };
        // SAFETY: as above.
        assert_eq!(unsafe { f(x) }, self.token + x, "not its own closure");
    }
}

fn own<F: 'static>(token: u64, callback: farcall::Result<Callback<F>>) -> Own {
    let held = Box::new(callback.unwrap());
    let address = held.as_ptr().expose_provenance();
    Made {
        address,
        token,
        held,
    }
}

fn shared<F: 'static>(token: u64, callback: farcall::Result<Callback<F, AnyThread>>) -> Shared {
    let held = Box::new(callback.unwrap());
    let address = held.as_ptr().expose_provenance();
    Made {
        address,
        token,
        held,
    }
}

fn builder(engine: Engine) -> CallbackBuilder {
    Callback::builder().engine(engine).fallback(FALLBACK)
}

fn ty() -> FnType {
    static TYPE: OnceLock<FnType> = OnceLock::new();
    *TYPE.get_or_init(|| FnType::parse("uint64_t f(uint64_t x)").unwrap())
}

/// The argument, as a closure over values has it.
fn number(args: &[Value<'_>]) -> u64 {
    args[0].as_u64().expect("a number")
}

fn make_own(engine: Engine, kind: u64) -> Own {
    let builder = builder(engine);
    match kind % 4 {
        0 => {
            let c = Context::<1>::new(true);
            own(c.token, builder.from_fn::<Fun, _>(move |x| c.run(x)))
        }
        1 => {
            let c = Context::<2>::new(true);
            own(c.token, builder.from_fn_mut::<Fun, _>(move |x| c.run(x)))
        }
        2 => {
            let c = Context::<3>::new(true);
            own(c.token, builder.new(ty(), move |args| c.run(number(args))))
        }
        _ => {
            let c = Context::<5>::new(true);
            own(
                c.token,
                builder.new_mut(ty(), move |args| c.run(number(args))),
            )
        }
    }
}

fn make_shared(engine: Engine, kind: u64) -> Shared {
    let builder = builder(engine).any_thread();
    match kind % 3 {
        0 => {
            let c = Context::<1>::new(false);
            shared(c.token, builder.from_fn::<Fun, _>(move |x| c.run(x)))
        }
        1 => {
            let c = Context::<4>::new(false);
            shared(c.token, builder.from_fn::<Fun, _>(move |x| c.run(x)))
        }
        _ => {
            let c = Context::<6>::new(false);
            shared(c.token, builder.new(ty(), move |args| c.run(number(args))))
        }
    }
}

/// Lets C call one of the pointers that it got, whatever became of the callback.
fn call_stale(place: u64, x: u64) {
    type Call = unsafe extern "C" fn(u32, u64) -> u64;
    static CALL: OnceLock<Call> = OnceLock::new();
    let call = *CALL.get_or_init(|| {
        let bind = library().function("uint64_t stash_call(unsigned place, uint64_t x)");
        bind.unwrap().typed().unwrap()
    });
    // SAFETY: the stub of a callback is never unmapped, and all have this type.
    if unsafe { call(place as u32, x) } == FALLBACK {
        FALLBACKS.fetch_add(1, Ordering::Relaxed);
    }
}

/// Gives a pointer to C, which keeps it.
fn give(place: u64, address: usize) {
    type Keep = unsafe extern "C" fn(u32, *const c_void);
    static KEEP: OnceLock<Keep> = OnceLock::new();
    let keep = *KEEP.get_or_init(|| {
        let bind = library().function("void stash_keep(unsigned place, void *f)");
        bind.unwrap().typed().unwrap()
    });
    // SAFETY: the fixture keeps the pointer.
    unsafe { keep(place as u32, std::ptr::with_exposed_provenance(address)) };
}

/// Callbacks that threads leave to others, to be dropped there, or by one of their own closures.
static LEFT: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());

fn leave(callback: Box<dyn Any + Send>) {
    let full = {
        let mut left = LEFT.lock().unwrap();
        left.push(callback);
        left.len() > 64
    };
    if full {
        drop_left(0);
    }
}

fn drop_left(choice: u64) {
    let dropped = {
        let mut left = LEFT.lock().unwrap();
        let count = left.len() as u64;
        (count > 0).then(|| left.swap_remove((choice % count) as usize))
    };
    drop(dropped);
}

struct Worker {
    engine: Engine,
    random: Random,
    own: Vec<Own>,
    shared: Vec<Shared>,
}

impl Worker {
    fn step(&mut self) {
        let (engine, choice) = (self.engine, self.random.below(u64::MAX));
        match choice % 16 {
            0 | 1 => {
                self.own.push(make_own(engine, choice / 16));
                give(choice / 64, self.own[self.own.len() - 1].address);
            }
            2 | 3 => {
                self.shared.push(make_shared(engine, choice / 16));
                give(choice / 64, self.shared[self.shared.len() - 1].address);
            }
            4 if self.own.len() > 20 => {
                self.own.swap_remove(choice as usize / 16 % self.own.len());
            }
            5 if self.shared.len() > 20 => {
                let made = self
                    .shared
                    .swap_remove(choice as usize / 16 % self.shared.len());
                made.check(choice / 16 % 1024);
                leave(made.held);
            }
            6 if choice / 16 % 256 == 0 => self.flood(choice / 4096),
            7 => self
                .own
                .iter()
                .take(8)
                .for_each(|made| made.check(choice / 16 % 1024)),
            8 => self
                .shared
                .iter()
                .take(8)
                .for_each(|made| made.check(choice / 16 % 1024)),
            _ => call_stale(choice / 16, choice / 1024 % 4096),
        }
    }

    /// So many that tables are made, and then give their memory back.
    fn flood(&mut self, kind: u64) {
        let made: Vec<_> = (0..4000).map(|_| make_own(self.engine, kind)).collect();
        give(self.random.below(256), made[7].address);
        made[7].check(0);
        drop(made);
    }
}

fn seconds() -> Duration {
    let given = std::env::var("FARCALL_SECONDS").ok();
    let seconds = given.map_or(1.0, |text| text.parse().expect("a number of seconds"));
    Duration::from_secs_f64(seconds)
}

fn seed() -> u64 {
    let given = std::env::var("FARCALL_SEED").ok();
    let now = || SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let seed = given.map_or_else(now, |text| text.parse().expect("a seed"));
    println!("FARCALL_SEED={seed}");
    seed
}

#[test]
fn does_every_call_find_its_own_closure_alive_or_none() {
    let seed = seed();
    for engine in support::engines() {
        let counts = [&RUNS, &FALLBACKS, &CONTEXTS];
        let before = counts.map(|count| count.load(Ordering::Relaxed));
        let end = Instant::now() + seconds();
        thread::scope(|scope| {
            for number in 1..=THREADS {
                scope.spawn(move || {
                    let random = Random(seed.wrapping_mul(2 * number + 1).max(1));
                    let (engine, own, shared) = (*engine, Vec::new(), Vec::new());
                    let mut worker = Worker {
                        engine,
                        random,
                        own,
                        shared,
                    };
                    while Instant::now() < end {
                        (0..50).for_each(|_| worker.step());
                    }
                });
            }
        });
        LEFT.lock().unwrap().clear();
        let after = counts.map(|count| count.load(Ordering::Relaxed));
        let [runs, fallbacks, made] = [0, 1, 2].map(|n| after[n] - before[n]);
        println!("{engine}: {made} made, {runs} runs, {fallbacks} late or elsewhere");
        assert!(made > 100 && runs > 100 && fallbacks > 100);
    }
    assert_eq!(
        ALIVE.load(Ordering::SeqCst),
        0,
        "not all closures were freed"
    );
}
