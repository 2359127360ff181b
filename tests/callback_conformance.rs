//! Random signatures, compiled as C that calls callbacks of every engine: is every byte where the C
//! compilers have it?
//!
//! `FARCALL_SEED`, `FARCALL_CASES` and `FARCALL_CASE` are as for `conformance.rs`, and so are the
//! signatures and the ways in which they are compiled. Small arguments come with junk above them;
//! each call is watched: what the callback does with registers and stack, and whether a result in a
//! register is extended as compilers rely on it.
#![cfg(all(
    not(any(target_vendor = "apple", target_env = "msvc")),
    any(target_arch = "x86_64", target_arch = "aarch64"),
    feature = "jit",
    feature = "libffi"
))]

#[path = "conformance/batch.rs"]
mod batch;
#[path = "callback_conformance/closure.rs"]
mod closure;
#[path = "conformance/compare.rs"]
mod compare;
#[path = "conformance/conduct.rs"]
mod conduct;
#[path = "conformance/ctype.rs"]
mod ctype;
#[path = "callback_conformance/emit.rs"]
mod emit;
#[path = "conformance/generate.rs"]
mod generate;
#[path = "conformance/job.rs"]
mod job;
#[path = "conformance/lower.rs"]
mod lower;
#[path = "conformance/preserved.rs"]
mod preserved;
#[path = "conformance/random.rs"]
mod random;
#[path = "callback_conformance/run.rs"]
mod run;
#[path = "conformance/source.rs"]
mod source;
#[path = "conformance/values.rs"]
mod values;
#[path = "callback_conformance/watch.rs"]
mod watch;

#[cfg(all(target_arch = "x86_64", not(windows)))]
use farcall::{Callback, Engine, ErrorKind, FnType};

/// The name of this target.
const TARGET: &str = "callback_conformance";

/// The name of the test, by which its process is started again for each job; there are no variadic
/// callbacks.
fn test(_variadic: bool) -> &'static str {
    "callbacks_agree_with_the_compilers"
}

/// The signatures that are tested unless the environment says otherwise.
const CASES: u64 = 150;

#[test]
fn callbacks_agree_with_the_compilers() {
    conduct::test(false);
}

/// Closures of libffi would read what comes behind from the wrong registers, which on Windows are
/// not concerned.
#[cfg(all(target_arch = "x86_64", not(windows)))]
#[test]
fn libffi_refuses_records_with_eight_bytes_of_padding() {
    let text = "void f(struct { long n __attribute__((aligned(16))); } hollow, long behind)";
    let ty = FnType::parse(text).expect("a type");
    let make = |engine| Callback::builder().engine(engine).new(ty, |_| ());
    let error = make(Engine::Libffi).expect_err("a refusal");
    assert!(
        matches!(error.kind(), ErrorKind::Unsupported { .. }),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.ends_with("that are all padding; pass its address"),
        "{text}"
    );
    make(Engine::Jit).expect("a callback");
}
