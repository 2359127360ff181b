//! What an [`Error`](super::Error) can be.
#![forbid(unsafe_code)]

use super::TypeError;
use crate::ctext::SyntaxError;
use std::fmt;

/// One name or path that was tried for a library, and why it failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The name or path as it was given to the system.
    pub name: String,
    /// The system's own reason.
    pub reason: String,
}

/// What happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No candidate for a library could be opened.
    Open {
        /// Every name and path that was tried, in order.
        attempts: Vec<Attempt>,
    },
    /// The library has no such symbol.
    Symbol {
        /// The system's own reason.
        reason: String,
    },
    /// A library cannot be closed while things made from it are alive.
    StillInUse {
        /// How many are.
        users: usize,
    },
    /// The system did not close a library.
    Close {
        /// The system's own reason.
        reason: String,
    },
    /// A name or path that C would cut short at its NUL byte.
    Nul {
        /// What it is: `"a library name"`, …
        what: &'static str,
        /// The text with the NUL made visible.
        text: String,
    },
    /// C text that cannot be read.
    Syntax(SyntaxError),
    /// A type that cannot exist or cannot be used where it stands.
    Type(TypeError),
    /// The wrong number of arguments.
    Arity {
        /// How many the declaration has.
        expected: usize,
        /// Whether more are accepted.
        variadic: bool,
        /// How many were given.
        found: usize,
    },
    /// An argument of the wrong kind.
    Argument {
        /// Which one.
        position: Position,
        /// The declared C type.
        expected: String,
        /// What was given.
        found: String,
        /// What to write instead, if that is known.
        hint: Option<String>,
    },
    /// An integer that the declared type does not hold.
    Range {
        /// Which argument.
        position: Position,
        /// The declared C type.
        expected: String,
        /// Its smallest and largest value.
        range: (i128, i128),
        /// The value that was given.
        found: i128,
    },
    /// A null pointer where the declaration forbids it.
    Null {
        /// Which argument.
        position: Position,
        /// The declared C type.
        expected: String,
    },
    /// A record of the wrong length.
    Length {
        /// Which argument.
        position: Position,
        /// The declared C type.
        ty: String,
        /// Its size in bytes.
        expected: u64,
        /// How many bytes were given.
        found: u64,
    },
    /// A result taken as a Rust type that the declared type is not.
    Result {
        /// The declared C type.
        expected: String,
        /// The Rust type that was asked for.
        found: String,
    },
    /// A variable taken as a Rust type that its declared type is not.
    Variable {
        /// The declared C type.
        expected: String,
        /// The Rust type that was asked for.
        found: String,
    },
    /// A name that a text of declarations does not declare.
    Undeclared {
        /// `"function"` or `"variable"`.
        what: &'static str,
        /// The names that it does declare.
        names: Vec<String>,
    },
    /// A value that is not of the type asked of it.
    Conversion {
        /// What was asked for.
        expected: String,
        /// What the value is.
        found: String,
    },
    /// A field or element that a type does not have.
    Field {
        /// The path that was asked for.
        path: String,
        /// The innermost type that was reached.
        ty: String,
    },
    /// A Rust function pointer of another calling convention than the declaration's.
    Convention {
        /// The declared convention.
        expected: String,
        /// That of the Rust type.
        found: String,
    },
    /// A Rust function pointer without `...` for a declaration with it, or the other way round.
    Variadic {
        /// Whether the declaration has it.
        declared: bool,
    },
    /// Something that this platform, build or engine cannot do.
    Unsupported {
        /// What was asked for.
        what: String,
        /// Why it is not to be had, and what would help.
        why: String,
    },
    /// A value or list that is larger than its bound.
    TooLarge {
        /// What is too large.
        what: String,
        /// Its size in `unit`.
        size: u64,
        /// The largest size that is accepted.
        limit: u64,
        /// `"bytes"`, `"parameters"`, …
        unit: &'static str,
    },
    /// A parameter that no callback can be made for.
    NoCallback {
        /// The name or number that was given.
        parameter: String,
        /// Its type, if there is such a parameter.
        found: Option<String>,
        /// The parameters that are pointers to functions, by name or number.
        candidates: Vec<String>,
    },
    /// A closure that changes what it captures was called again while it was running.
    Reentered,
    /// A callback was called on threads where its closure may not run.
    WrongThread {
        /// How many such calls there were.
        calls: u32,
    },
    /// A closure that C called returned this error.
    Callback(Box<dyn std::error::Error + Send + Sync>),
    /// Executable memory was refused, and there is no other engine.
    Memory {
        /// What was tried, with the system's reasons.
        reason: String,
    },
}

// The error of a closure may be of any type; it is only read.
impl std::panic::UnwindSafe for ErrorKind {}
impl std::panic::RefUnwindSafe for ErrorKind {}

/// Where a value stands: an argument, the result, a field or a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Position {
    /// An argument.
    Argument {
        /// Counted from 1.
        number: usize,
        /// The parameter's name, if the declaration gives it.
        name: Option<&'static str>,
    },
    /// A field of a record.
    Field {
        /// Its path, as in `corner.x`.
        name: String,
    },
    /// A value on its own.
    Value,
    /// The value of an exported variable.
    Variable,
    /// What a callback's closure returned.
    Result,
    /// What C gets from a callback whose closure does not run.
    Fallback,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument {
                number,
                name: Some(name),
            } => write!(f, "argument {number} ({name})"),
            Self::Argument { number, name: None } => write!(f, "argument {number}"),
            Self::Field { name } => write!(f, "field `{name}`"),
            Self::Value => f.write_str("the value"),
            Self::Variable => f.write_str("the variable"),
            Self::Result => f.write_str("the closure's result"),
            Self::Fallback => f.write_str("the fallback value"),
        }
    }
}

impl ErrorKind {
    pub(super) fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Syntax(error) => Some(error),
            Self::Type(error) => Some(error),
            Self::Callback(error) => Some(&**error),
            _ => None,
        }
    }
}

impl From<TypeError> for ErrorKind {
    fn from(error: TypeError) -> Self {
        Self::Type(error)
    }
}

impl From<SyntaxError> for ErrorKind {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { attempts } => open(f, attempts),
            Self::Symbol { reason } => write!(f, "no such symbol: {reason}"),
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
            Self::Unsupported { what, why } => write!(f, "{what} is not supported: {why}"),
            Self::TooLarge {
                what,
                size,
                limit,
                unit,
            } => {
                write!(f, "{what} is too large: {size} {unit}, at most {limit}")
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
            Self::WrongThread { calls } => write!(
                f,
                "called {calls} times on threads that may not run its closure; make it with \
                 `Callback::builder().any_thread()`, or let a `Dispatcher` run it"
            ),
            Self::Callback(error) => error.fmt(f),
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
