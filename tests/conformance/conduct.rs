//! How a test is conducted: its jobs, and what is told of them.
#![forbid(unsafe_code)]

use crate::job::{self, ENGINES, Failure, Job, Stats};
use crate::{CASES, TARGET};
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use support::compiler;

/// The signatures in one file of C.
const BATCH: u64 = 50;

/// Up to this many signatures each is compiled in every way; of more, each batch in one, in turn.
const THOROUGH: u64 = 600;

/// Does all cases, or in a process that was started for it a job of them.
pub(crate) fn test(variadic: bool) {
    match std::env::var(job::VARIABLE) {
        Ok(text) => Job::serve(&text),
        Err(_) => conduct(variadic),
    }
}

/// Prints past the test harness, which keeps what a passing test says to itself.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{TARGET}: {text}");
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable}={text} is not a number")),
    )
}

fn conduct(variadic: bool) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seed =
        number("FARCALL_SEED").unwrap_or_else(|| now.map_or(1, |now| now.as_micros() as u64));
    let (first, end) = match number("FARCALL_CASE") {
        Some(case) => (case, case + 1),
        None => (0, number("FARCALL_CASES").unwrap_or(CASES)),
    };
    let kind = if variadic { "variadic " } else { "" };
    say(&format!(
        "FARCALL_SEED={seed}, {} {kind}signatures",
        end - first
    ));
    let compilers = compilers();
    let start = Instant::now();
    let jobs = jobs(seed, first..end, variadic, &compilers);
    let stats = match all(&jobs) {
        Ok(stats) => stats,
        Err(failed) => panic!("{}", report(&failed.0, failed.1)),
    };
    if let Some(root) = jobs.first().and_then(|job| job.dir.parent()) {
        let _ = std::fs::remove_dir_all(root);
    }
    let Stats {
        functions,
        calls,
        leaves,
        refused,
    } = stats;
    let refused = ENGINES.iter().zip(refused);
    let refused: Vec<_> = refused
        .map(|(engine, count)| format!("{count} by {engine}"))
        .collect();
    say(&format!(
        "FARCALL_SEED={seed}, {} {kind}signatures as {functions} functions by {} at -O0 and -O2: \
         {calls} calls, {leaves} scalars compared, functions refused: {}, {:.1} s",
        end - first,
        compilers.join(" and "),
        refused.join(", "),
        start.elapsed().as_secs_f64(),
    ));
}

/// The compilers that are there; says which are not.
fn compilers() -> Vec<String> {
    let found = compiler::compilers();
    for name in ["gcc", "clang"]
        .into_iter()
        .filter(|name| !found.contains(name))
    {
        say(&format!(
            "nothing is compared with {name}, which does not work here"
        ));
    }
    assert!(
        !found.is_empty(),
        "there is no C compiler in PATH: gcc, clang or cc is needed"
    );
    found.into_iter().map(str::to_owned).collect()
}

fn jobs(seed: u64, cases: Range<u64>, variadic: bool, compilers: &[String]) -> Vec<Job> {
    let Range { start, end } = cases;
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let root = root.join(format!("{}-{}", crate::test(variadic), std::process::id()));
    let mut jobs = Vec::new();
    let ways: Vec<_> = compilers
        .iter()
        .flat_map(|one| [(one, "-O0"), (one, "-O2")])
        .collect();
    let batches = (start..end).step_by(BATCH as usize);
    for (batch, first) in batches.enumerate() {
        let turn = batch % ways.len();
        let some = if end - start > THOROUGH {
            &ways[turn..=turn]
        } else {
            &ways
        };
        for (compiler, level) in some {
            jobs.push(Job {
                seed,
                first,
                count: BATCH.min(end - first),
                variadic,
                keep: u32::MAX,
                compiler: compiler.to_string(),
                level: level.to_string(),
                dir: root.join(jobs.len().to_string()),
            });
        }
    }
    jobs
}

/// The first job that failed, and how.
type Failed = Box<(Job, Failure)>;

/// Does all jobs, as many at a time as there are processors, up to the first failure.
fn all(jobs: &[Job]) -> Result<Stats, Failed> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (queue, total) = (Mutex::new(jobs.iter()), Mutex::new(Ok(Stats::default())));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            scope.spawn(|| {
                while let Some(job) = next(&queue, &total) {
                    let done = job.start();
                    let mut total = total.lock().expect("a worker panicked");
                    match (done, &mut *total) {
                        (Ok(stats), Ok(total)) => *total += stats,
                        (Err(failure), Ok(_)) => *total = Err(Box::new((job.clone(), failure))),
                        (_, Err(_)) => {}
                    }
                }
            });
        }
    });
    total.into_inner().expect("a worker panicked")
}

fn next<'a>(
    queue: &Mutex<std::slice::Iter<'a, Job>>,
    total: &Mutex<Result<Stats, Failed>>,
) -> Option<&'a Job> {
    let failed = total.lock().expect("a worker panicked").is_err();
    if failed {
        return None;
    }
    queue.lock().expect("a worker panicked").next()
}

/// Reduces a failing job to one case with as few parameters as fail, and tells about it.
fn report(job: &Job, failure: Failure) -> String {
    let alone = |case: u64, keep: u32| Job {
        first: case,
        count: 1,
        keep,
        ..job.clone()
    };
    let fails = |case: &u64| alone(*case, u32::MAX).start().is_err();
    let known = failure.case.filter(fails);
    let Some(case) = known.or_else(|| (job.first..job.first + job.count).find(fails)) else {
        let Job {
            seed,
            first,
            count,
            compiler,
            level,
            ..
        } = job;
        let Failure { case, what } = failure;
        return format!(
            "cases {first} to {} of seed {seed}, {compiler} {level}, fail together but not alone; \
             case {case:?}: {what}",
            first + count - 1,
        );
    };
    let mut keep = (1 << alone(case, u32::MAX).cases()[0].params.len()) - 1;
    for bit in 0..32 {
        let fewer = keep & !(1 << bit);
        if fewer != keep && alone(case, fewer).start().is_err() {
            keep = fewer;
        }
    }
    let last = alone(case, keep);
    let what = last
        .start()
        .err()
        .map_or(failure.what, |failure| failure.what);
    format!("{}\n{what}\n", last.describe())
}
