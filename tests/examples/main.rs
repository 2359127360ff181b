//! Do the examples print what they promise, and end with the status they promise?
//!
//! They are built as the test itself was, with the same profile and features, and run as programs.
#![cfg(unix)]

mod call;
mod closures;
mod inspect;
mod quickstart;
mod refused;
#[cfg(all(target_os = "linux", feature = "macros"))]
mod zlib;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What a program printed, and its status.
#[derive(PartialEq, Eq, Debug)]
struct Outcome {
    stdout: String,
    stderr: String,
    status: i32,
}

/// Runs an example.
fn run(example: &str, arguments: &[&str]) -> Outcome {
    let mut command = support::program(&directory().join(example));
    command.args(arguments).env_remove("FARCALL_ENGINE");
    // The texts of errors are those of the C locale.
    command.env("LC_ALL", "C").stdin(Stdio::null());
    outcome(&mut command)
}

fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().expect("an example that runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Outcome {
        stdout: text(output.stdout),
        stderr: text(output.stderr),
        status: output.status.code().expect("a status"),
    }
}

/// Where the examples are, which are built first: cargo does not do that for every way of running
/// this test.
fn directory() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let test = std::env::current_exe().expect("the path of the test");
        // target/[TRIPLE/]PROFILE/deps/examples-HASH
        let profile = test.ancestors().nth(2).expect("a profile's directory");
        build(profile);
        profile.join("examples")
    })
}

fn build(profile: &Path) {
    let last = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let outer = profile.parent().expect("a target directory");
    let triple = last(outer).matches('-').count() >= 2;
    let target = if triple {
        outer.parent().unwrap_or(outer)
    } else {
        outer
    };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "build",
        "--quiet",
        "--offline",
        "--examples",
        "--no-default-features",
    ]);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.arg("--target-dir").arg(target);
    if triple {
        cargo.args(["--target", &last(outer)]);
    }
    match last(profile).as_str() {
        "debug" => {}
        name => drop(cargo.args(["--profile", name])),
    }
    let features = [
        ("macros", cfg!(feature = "macros")),
        ("jit", cfg!(feature = "jit")),
        ("libffi", cfg!(feature = "libffi")),
    ];
    for (feature, _) in features.iter().filter(|(_, on)| *on) {
        cargo.args(["--features", feature]);
    }
    let output = cargo.output().expect("cargo");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the examples do not build: {messages}"
    );
}
