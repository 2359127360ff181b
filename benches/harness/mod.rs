//! Times several ways of doing the same thing in turns, and prints the fastest of each beside the
//! first, which is the floor, and beside what it may be at most.
#![allow(dead_code, reason = "each benchmark takes what it needs")]

use std::hint::black_box;
use std::time::Duration;

/// The time that this thread has run for; what else the machine does meanwhile does not count.
#[cfg(unix)]
fn now() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the place for the answer is valid.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(status, 0, "the system does not tell how long a thread ran");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The time since the first question.
#[cfg(not(unix))]
fn now() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// One row: a name, and what is timed.
pub(crate) struct Row<'a> {
    name: &'a str,
    run: Box<dyn FnMut(u32) + 'a>,
    at_most: Option<AtMost>,
}

/// What a row may cost.
#[derive(Clone, Copy)]
pub(crate) enum AtMost {
    /// So many times the floor.
    Times(f64),
    Nanoseconds(f64),
}

impl Row<'_> {
    /// Says what it may cost.
    pub(crate) fn at_most(mut self, at_most: impl Into<Option<AtMost>>) -> Self {
        self.at_most = at_most.into();
        self
    }
}

impl AtMost {
    /// It beside what was found.
    fn beside(self, ns: f64, floor: f64) -> String {
        let (over, text) = match self {
            Self::Times(times) => (ns / floor > times, format!("{times:.2} x")),
            Self::Nanoseconds(most) => (ns > most, format!("{most} ns")),
        };
        format!("  of {text}{}", if over { ": over" } else { "" })
    }
}

/// A row that repeats `once`.
pub(crate) fn row<'a, T>(name: &'a str, mut once: impl FnMut() -> T + 'a) -> Row<'a> {
    let run = move |times| {
        for _ in 0..times {
            black_box(once());
        }
    };
    Row {
        name,
        run: Box::new(run),
        at_most: None,
    }
}

/// How often each row is timed; the shortest counts.
const ROUNDS: u32 = 40;
/// How long one round of one row lasts, roughly.
const ROUND_NS: u128 = 2_000_000;

/// Times the rows in turns and prints a table under `title`; the first row is the floor.
pub(crate) fn compare(title: &str, rows: &mut [Row<'_>]) {
    compare_each(title, 1, rows);
}

/// As [`compare`], with rows that do the same thing `each` times.
pub(crate) fn compare_each(title: &str, each: u32, rows: &mut [Row<'_>]) {
    let counts: Vec<u32> = rows.iter_mut().map(|row| calibrate(&mut row.run)).collect();
    let mut best = vec![f64::INFINITY; rows.len()];
    for _ in 0..ROUNDS {
        for ((row, count), best) in rows.iter_mut().zip(&counts).zip(&mut best) {
            let start = now();
            (row.run)(*count);
            let elapsed = now().saturating_sub(start);
            *best = best.min(elapsed.as_nanos() as f64 / f64::from(*count));
        }
    }
    println!("\n{title}");
    for (row, ns) in rows.iter().zip(&best) {
        let (ns, floor) = (ns / f64::from(each), best[0] / f64::from(each));
        let beside = row.at_most.map(|most| most.beside(ns, floor));
        let beside = beside.unwrap_or_default();
        println!(
            "  {:<28} {ns:>9.2} ns  {:>7.2} x{beside}",
            row.name,
            ns / floor
        );
    }
}

/// How many repetitions make a round.
fn calibrate(run: &mut dyn FnMut(u32)) -> u32 {
    let mut count = 16;
    loop {
        let start = now();
        run(count);
        let elapsed = now().saturating_sub(start).as_nanos();
        if elapsed > ROUND_NS / 4 || count > 1 << 26 {
            return (u128::from(count) * ROUND_NS / elapsed.max(1)).clamp(1, 1 << 28) as u32;
        }
        count *= 4;
    }
}
