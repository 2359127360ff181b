//! Do plans and operations say what the standards say, for every ABI on any host?
//!
//! The texts in `golden/plans` were checked by hand; `FARCALL_BLESS=1` writes them anew, to be read
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

use cases::{CASES, Case};
use farcall_jit::abi::Abi;
use farcall_jit::layout::{Layout, Scalar, Signature};
use farcall_jit::trampoline::{Form, Guard, Op, downcall};
use notation::signature;
use std::collections::HashSet;
use std::fmt::Write;
use std::path::Path;

#[test]
fn plans_are_as_the_standards_have_them() {
    let mut wrong = Vec::new();
    for case in CASES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden/plans")
            .join(format!("{}.txt", case.name));
        let text = text(case);
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
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/plans");
    let files: HashSet<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let cases: HashSet<String> = CASES.iter().map(|c| format!("{}.txt", c.name)).collect();
    assert_eq!(files, cases);
    assert_eq!(cases.len(), CASES.len());
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

/// Kinds by position; 64-bit unsigned integers are taken for references.
fn guards(signature: &Signature) -> Vec<Guard> {
    (0x10..)
        .zip(&signature.params)
        .map(|(kind, layout)| Guard {
            kind,
            non_null: *layout == Layout::Scalar(Scalar::U64),
        })
        .collect()
}
