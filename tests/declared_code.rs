//! Is a declared call, compiled for release, a load of its slot and an indirect call?
#![cfg(all(feature = "macros", target_os = "linux", target_arch = "x86_64"))]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds farcall for release, with the macros only, and returns its library.
fn farcall(target: &Path) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release", "-p", "farcall", "--target-dir"])
        .arg(target)
        .args(["--no-default-features", "--features", "farcall/macros"])
        .args(["--message-format", "json"])
        // What makes this test another program would make farcall another library.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{errors}");
    let text = String::from_utf8(built.stdout).expect("JSON");
    let is_path = |word: &&str| word.ends_with(".rlib") && word.contains("libfarcall-");
    let path = text.split('"').rfind(is_path).map(PathBuf::from);
    // Without a hash in its name it lies one directory higher.
    let plain = target.join("release/libfarcall.rlib");
    path.unwrap_or(plain)
}

/// The instructions of the functions of `tests/declared_code/probe.rs`, by name.
fn compiled() -> Vec<(String, Vec<String>)> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("declared_code");
    let library = farcall(&target);
    let out = target.join("probe.s");
    let mut dependencies = std::ffi::OsString::from("dependency=");
    dependencies.push(target.join("release/deps"));
    let mut farcall = std::ffi::OsString::from("farcall=");
    farcall.push(&library);
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let status = Command::new(rustc)
        .args(["--edition=2024", "--crate-type=lib", "-Copt-level=3"])
        .args(["--emit=asm", "-Cllvm-args=--x86-asm-syntax=intel"])
        .arg("--extern")
        .arg(farcall)
        .arg("-L")
        .arg(dependencies)
        .arg("-o")
        .arg(&out)
        .arg("tests/declared_code/probe.rs")
        .status()
        .expect("rustc runs");
    assert!(status.success());
    let text = std::fs::read_to_string(out).expect("assembly");
    functions(&text)
}

fn functions(text: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let line = line.split(['#', ';']).next().unwrap_or_default();
        if let Some(name) = line
            .strip_suffix(':')
            .filter(|name| name.starts_with("probe_"))
        {
            found.push((name.to_owned(), Vec::new()));
            inside = true;
        } else if line.starts_with(".Lfunc_end") {
            inside = false;
        } else if let (true, Some(function)) = (inside, found.last_mut()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('.') && !line.ends_with(':') {
                function.1.push(line.replace('\t', " "));
            }
        }
    }
    found
}

/// Whether a function moves its arguments and jumps through memory or a register, and nothing else.
fn is_short(code: &[String]) -> bool {
    let jumps = code
        .iter()
        .filter(|line| line.starts_with('j') || line.starts_with("call"));
    let jumps: Vec<_> = jumps.collect();
    // `jmp rcx`; a label or symbol is longer than any register.
    let register = |word: &str| word.starts_with('r') && word.len() <= 3;
    let indirect =
        |line: &str| line.contains("ptr [") || line.rsplit(' ').next().is_some_and(register);
    jumps.len() == 1 && indirect(jumps[0]) && code.len() <= 10
}

#[test]
fn is_a_declared_call_a_load_and_an_indirect_call() {
    let functions = compiled();
    assert_eq!(functions.len(), 4, "{functions:#?}");
    for (name, code) in &functions {
        // One that collects is longer, by which it is seen that the test can tell.
        let expected = name != "probe_collecting";
        assert_eq!(is_short(code), expected, "{name}: {code:#?}");
    }
}
