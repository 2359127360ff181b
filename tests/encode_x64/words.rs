//! Words made by llvm-mc, so that encoder and disassembler do not share a mistake.
//!
//! `golden/encode_x64.txt` has a line for each operation: its bytes as
//! `llvm-mc -triple=x86_64 -x86-asm-syntax=intel -show-encoding` makes them, and the text that it
//! was given. `FARCALL_BLESS=1` asks llvm-mc again. Immediates that fit a byte are left to the
//! disassembler, since the assembler has a shorter form for them.

use crate::expected::expected;
use crate::rows;
use farcall_jit::abi::{Abi, SYSV_X64, WIN_X64};
use farcall_jit::encode;
use farcall_jit::trampoline::Op;
use std::io::Write;
use std::process::{Command, Stdio};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/encode_x64.txt");

/// Operations without loops, whose text an assembler reads back.
fn rows() -> Vec<(&'static Abi, Op)> {
    let straight = |op: &Op| {
        !matches!(
            op,
            Op::Block(_, _, 144..) | Op::Copy(..) | Op::Block(_, _, 0)
        )
    };
    let mut rows = Vec::new();
    for op in rows::plain().into_iter().filter(straight) {
        rows.push((&SYSV_X64, op));
    }
    // What differs between the conventions: temporaries and entries.
    let differs = |op: &Op| matches!(op, Op::Block(_, _, 1..64) | Op::Copy(..));
    for op in rows::plain().into_iter().filter(differs) {
        rows.push((&WIN_X64, op));
    }
    rows.push((&SYSV_X64, Op::Mismatch));
    rows.push((&WIN_X64, Op::Mismatch));
    for (size, align) in [(128, 16), (4096, 16), (256, 256)] {
        rows.push((&SYSV_X64, Op::Enter { size, align }));
    }
    rows
}

#[test]
fn the_bytes_are_those_of_an_assembler() {
    let rows = rows();
    let texts: Vec<String> = (rows.iter())
        .map(|(abi, op)| expected(&[*op], abi).join("; "))
        .collect();
    if std::env::var_os("FARCALL_BLESS").is_some_and(|bless| bless == "1") {
        std::fs::write(PATH, assembled(&texts)).unwrap();
    }
    let golden = std::fs::read_to_string(PATH).unwrap();
    let lines: Vec<&str> = golden.lines().collect();
    assert_eq!(lines.len(), rows.len());
    for ((line, text), (abi, op)) in lines.iter().zip(&texts).zip(rows) {
        let bytes = hex(&encode(&[op], abi).unwrap());
        assert_eq!(*line, format!("{bytes}  {text}"), "{op:?}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Each text with the bytes that llvm-mc makes of it, as lines.
fn assembled(texts: &[String]) -> String {
    let mut assembler = Command::new("llvm-mc")
        .args(["-triple=x86_64", "-x86-asm-syntax=intel", "-show-encoding"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("llvm-mc");
    let mut input = String::new();
    for (index, text) in texts.iter().enumerate() {
        input.push_str(&format!("row{index}:\n{}\n", text.replace("; ", "\n")));
    }
    let mut stdin = assembler.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = assembler.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let mut bytes: Vec<String> = Vec::new();
    for line in output.lines() {
        if line.starts_with("row") {
            bytes.push(String::new());
        } else if let Some((_, encoding)) = line.split_once("encoding: [") {
            let encoding = encoding.trim_end_matches(']').replace("0x", "");
            bytes
                .last_mut()
                .unwrap()
                .push_str(&encoding.replace(',', ""));
        }
    }
    assert_eq!(bytes.len(), texts.len());
    let lines = bytes.iter().zip(texts);
    lines
        .map(|(bytes, text)| format!("{bytes}  {text}\n"))
        .collect()
}
