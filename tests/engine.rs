//! Which engine is used when `FARCALL_ENGINE` asks for one?
//!
//! The variable is read once in a process: each case is a process of its own.
#![cfg(any(feature = "jit", feature = "libffi"))]

use farcall::{Engine, values};
use std::ffi::OsStr;

const CHILD: &str = "FARCALL_TEST_CHILD";

/// What the child prints: the engine and a result, or the error.
fn report() -> String {
    let library = support::open(support::fixture("function"));
    match library.function("int sum2(int a, int b)") {
        Err(error) => error.to_string().replace(library.name(), "it"),
        Ok(function) => {
            // SAFETY: the function is declared as it is.
            let sum = unsafe { function.call_values(&values![1, 2]) }.expect("a sum");
            let engine = function.engine().expect("an engine");
            let others = [Engine::Jit, Engine::Libffi].map(|e| function.with_engine(e).is_ok());
            format!("{engine} {sum} {others:?}")
        }
    }
}

fn child(engine: Option<impl AsRef<OsStr>>) -> String {
    let mut command = support::this_program();
    command
        .args(["--exact", "the_child", "--nocapture"])
        .env(CHILD, "1")
        .env_remove("FARCALL_ENGINE");
    if let Some(engine) = engine {
        command.env("FARCALL_ENGINE", engine);
    }
    let output = command.output().expect("a child");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.split("report: ").nth(1).expect("a report");
    line.split('\n').next().unwrap_or_default().to_owned()
}

#[test]
fn the_child() {
    if std::env::var_os(CHILD).is_some() {
        println!("report: {}", report());
    }
}

fn expected(engine: &str) -> String {
    format!(
        "{engine} 5 {:?}",
        [cfg!(feature = "jit"), cfg!(feature = "libffi")]
    )
}

#[test]
fn generated_code_comes_first() {
    let first = if cfg!(feature = "jit") {
        "jit"
    } else {
        "libffi"
    };
    assert_eq!(child(None::<&str>), expected(first));
    assert_eq!(child(Some("")), expected(first));
}

#[test]
fn an_engine_can_be_asked_for() {
    for (engine, built) in [
        ("jit", cfg!(feature = "jit")),
        ("libffi", cfg!(feature = "libffi")),
    ] {
        let absent = format!(
            "sum2: a run-time-typed call through {engine} is not supported: \
             this program was built without farcall's feature `{engine}` (in it)"
        );
        assert_eq!(
            child(Some(engine)),
            if built { expected(engine) } else { absent }
        );
    }
}

#[test]
fn an_engine_that_does_not_exist_is_refused() {
    for engine in ["JIT", "jit ", "cranelift", "0"] {
        let text = format!(
            "sum2: FARCALL_ENGINE={engine} is not supported: write jit or libffi, or leave it unset (in it)"
        );
        assert_eq!(child(Some(engine)), text);
    }
}

#[cfg(unix)]
#[test]
fn an_engine_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let text = child(Some(OsStr::from_bytes(b"jit\xff")));
    assert!(
        text.starts_with("sum2: FARCALL_ENGINE=jit\u{fffd} is not supported: "),
        "{text}"
    );
}
