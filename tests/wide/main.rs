//! Do the numbers and vectors that Rust has no type for reach C and come back, in every way of
//! calling and on every engine that has them?
#![cfg(all(target_os = "linux", any(feature = "jit", feature = "libffi")))]

mod callbacks;
mod calls;
mod closures;
mod numbers;
mod refusals;
mod values;

use farcall::{Engine, Function, Library};
use std::sync::OnceLock;

fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| support::open(support::fixture("wide")))
}

fn bind(prototype: &str) -> Function {
    library().function(prototype).expect(prototype)
}

/// The function on every engine that has its types: generated code has all of them.
fn on_engines(prototype: &str) -> Vec<Function> {
    let function = bind(prototype);
    let engines = support::engines().iter();
    let some = engines.filter_map(|engine| match (function.with_engine(*engine), engine) {
        (Ok(function), _) => Some(function),
        (Err(error), Engine::Libffi) => {
            assert!(error.to_string().contains("through libffi"), "{error}");
            None
        }
        (Err(error), _) => panic!("{error}"),
    });
    some.collect()
}

/// All bits of a number that no `f64` is.
const THIRD: &str = "0x1.5555555555555556p-2";
