//! Is the code what the operations say, as an independent disassembler and assembler read it, and
//! does it touch what it may and nothing else?
#![cfg(all(feature = "jit", target_arch = "x86_64"))]

#[path = "encode_x64/disassembly.rs"]
mod disassembly;
#[path = "encode_x64/expected.rs"]
mod expected;
#[path = "plan/notation.rs"]
mod notation;
#[path = "plan/random.rs"]
#[expect(dead_code, reason = "the tests of plans use more of it")]
mod random;
#[path = "encode_x64/rows.rs"]
mod rows;
#[cfg(any(unix, windows))]
#[path = "encode_x64/run.rs"]
mod run;
#[path = "encode_x64/words.rs"]
mod words;

use disassembly::{Disassembler, jumps, normalised};
use expected::expected;
use farcall_jit::abi::{Abi, SYSV_X64, WIN_X64};
use farcall_jit::encode;
use farcall_jit::layout::{Layout, Scalar};
use farcall_jit::trampoline::stub::STRIDE;
use farcall_jit::trampoline::{Base, Form, Guard, Mem, Op, Reg, Role, downcall, stub, upcall};
use notation::signature;
use random::Random;

/// The conventions of this processor.
const ABIS: [&Abi; 2] = [&SYSV_X64, &WIN_X64];

#[test]
fn every_operation_reads_back() {
    let disassembler = Disassembler::new();
    for abi in ABIS {
        for ops in rows::all() {
            let code = encode(&ops, abi).unwrap();
            let lines = disassembler.lines(&code);
            assert_eq!(normalised(&lines), expected(&ops, abi), "{ops:?}");
        }
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
        for abi in ABIS {
            let plan = abi.plan(&signature).unwrap();
            for form in [Form::Unchecked, Form::Checked(&guards)] {
                let ops = downcall(&plan, form);
                let code = encode(&ops, abi).unwrap();
                let lines = disassembler.lines(&code);
                assert_eq!(normalised(&lines), expected(&ops, abi), "{text}");
            }
            let kinds: Vec<u32> = guards.iter().map(|guard| guard.kind).collect();
            let ops = upcall(&plan, &kinds);
            let lines = disassembler.lines(&encode(&ops, abi).unwrap());
            assert_eq!(normalised(&lines), expected(&ops, abi), "{text}");
        }
    }
}

/// With every register and a distance of every magnitude.
#[test]
fn stubs_are_short_and_reach_their_record() {
    let disassembler = Disassembler::new();
    let context = Reg::Role(Role::Context);
    for abi in ABIS {
        for register in rows::GPRS.map(rows::gpr).chain([context]) {
            for distance in (6..31).map(|bits| 1 << bits) {
                // The count lies beyond what an offset may be.
                let counted = distance < 1 << 30;
                for ops in [false, counted].map(|counted| stub(register, counted, distance)) {
                    let code = encode(&ops, abi).unwrap();
                    let lines = disassembler.lines(&code);
                    assert_eq!(normalised(&lines), expected(&ops, abi), "{ops:?}");
                    assert!(code.len() <= STRIDE as usize, "{} bytes", code.len());
                }
            }
        }
    }
}

/// Every width, block and register: the bytes read are those of the value, each at least once.
#[test]
fn no_byte_beside_the_value_is_read_or_written() {
    let disassembler = Disassembler::new();
    let from = Mem {
        base: Base::Reg(Reg::Role(Role::Temp)),
        offset: 0,
    };
    let to = Mem {
        base: Base::Frame,
        offset: 64,
    };
    for abi in ABIS {
        for width in 1..=8u32 {
            for number in rows::GPRS {
                let op = Op::Load(rows::gpr(number), from, width);
                let lines = disassembler.lines(&encode(&[op], abi).unwrap());
                let touched = disassembly::touched(&lines, "rax");
                assert_eq!(touched, (0..width.into()).collect(), "{op:?}");
            }
        }
        for width in [2, 4, 6, 8, 16] {
            for number in 0..16 {
                let op = Op::Load(rows::fpr(number), from, width);
                let lines = disassembler.lines(&encode(&[op], abi).unwrap());
                let touched = disassembly::touched(&lines, "rax");
                assert_eq!(touched, (0..width.into()).collect(), "{op:?}");
                let op = Op::Store(to, rows::fpr(number), width);
                let lines = disassembler.lines(&encode(&[op], abi).unwrap());
                let touched = disassembly::touched(&lines, "rsp");
                assert_eq!(touched, (64..64 + i64::from(width)).collect(), "{op:?}");
            }
        }
        let lines = disassembler.lines(&encode(&[Op::Load(rows::x87(0), from, 10)], abi).unwrap());
        let touched = disassembly::touched(&lines, "rax");
        assert_eq!(touched, (0..10).collect());
        for (op, width) in [
            (Op::Store(to, rows::x87(0), 10), 10),
            (Op::Store(to, rows::gpr(3), 8), 8),
            (Op::Set(to, u32::MAX), 4),
            (Op::Count(to), 8),
        ] {
            let lines = disassembler.lines(&encode(&[op], abi).unwrap());
            let touched = disassembly::touched(&lines, "rsp");
            assert_eq!(touched, (64..64 + width).collect(), "{op:?}");
        }
        for size in (1..=400).chain([4096, 65_537]) {
            let op = Op::Block(to, from, size);
            let lines = disassembler.lines(&encode(&[op], abi).unwrap());
            let all = |start: i64| (start..start + i64::from(size)).collect();
            assert_eq!(disassembly::touched(&lines, "rax"), all(0), "{op:?}");
            assert_eq!(disassembly::touched(&lines, "rsp"), all(64), "{op:?}");
        }
    }
}

/// Jumps to the exit are short as long as all of them reach it, and lead there.
#[test]
fn short_and_long_jumps_to_the_exit() {
    let disassembler = Disassembler::new();
    let mut lengths = Vec::new();
    for count in (1..=64).chain([100, 128, 200, 255, 256u32]) {
        let guards: Vec<Guard> = (0..count)
            .map(|index| Guard {
                kind: 0x1234_5600 + index,
                non_null: index % 3 == 0,
            })
            .collect();
        for abi in ABIS {
            let signature = signature(&format!("u64*{count}"));
            let ops = downcall(&abi.plan(&signature).unwrap(), Form::Checked(&guards));
            let code = encode(&ops, abi).unwrap();
            let lines = disassembler.lines(&code);
            assert_eq!(normalised(&lines), expected(&ops, abi), "{count} guards");
            lengths.extend(jumps(&lines));
        }
    }
    lengths.sort_unstable();
    lengths.dedup();
    assert_eq!(lengths, [2, 6], "both lengths occur, and no other");
}

#[test]
fn code_does_not_depend_on_the_occasion() {
    for abi in ABIS {
        for ops in rows::all() {
            assert_eq!(encode(&ops, abi).unwrap(), encode(&ops, abi).unwrap());
        }
    }
}

#[test]
fn operations_out_of_bounds_are_refused() {
    for abi in ABIS {
        for ops in rows::refused() {
            let error = encode(&ops, abi).unwrap_err();
            let message = error.to_string();
            let start = "a trampoline of these operations is not supported: ";
            assert!(message.starts_with(start), "{ops:?}: {message}");
        }
    }
}
