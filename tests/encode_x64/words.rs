//! Words made by llvm-mc, so that encoder and disassembler do not share a mistake.
//!
//! `golden/encode_x64.txt` has a line for each operation, and for some stubs: its bytes as
//! `llvm-mc -triple=x86_64 -x86-asm-syntax=intel -show-encoding` makes them, and the text that it
//! was given. `FARCALL_BLESS=1` asks llvm-mc again. Immediates that fit a byte are left to the
//! disassembler, since the assembler has a shorter form for them.

use crate::ABIS;
use crate::expected::expected;
use crate::rows;
use farcall_jit::abi::{Abi, Loc, SYSV_X64, WIN_X64};
use farcall_jit::encode;
use farcall_jit::trampoline::{Op, Reg, Role, stub};
use std::io::Write;
use std::process::{Command, Stdio};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/encode_x64.txt");

/// Operations, and the text that the assembler is given for them.
type Row = (&'static Abi, Vec<Op>, String);

/// Operations without loops, whose text an assembler reads back.
fn rows() -> Vec<Row> {
    let straight = |op: &Op| {
        !matches!(
            op,
            Op::Block(_, _, 144..) | Op::Copy(..) | Op::Block(_, _, 0)
        )
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut push = |abi, op| rows.push((abi, vec![op], expected(&[op], abi).join("; ")));
    for op in rows::plain().into_iter().filter(straight) {
        push(&SYSV_X64, op);
    }
    // What differs between the conventions: temporaries and entries.
    let differs = |op: &Op| matches!(op, Op::Block(_, _, 1..64) | Op::Copy(..));
    for op in rows::plain().into_iter().filter(differs) {
        push(&WIN_X64, op);
    }
    push(&SYSV_X64, Op::Mismatch);
    push(&WIN_X64, Op::Mismatch);
    for (size, align) in [(128, 16), (4096, 16), (256, 256)] {
        push(&SYSV_X64, Op::Enter { size, align });
    }
    rows.extend(stubs());
    rows
}

/// Stubs whose distances from rip, the end of each instruction, are worked out by hand: `endbr64`
/// has 4 bytes, the count 8, the address 7, the jump 6.
fn stubs() -> impl Iterator<Item = Row> {
    let context = Reg::Role(Role::Context);
    let argument = |number| Reg::Plan(Loc::Gpr(number));
    [
        (
            stub(context, false, 4096),
            "endbr64; lea r10, [rip + 4085]; jmp qword ptr [rip + 4079]",
        ),
        (
            stub(context, true, 4096),
            "endbr64; lock inc qword ptr [rip + 4100]; lea r10, [rip + 4077]; \
             jmp qword ptr [rip + 4071]",
        ),
        (
            stub(argument(7), false, 65_536),
            "endbr64; lea rdi, [rip + 65525]; jmp qword ptr [rip + 65519]",
        ),
        (
            stub(argument(9), true, 16_384),
            "endbr64; lock inc qword ptr [rip + 16388]; lea r9, [rip + 16365]; \
             jmp qword ptr [rip + 16359]",
        ),
    ]
    .into_iter()
    .flat_map(|(ops, text)| ABIS.map(|abi| (abi, ops.clone(), text.to_owned())))
}

#[test]
fn the_bytes_are_those_of_an_assembler() {
    let rows = rows();
    if std::env::var_os("FARCALL_BLESS").is_some_and(|bless| bless == "1") {
        let texts: Vec<String> = rows.iter().map(|(_, _, text)| text.clone()).collect();
        std::fs::write(PATH, assembled(&texts)).unwrap();
    }
    let golden = std::fs::read_to_string(PATH).unwrap();
    let lines: Vec<&str> = golden.lines().collect();
    assert_eq!(lines.len(), rows.len());
    for (line, (abi, ops, text)) in lines.iter().zip(rows) {
        let bytes = hex(&encode(&ops, abi).unwrap());
        assert_eq!(*line, format!("{bytes}  {text}"), "{ops:?}");
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
