//! Random signatures, compiled as C and called through every engine: is every byte where the C
//! compilers have it, and where their `va_arg` looks for it?
//!
//! `FARCALL_SEED` picks the seed, which is printed; `FARCALL_CASES` the number of signatures;
//! `FARCALL_CASE` runs a single one. Each signature is called under System V and Windows x64, plain
//! and behind saturating arguments (variadic ones behind them under one convention in turn),
//! compiled by gcc and clang at -O0 and -O2 (of many signatures, each batch by one of these in
//! turn). Every batch runs in a process of its own; a case that fails is run again with fewer
//! parameters until none can be dropped. On Windows there is its own convention only.
#![cfg(all(
    not(any(target_vendor = "apple", target_env = "msvc")),
    any(target_arch = "x86_64", target_arch = "aarch64"),
    feature = "jit",
    feature = "libffi"
))]

#[path = "conformance/batch.rs"]
mod batch;
#[path = "conformance/compare.rs"]
mod compare;
#[path = "conformance/conduct.rs"]
mod conduct;
#[path = "conformance/ctype.rs"]
mod ctype;
#[path = "conformance/emit.rs"]
mod emit;
#[path = "conformance/generate.rs"]
mod generate;
#[path = "conformance/guard.rs"]
mod guard;
#[path = "conformance/job.rs"]
mod job;
#[path = "conformance/lower.rs"]
mod lower;
#[path = "conformance/preserved.rs"]
mod preserved;
#[path = "conformance/promote.rs"]
mod promote;
#[path = "conformance/random.rs"]
mod random;
#[path = "conformance/run.rs"]
mod run;
#[path = "conformance/source.rs"]
mod source;
#[path = "conformance/values.rs"]
mod values;

/// The name of this target.
const TARGET: &str = "conformance";

/// The name of a test, by which its process is started again for each job.
fn test(variadic: bool) -> &'static str {
    if variadic {
        "variadic_calls_agree_with_the_compilers"
    } else {
        "calls_agree_with_the_compilers"
    }
}

/// The signatures that are tested unless the environment says otherwise.
const CASES: u64 = 150;

#[test]
fn calls_agree_with_the_compilers() {
    conduct::test(false);
}

#[test]
fn variadic_calls_agree_with_the_compilers() {
    conduct::test(true);
}
