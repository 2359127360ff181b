//! Panics and errors of closures that C called.
//!
//! Guarantee: the first failure under a collecting call reaches the innermost one around it; where
//! there is none, a failure reaches the callback's handler, or else ends the process with a message.
//! None crosses a C frame, and none is lost but those that follow the first.
#![forbid(unsafe_code)]

use super::thread;
use crate::error::{Error, Result};
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What went wrong in a closure that C called.
pub enum Failure {
    /// It panicked, with this payload.
    Panic(Box<dyn Any + Send>),
    /// It returned an error, or a value that is not of the declared result type.
    Error(Error),
}

/// What comes of running a closure: nothing, if its result was written. One word, so that success
/// costs one comparison.
pub(super) type Outcome = Option<Box<Failure>>;

/// Runs a closure of the user's, whose panic goes no further.
#[inline(always)]
pub(super) fn catching(run: impl FnOnce() -> Result<()>) -> Outcome {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => failed(Failure::Error(error)),
        Err(payload) => failed(Failure::Panic(payload)),
    }
}

#[cold]
fn failed(failure: Failure) -> Outcome {
    Some(Box::new(failure))
}

/// Who is told of a failure that no call collects.
pub(super) type Handler = Box<dyn Fn(Failure) + Send + Sync>;

impl Failure {
    /// The message of a panic or the text of an error.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Error(error) => error.to_string(),
            Self::Panic(payload) => match payload.downcast_ref::<&str>() {
                Some(text) => (*text).to_owned(),
                None => payload
                    .downcast_ref::<String>()
                    .cloned()
                    .unwrap_or_else(|| "a panic without a message".to_owned()),
            },
        }
    }

    /// Drops it under C, which the destructor of a panic's payload must not unwind.
    pub(super) fn give_up(self) {
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(self))) {
            // There is no end of payloads whose destructors panic.
            std::mem::forget(second);
        }
    }

    /// Goes on with the panic, or returns the error.
    pub(crate) fn resume(self) -> Error {
        match self {
            Self::Panic(payload) => resume_unwind(payload),
            Self::Error(error) => error,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panic(_) => write!(f, "panicked: {}", self.message()),
            Self::Error(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({self})")
    }
}

/// Passes a failure of the callback `name` on: to the collecting call around it, or to `handler`.
#[cold]
pub(super) fn report(failure: Failure, name: &str, handler: Option<&Handler>) {
    let Err(failure) = thread::keep(failure) else {
        return;
    };
    let Some(handler) = handler else {
        let message = format!(
            "the callback {name} failed where no call of farcall can pass it on: {failure}; set a \
             handler with `Callback::builder().on_failure(..)`"
        );
        abort(&message)
    };
    if catch_unwind(AssertUnwindSafe(|| handler(failure))).is_err() {
        abort(&format!(
            "the failure handler of the callback {name} panicked"
        ));
    }
}

/// Ends the process; C code is on the stack, which nothing may unwind.
#[cold]
pub(super) fn abort(message: &str) -> ! {
    eprintln!("farcall: {message}");
    std::process::abort()
}
