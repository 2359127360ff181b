//! Is the code of AArch64 what the operations say, as an independent disassembler and assembler
//! read it, and does it touch what it may and nothing else? On any host.
#![cfg(feature = "jit")]

#[path = "encode_a64/disassembly.rs"]
mod disassembly;
#[path = "encode_a64/expected.rs"]
mod expected;
#[path = "plan/notation.rs"]
mod notation;
#[path = "plan/random.rs"]
#[expect(dead_code, reason = "the tests of plans use more of it")]
mod random;
#[path = "encode_a64/rows.rs"]
mod rows;
#[path = "encode_a64/words.rs"]
mod words;

use disassembly::{Disassembler, touched};
use expected::expected;
use farcall_jit::a64::encode;
use farcall_jit::abi::{Abi, Arch};
use farcall_jit::layout::{Layout, Scalar};
use farcall_jit::trampoline::stub::STRIDE;
use farcall_jit::trampoline::{Form, Guard, Op, Reg, Role, downcall, stub, upcall};
use notation::signature;
use random::Random;

/// The conventions of the architecture.
fn abis() -> impl Iterator<Item = &'static Abi> {
    Abi::ALL.into_iter().filter(|abi| abi.arch == Arch::A64)
}

#[test]
fn every_operation_reads_back() {
    let disassembler = Disassembler::new();
    for ops in rows::all() {
        let code = encode(&ops).unwrap();
        assert_eq!(disassembler.text(&code), expected(&ops), "{ops:?}");
    }
}

/// Operations in any order: none depends on what was before it, but for distances.
#[test]
fn random_lists_of_operations_read_back() {
    let disassembler = Disassembler::new();
    let mut random = Random::new();
    let ops: Vec<Op> = rows::all().into_iter().flatten().collect();
    for _ in 0..500 {
        let list: Vec<Op> = (0..random.below(60))
            .map(|_| ops[random.below(ops.len() as u64) as usize])
            .filter(|op| *op != Op::Mismatch)
            .chain([Op::Mismatch])
            .collect();
        let code = encode(&list).unwrap();
        assert_eq!(disassembler.text(&code), expected(&list), "{list:?}");
    }
}

#[test]
fn trampolines_of_random_signatures_read_back() {
    let disassembler = Disassembler::new();
    let mut random = Random::new();
    for _ in 0..500 {
        let text = random.signature();
        let signature = signature(&text);
        let guards: Vec<Guard> = (signature.params.iter())
            .map(|layout| Guard {
                kind: random.bits() as u32,
                non_null: *layout == Layout::Scalar(Scalar::U64),
            })
            .collect();
        let kinds: Vec<u32> = guards.iter().map(|guard| guard.kind).collect();
        for abi in abis() {
            let plan = abi.plan(&signature).unwrap();
            for ops in [
                downcall(&plan, Form::Unchecked),
                downcall(&plan, Form::Checked(&guards)),
                upcall(&plan, &kinds),
            ] {
                let code = encode(&ops).unwrap();
                assert_eq!(disassembler.text(&code), expected(&ops), "{text}");
            }
        }
    }
}

/// With every register and a distance of every magnitude: short as far as `adr` and literals reach.
#[test]
fn stubs_are_short_and_reach_their_record() {
    let disassembler = Disassembler::new();
    let context = Reg::Role(Role::Context);
    for register in rows::GPRS.map(rows::gpr).chain([context]) {
        for distance in (6..30).map(|bits| 1 << bits) {
            for ops in [false, true].map(|counted| stub(register, counted, distance)) {
                let code = encode(&ops).unwrap();
                assert_eq!(disassembler.text(&code), expected(&ops), "{ops:?}");
                let short = code.len() <= STRIDE as usize;
                assert!(short || distance >= 1 << 20, "{} bytes", code.len());
            }
        }
    }
}

/// Every width, block and register: the bytes read are those of the value, each at least once.
#[test]
fn no_byte_beside_the_value_is_read_or_written() {
    let disassembler = Disassembler::new();
    let lines = |op: Op| disassembler.lines(&encode(&[op]).unwrap());
    let from = rows::at(Reg::Role(Role::Temp), 0);
    let to = rows::frame(64);
    let all = |start: i64, len: u32| (start..start + i64::from(len)).collect();
    for width in 1..=8u32 {
        for number in rows::GPRS {
            let op = Op::Load(rows::gpr(number), from, width);
            assert_eq!(touched(&lines(op), "x11", 0), all(0, width), "{op:?}");
        }
    }
    for width in [2, 4, 8, 16] {
        for number in rows::FPRS {
            let op = Op::Load(rows::fpr(number), from, width);
            assert_eq!(touched(&lines(op), "x11", 0), all(0, width), "{op:?}");
            let op = Op::Store(to, rows::fpr(number), width);
            assert_eq!(touched(&lines(op), "sp", 0), all(64, width), "{op:?}");
        }
    }
    for width in [1, 2, 4, 8] {
        let op = Op::Store(to, rows::gpr(3), width);
        assert_eq!(touched(&lines(op), "sp", 0), all(64, width), "{op:?}");
    }
    let op = Op::Set(to, u32::MAX);
    assert_eq!(touched(&lines(op), "sp", 0), all(64, 4), "{op:?}");
    for size in (1..=400).chain([4096, 65_537]) {
        let op = Op::Block(to, from, size);
        let lines = lines(op);
        // A loop goes over addresses of its own.
        let looped = size >= 144;
        let (source, target) = if looped {
            ("x14", "x13")
        } else {
            ("x11", "sp")
        };
        assert_eq!(touched(&lines, source, 0), all(0, size), "{op:?}");
        let start = if looped { 64 } else { 0 };
        assert_eq!(touched(&lines, target, start), all(64, size), "{op:?}");
    }
}

#[test]
fn code_does_not_depend_on_the_occasion() {
    for ops in rows::all() {
        assert_eq!(encode(&ops).unwrap(), encode(&ops).unwrap());
    }
}

#[test]
fn operations_out_of_bounds_are_refused() {
    for ops in rows::refused() {
        let error = encode(&ops).map(|_| ()).unwrap_err();
        let message = error.to_string();
        let start = "a trampoline of these operations is not supported: ";
        let first = &ops[..ops.len().min(3)];
        assert!(message.starts_with(start), "{first:?}: {message}");
    }
}
