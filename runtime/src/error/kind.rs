//! What an [`Error`](super::Error) can be.
#![forbid(unsafe_code)]

use super::TypeError;
use crate::ctext::SyntaxError;
use crate::errno::Errno;
use std::fmt;

/// One name or path that was tried for a library, and why it failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The name or path as it was given to the system.
    pub name: String,
    /// The system's own reason.
    pub reason: String,
}

/// A declared symbol that a library lacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MissingSymbol {
    /// Its names, in the order in which they were looked up.
    pub names: Vec<String>,
    /// The source file of its declaration.
    pub file: &'static str,
    /// The line of its declaration.
    pub line: u32,
    /// The system's own reason.
    pub reason: String,
}

impl fmt::Display for MissingSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            names,
            file,
            line,
            reason,
        } = self;
        write!(
            f,
            "{} (declared at {file}:{line}): {reason}",
            names.join(", ")
        )
    }
}

/// What happened.
#[derive(Clone, Debug)]
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
    /// A library lacks symbols that its declaration requires.
    Symbols {
        /// All that are missing.
        missing: Vec<MissingSymbol>,
        /// Every name and path that was tried, in order.
        attempts: Vec<Attempt>,
    },
    /// A library whose declaration does not claim `unsafe(sync)` is in use on another thread.
    Thread {
        /// The library type.
        declaration: &'static str,
    },
    /// A function of the library reported that it failed.
    Status {
        /// What it returned.
        code: i64,
        /// The library's own words.
        text: Option<String>,
    },
    /// A function of the library failed and left the reason in `errno`.
    Errno(Errno),
    /// A function of the library failed and left the reason for `GetLastError`.
    LastError {
        /// The number of the error; 0 on other systems than Windows, where nothing leaves one.
        code: u32,
    },
    /// A number from C that stands for nothing in the declared enumeration.
    Unknown {
        /// Where it stands.
        position: Position,
        /// The enumeration.
        ty: &'static str,
        /// The number.
        found: i128,
    },
    /// Slices of different lengths that share one length in C.
    Lengths {
        /// The lengths in the order of the parameters.
        lengths: Vec<usize>,
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
        range: (i128, u128),
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
    Callback(std::sync::Arc<dyn std::error::Error + Send + Sync>),
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
    /// The result of a call.
    Result,
    /// The value of an exported variable.
    Variable,
    /// What a callback's closure returned.
    Returned,
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
            Self::Result => f.write_str("the result"),
            Self::Variable => f.write_str("the variable"),
            Self::Returned => f.write_str("the closure's result"),
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
