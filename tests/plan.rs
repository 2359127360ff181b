//! Do plans and operations say what the standards say, for every ABI on any host?
//!
//! The texts in `golden` were checked by hand; `FARCALL_BLESS=1` writes them anew, to be read
//! before they are committed.
#![cfg(feature = "jit")]

#[path = "plan/cases.rs"]
mod cases;
#[path = "plan/laws.rs"]
mod laws;
#[path = "plan/machine.rs"]
mod machine;
#[path = "plan/notation.rs"]
mod notation;
#[path = "plan/random.rs"]
mod random;
#[path = "plan/refusals.rs"]
mod refusals;
#[path = "plan/trailing.rs"]
mod trailing;
#[path = "plan/upcalls.rs"]
mod upcalls;

use cases::{CASES, Case};
use farcall_jit::abi::{Abi, Loc};
use farcall_jit::layout::{Layout, Scalar, Signature};
use farcall_jit::trampoline::{Form, Guard, Op, Reg, Role, downcall, stub, upcall};
use notation::signature;
use std::collections::HashSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[test]
fn plans_are_as_the_standards_have_them() {
    compare(CASES.iter().map(|case| (kept("plans", case), text(case))));
}

#[test]
fn upcalls_lay_arguments_out_as_their_handlers_read_them() {
    compare(
        CASES
            .iter()
            .map(|case| (kept("upcalls", case), upcalls(case))),
    );
}

#[test]
fn stubs_touch_their_own_record_and_go() {
    let mut text = String::new();
    for abi in Abi::ALL {
        writeln!(text, "=== {}", abi.name).unwrap();
        let last = Reg::Plan(Loc::Gpr(abi.gprs[3]));
        for (context, counted, distance) in [
            (Reg::Role(Role::Context), false, 4096),
            (Reg::Role(Role::Context), true, 4096),
            (last, false, 65_536),
            (last, true, 65_536),
        ] {
            let ops = stub(context, counted, distance);
            write!(text, "\n{}", Op::listing(&ops, abi.arch)).unwrap();
        }
    }
    compare([(golden("stubs.txt"), text)]);
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn kept(folder: &str, case: &Case) -> PathBuf {
    golden(&format!("{folder}/{}.txt", case.name))
}

/// Compares texts with what is kept of them.
fn compare(texts: impl IntoIterator<Item = (PathBuf, String)>) {
    let mut wrong = Vec::new();
    for (path, text) in texts {
        if std::env::var_os("FARCALL_BLESS").is_some_and(|bless| bless == "1") {
            std::fs::write(&path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        let golden = golden.replace("\r\n", "\n");
        if let Some(line) = first_difference(&golden, &text) {
            wrong.push(format!("{}: {line}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_golden_text_is_of_a_case() {
    for folder in ["plans", "upcalls"] {
        let files: HashSet<String> = std::fs::read_dir(golden(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let cases: HashSet<String> = CASES.iter().map(|c| format!("{}.txt", c.name)).collect();
        assert_eq!(files, cases);
        assert_eq!(cases.len(), CASES.len());
    }
}

fn first_difference(golden: &str, text: &str) -> Option<String> {
    if golden == text {
        return None;
    }
    let same = golden.lines().zip(text.lines()).take_while(|(a, b)| a == b);
    let line = same.count();
    let of = |text: &str| text.lines().nth(line).unwrap_or("the end").to_owned();
    Some(format!(
        "line {}\n  kept: {}\n  now:  {}",
        line + 1,
        of(golden),
        of(text)
    ))
}

fn text(case: &Case) -> String {
    let mut text = format!("{}\n", case.rule);
    for notation in case.signatures {
        let signature = signature(notation);
        write!(text, "\n=== {notation}\n{signature}").unwrap();
        for abi in Abi::ALL {
            let plan = abi.plan(&signature).unwrap();
            write!(text, "\n{plan}").unwrap();
            let guards = guards(&signature);
            let lines = |form| Op::listing(&downcall(&plan, form), abi.arch).to_string();
            columns(
                &mut text,
                &lines(Form::Unchecked),
                &lines(Form::Checked(&guards)),
            );
        }
    }
    text
}

/// How arguments of these signatures reach a handler, and its result the caller.
fn upcalls(case: &Case) -> String {
    let mut text = format!("Upcalls by the plans of plans/{}.txt.\n", case.name);
    for notation in case.signatures {
        let signature = signature(notation);
        write!(text, "\n=== {notation}\n").unwrap();
        for abi in Abi::ALL {
            let plan = abi.plan(&signature).unwrap();
            let ops = upcall(&plan, &kinds(&signature));
            write!(text, "\n{plan}").unwrap();
            for line in Op::listing(&ops, abi.arch).to_string().lines() {
                writeln!(text, "  {line}").unwrap();
            }
        }
    }
    text
}

/// The operations of both forms beside each other: unchecked on the left, checked on the right;
/// once if they are equal.
fn columns(text: &mut String, unchecked: &str, checked: &str) {
    let (mut left, mut right) = (unchecked.lines(), checked.lines());
    loop {
        let line = match (left.next(), right.next()) {
            (None, None) => return,
            (Some(one), _) if unchecked == checked => format!("  {one}"),
            (one, two) => format!("  {:42}{}", one.unwrap_or(""), two.unwrap_or("")),
        };
        writeln!(text, "{}", line.trim_end()).unwrap();
    }
}

/// Kinds by position.
fn kinds(signature: &Signature) -> Vec<u32> {
    (0x10..)
        .zip(&signature.params)
        .map(|(kind, _)| kind)
        .collect()
}

/// 64-bit unsigned integers are taken for references.
fn guards(signature: &Signature) -> Vec<Guard> {
    kinds(signature)
        .into_iter()
        .zip(&signature.params)
        .map(|(kind, layout)| Guard {
            kind,
            non_null: *layout == Layout::Scalar(Scalar::U64),
        })
        .collect()
}
