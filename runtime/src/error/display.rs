//! What happened, as text.
#![forbid(unsafe_code)]

use super::{Attempt, ErrorKind, MissingSymbol};
use std::fmt;

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { attempts } => open(f, attempts),
            Self::Symbol { reason } => write!(f, "no such symbol: {reason}"),
            Self::Symbols { missing, attempts } => symbols(f, missing, attempts),
            Self::Thread { declaration } => write!(
                f,
                "it is in use on another thread, and `{declaration}` does not claim that it bears that; load it on one thread only, or declare it with `unsafe(sync)`"
            ),
            Self::Status { code, text } => status(f, *code, text.as_deref()),
            Self::Errno(errno) => write!(f, "{errno}"),
            Self::LastError { code } => last_error(f, *code),
            Self::Unknown {
                position,
                ty,
                found,
            } => write!(f, "{position}: {found} is no `{ty}`"),
            Self::Lengths { lengths } => write!(
                f,
                "slices of {lengths:?} elements share one length; give them the same"
            ),
            Self::StillInUse { users: 1 } => {
                f.write_str("the library is still in use: 1 thing made from it is alive")
            }
            Self::StillInUse { users } => write!(
                f,
                "the library is still in use: {users} things made from it are alive"
            ),
            Self::Close { reason } => write!(f, "the system cannot close the library: {reason}"),
            Self::Nul { what, text } => write!(f, "{what} contains a NUL byte: {text:?}"),
            Self::Syntax(error) => write!(f, "{error}"),
            Self::Type(error) => write!(f, "{error}"),
            Self::Arity {
                expected,
                variadic,
                found,
            } => arity(f, *expected, *variadic, *found),
            Self::Argument {
                position,
                expected,
                found,
                hint,
            } => {
                write!(f, "{position}: expected {expected}, found {found}")?;
                hint.iter().try_for_each(|hint| write!(f, "; {hint}"))
            }
            Self::Range {
                position,
                expected,
                range: (low, high),
                found,
            } => {
                write!(
                    f,
                    "{position}: {found} does not fit into {expected} ({low} to {high})"
                )
            }
            Self::Null { position, expected } => {
                write!(f, "{position}: null is not allowed for {expected}")
            }
            Self::Length {
                position,
                ty,
                expected,
                found,
            } => {
                write!(f, "{position}: `{ty}` has {expected} bytes, found {found}")
            }
            Self::Result { expected, found } => write!(
                f,
                "the result is declared as {expected}, which cannot be taken as {found}"
            ),
            Self::Variable { expected, found } => {
                write!(
                    f,
                    "the variable is declared as {expected}, which is not {found}"
                )
            }
            Self::Undeclared { what, names } => undeclared(f, what, names),
            Self::Conversion { expected, found } => write!(f, "expected {expected}, found {found}"),
            Self::Field { path, ty } => {
                write!(
                    f,
                    "no field or element `{path}`: `{ty}` has none of that name or index"
                )
            }
            Self::Convention { expected, found } => write!(
                f,
                "the declaration has the {expected} calling convention, the Rust type {found}"
            ),
            Self::Variadic { declared: true } => f.write_str(
                "the declaration ends in `...`, the Rust type does not; \
                 write `unsafe extern \"C\" fn(.., ...) -> ..`, or use `call`",
            ),
            Self::Variadic { declared: false } => {
                f.write_str("the Rust type ends in `...`, the declaration does not; leave it out")
            }
            Self::NoCallback {
                parameter,
                found,
                candidates,
            } => no_callback(f, parameter, found.as_deref(), candidates),
            Self::Reentered => f.write_str(
                "it was called while it was running, and its closure is an `FnMut`; make it from \
                 an `Fn`, with what changes in a `Cell`",
            ),
            Self::WrongThread { calls } => wrong_thread(f, *calls),
            Self::Callback(error) => error.fmt(f),
            Self::Unsupported { what, why } => write!(f, "{what} is not supported: {why}"),
            Self::TooLarge {
                what,
                size,
                limit,
                unit,
            } => {
                write!(f, "{what} is too large: {size} {unit}, at most {limit}")
            }
            Self::Memory { reason } => f.write_str(reason),
        }
    }
}

fn open(f: &mut fmt::Formatter<'_>, attempts: &[Attempt]) -> fmt::Result {
    match attempts {
        [] => f.write_str("no name or path was given for the library"),
        [only] => write!(f, "cannot open the library {}: {}", only.name, only.reason),
        several => {
            f.write_str("cannot open the library under any of its names:")?;
            several
                .iter()
                .try_for_each(|a| write!(f, "\n  {}: {}", a.name, a.reason))
        }
    }
}

fn symbols(
    f: &mut fmt::Formatter<'_>,
    missing: &[MissingSymbol],
    attempts: &[Attempt],
) -> fmt::Result {
    let plural = if missing.len() == 1 { "" } else { "s" };
    write!(f, "the library lacks {} symbol{plural}:", missing.len())?;
    for symbol in missing {
        write!(f, "\n  {symbol}")?;
    }
    if attempts.len() > 1 {
        f.write_str("\ntried:")?;
        for attempt in attempts {
            write!(f, "\n  {}: {}", attempt.name, attempt.reason)?;
        }
    }
    Ok(())
}

fn status(f: &mut fmt::Formatter<'_>, code: i64, text: Option<&str>) -> fmt::Result {
    match text {
        Some(text) => write!(f, "{text} (status {code})"),
        None => write!(f, "status {code}"),
    }
}

#[cfg(windows)]
fn last_error(f: &mut fmt::Formatter<'_>, code: u32) -> fmt::Result {
    write!(f, "{}", crate::LastError(code))
}

#[cfg(not(windows))]
fn last_error(f: &mut fmt::Formatter<'_>, code: u32) -> fmt::Result {
    match code {
        0 => f.write_str("it failed; only Windows tells why"),
        code => write!(f, "error {code}"),
    }
}

fn wrong_thread(f: &mut fmt::Formatter<'_>, calls: u32) -> fmt::Result {
    match calls {
        1 => f.write_str("called once on a thread that may not run its closure")?,
        _ => write!(
            f,
            "called {calls} times on threads that may not run its closure"
        )?,
    }
    f.write_str("; make it with `Callback::builder().any_thread()`, or let a `Dispatcher` run it")
}

fn no_callback(
    f: &mut fmt::Formatter<'_>,
    parameter: &str,
    found: Option<&str>,
    candidates: &[String],
) -> fmt::Result {
    match found {
        Some(found) => write!(
            f,
            "parameter {parameter} is no pointer to a function but {found}"
        )?,
        None => write!(f, "there is no parameter {parameter}")?,
    }
    match candidates {
        [] => f.write_str("; none is a pointer to a function, declare one as `int (*name)(int)`"),
        some => write!(f, "; write {}", some.join(" or ")),
    }
}

fn undeclared(f: &mut fmt::Formatter<'_>, what: &str, names: &[String]) -> fmt::Result {
    /// The names that are listed.
    const SHOWN: usize = 12;
    write!(f, "no such {what} in the declarations")?;
    for (index, name) in names.iter().take(SHOWN).enumerate() {
        write!(
            f,
            "{}{name}",
            if index == 0 { "; they have " } else { ", " }
        )?;
    }
    f.write_str(if names.len() > SHOWN { ", …" } else { "" })
}

fn arity(f: &mut fmt::Formatter<'_>, expected: usize, more: bool, found: usize) -> fmt::Result {
    let least = if more { "at least " } else { "" };
    let plural = if expected == 1 { "" } else { "s" };
    write!(
        f,
        "expected {least}{expected} argument{plural}, found {found}"
    )
}
