//! How long a call takes.

use farcall::{CallBuffer, Engine, Function, Result, Value};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// A round is as many calls as take about this long.
const ROUND: Duration = Duration::from_millis(1);

/// Rounds are made until there are this many, or they have taken this long.
const ROUNDS: u32 = 20;
const BUDGET: Duration = Duration::from_millis(200);

/// Nanoseconds per call on every engine, or on the one that was asked for: the best of the rounds,
/// because everything else that a machine does only adds.
pub(crate) fn table(
    function: &Function,
    arguments: &[Value<'static>],
    only: Option<Engine>,
) -> String {
    let mut table = String::from("time per call, best of many rounds");
    if cfg!(debug_assertions) {
        table += " (not optimised: use --release)";
    }
    table += "\n";
    for engine in [Engine::Jit, Engine::Libffi] {
        if only.is_some_and(|only| only != engine) {
            continue;
        }
        let times = function
            .with_engine(engine)
            .and_then(|function| both(&function, arguments));
        let _ = match times {
            Ok((checked, buffer)) => writeln!(
                table,
                "  {engine:<8}  call_values {checked:8.1} ns\n  {engine:<8}  CallBuffer  {buffer:8.1} ns"
            ),
            Err(error) => writeln!(table, "  {engine:<8}  {error}"),
        };
    }
    table
}

fn both(function: &Function, arguments: &[Value<'static>]) -> Result<(f64, f64)> {
    let checked = best(|| {
        // SAFETY: as for the first call of it; whoever asks for the time wants it called again.
        unsafe { function.call_values(arguments) }.map(drop)
    })?;
    let mut buffer = CallBuffer::new(function.ty());
    for (index, value) in arguments.iter().enumerate() {
        buffer.set(index, *value)?;
    }
    // SAFETY: as above.
    let buffered = best(|| unsafe { buffer.call(function) })?;
    Ok((checked, buffered))
}

/// The nanoseconds of one call in the best round.
fn best(mut call: impl FnMut() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    let mut count = 1u32;
    let mut best = f64::INFINITY;
    let mut rounds = 0;
    while rounds < ROUNDS && (rounds == 0 || start.elapsed() < BUDGET) {
        let took = round(count, &mut call)?;
        if took < ROUND / 2 && count < 1 << 24 {
            count *= 2;
            continue;
        }
        best = best.min(took.as_nanos() as f64 / f64::from(count));
        rounds += 1;
    }
    Ok(best)
}

fn round(count: u32, call: &mut impl FnMut() -> Result<()>) -> Result<Duration> {
    let start = Instant::now();
    for _ in 0..count {
        call()?;
    }
    Ok(start.elapsed())
}
