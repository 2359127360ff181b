//! Does every mistake in a declaration have its own message, at the right place?
//!
//! rustc's wording moves: the texts are those of the toolchain named below. `TRYBUILD=overwrite`
//! renews them.
#![cfg(all(feature = "macros", not(windows)))] // they are compiled where cargo runs

#[test]
fn derive() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/derive/*.rs");
}

#[test]
fn typed() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/typed/*.rs");
}

#[test]
fn call() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/call/*.rs");
}

#[test]
fn callback() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/callback/*.rs");
}

#[test]
fn foreign_lib() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/foreign_lib/*.rs");
}
