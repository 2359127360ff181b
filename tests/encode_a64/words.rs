//! Words made by llvm-mc, so that encoder and disassembler do not share a mistake.
//!
//! `golden/encode_a64.txt` has a line for each instruction that the rows have, its word as
//! `llvm-mc -triple=aarch64 -mattr=+v8.5a -show-encoding` makes it of the text beside it.
//! `FARCALL_BLESS=1` asks llvm-mc again.

use crate::expected::expected;
use crate::rows;
use farcall_jit::a64::encode;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/encode_a64.txt");

#[test]
fn the_words_are_those_of_an_assembler() {
    let all = rows::all();
    if std::env::var_os("FARCALL_BLESS").is_some_and(|bless| bless == "1") {
        let texts: BTreeSet<String> = all.iter().flat_map(|ops| expected(ops)).collect();
        std::fs::write(PATH, assembled(&texts.into_iter().collect::<Vec<_>>())).unwrap();
    }
    let golden = std::fs::read_to_string(PATH).unwrap();
    let words: BTreeMap<&str, u32> = golden
        .lines()
        .map(|line| {
            let (word, text) = line.split_once("  ").unwrap();
            (text, u32::from_str_radix(word, 16).unwrap())
        })
        .collect();
    let mut used = BTreeSet::new();
    for ops in all {
        let code = encode(&ops).unwrap();
        let lines = expected(&ops);
        assert_eq!(code.len(), 4 * lines.len(), "{ops:?}: {lines:?}");
        for (bytes, text) in code.chunks_exact(4).zip(lines) {
            let word = u32::from_le_bytes(bytes.try_into().unwrap());
            assert_eq!(words.get(&*text), Some(&word), "{text} is {word:08x}");
            used.insert(text);
        }
    }
    assert_eq!(used.len(), words.len(), "texts of no row");
}

/// Each text with the word that llvm-mc makes of it, as lines.
fn assembled(texts: &[String]) -> String {
    let mut assembler = Command::new("llvm-mc")
        .args(["-triple=aarch64", "-mattr=+v8.5a", "-show-encoding"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("llvm-mc");
    let input = texts.join("\n") + "\n";
    let mut stdin = assembler.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = assembler.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let encodings = output
        .lines()
        .filter_map(|line| line.split_once("encoding: ["));
    let words: Vec<String> = encodings
        .map(|(_, bytes)| {
            let bytes = bytes.trim_end_matches(']').split(',').rev();
            bytes.map(|byte| byte.trim_start_matches("0x")).collect()
        })
        .collect();
    assert_eq!(words.len(), texts.len());
    let lines = words.iter().zip(texts);
    lines
        .map(|(word, text)| format!("{word}  {text}\n"))
        .collect()
}
