//! Are calls and callbacks of the conventions of Apple and Windows on AArch64 as clang has them?
//!
//! Functions for these systems run on any other of the architecture, as long as they touch nothing
//! but registers, the stack and what they are given. So random signatures are compiled for them,
//! and the code is taken out of the object files. `FARCALL_SEED` picks the seed, which is printed;
//! `FARCALL_CASES` the number of signatures.
#![cfg(all(feature = "jit", target_arch = "aarch64", unix))]

#[path = "arm64_variants/calls.rs"]
mod calls;
#[path = "arm64_variants/ctext.rs"]
mod ctext;
#[path = "plan/notation.rs"]
mod notation;
#[path = "arm64_variants/object.rs"]
mod object;
#[path = "plan/random.rs"]
#[expect(dead_code, reason = "the tests of plans use more of it")]
mod random;

use ctext::Case;
use farcall_jit::abi::{APPLE_ARM64, Abi, WIN_ARM64};
use random::Random;
use std::path::PathBuf;
use support::not_asked;

/// The signatures unless the environment says otherwise, and those in one file of C.
const CASES: u64 = 200;
const BATCH: u64 = 50;

/// A system whose convention is tested.
struct System {
    abi: &'static Abi,
    target: &'static str,
    /// How many of the scalars there are, and how many for variadic functions.
    scalars: [usize; 2],
}

const APPLE: System = System {
    abi: &APPLE_ARM64,
    target: "arm64-apple-macos11",
    scalars: [ctext::ALL; 2],
};

/// clang 14 ends in an error over halves on the stack of Windows. Vectors it passes to variadic
/// functions in vector registers, though "SIMD and floating-point registers aren't used", and its
/// `va_arg` does not look for an argument of 16 bytes at an alignment of 16, though it passes it so.
const WINDOWS: System = System {
    abi: &WIN_ARM64,
    target: "aarch64-pc-windows-msvc",
    scalars: [ctext::WITHOUT_HALVES, ctext::SMALL],
};

#[test]
fn calls_and_callbacks_of_apple_agree_with_clang() {
    agree(&APPLE);
}

#[test]
fn calls_and_callbacks_of_windows_agree_with_clang() {
    agree(&WINDOWS);
}

fn agree(system: &System) {
    if support::compiler::command("clang")
        .arg("--version")
        .output()
        .is_err()
    {
        return not_asked(system.abi.name, "there is no clang");
    }
    let mut random = Random::new();
    let cases = std::env::var("FARCALL_CASES").map_or(CASES, |text| text.parse().unwrap());
    let (mut called, mut called_back) = (0, 0);
    for first in (0..cases).step_by(BATCH as usize) {
        let batch: Vec<Case> = (first..cases.min(first + BATCH))
            .map(|index| Case::new(&mut random, index, system.scalars))
            .collect();
        for level in ["-O1", "-O2"] {
            let functions = compile(system, &batch, first, level);
            for case in &batch {
                let place = |prefix: &str| functions.function(&format!("{prefix}{}", case.index));
                calls::call(system.abi, case, place("f"), &mut random);
                called += 1;
                if !case.is_variadic() {
                    calls::call_back(system.abi, case, place("g"), &mut random);
                    called_back += 1;
                }
            }
        }
    }
    eprintln!(
        "{}: {called} calls, {called_back} callbacks",
        system.abi.name
    );
}

fn compile(system: &System, batch: &[Case], first: u64, level: &str) -> object::Functions {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = |end: &str| root.join(format!("{}-{first}{level}.{end}", system.target));
    let text: String = batch.iter().map(Case::text).collect();
    std::fs::write(file("c"), ctext::PRELUDE.to_owned() + &text).unwrap();
    let mut clang = std::process::Command::new("clang");
    clang.args([
        "-target",
        system.target,
        level,
        "-c",
        "-w",
        "-ffreestanding",
    ]);
    clang.args([
        "-fno-asynchronous-unwind-tables",
        "-fno-stack-protector",
        "-mno-red-zone",
    ]);
    let output = clang.arg(file("c")).arg("-o").arg(file("o")).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    object::Functions::of(&std::fs::read(file("o")).unwrap())
}
