//! Does every mistake in a declaration have its own message, at the right place?
//!
//! rustc's wording moves: the texts are those of the toolchain named below. `TRYBUILD=overwrite`
//! renews them. They do not depend on the target, and are asked on one.
#![cfg(all(feature = "macros", target_arch = "x86_64", not(windows)))]

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
