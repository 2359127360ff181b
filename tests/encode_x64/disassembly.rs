//! Code read back by capstone.

use capstone::arch::x86::{ArchMode, ArchSyntax, X86OperandType};
use capstone::prelude::*;
use std::collections::BTreeSet;

/// One instruction.
#[derive(Debug)]
pub(crate) struct Line {
    address: u64,
    len: usize,
    mnemonic: String,
    operands: String,
    memory: Option<Operand>,
}

/// A place in memory that an instruction reads or writes.
#[derive(Debug)]
struct Operand {
    base: String,
    index: String,
    displacement: i64,
    size: i64,
}

pub(crate) struct Disassembler(Capstone);

impl Disassembler {
    pub(crate) fn new() -> Self {
        let builder = Capstone::new().x86().mode(ArchMode::Mode64);
        let builder = builder.syntax(ArchSyntax::Intel).detail(true);
        Self(builder.build().expect("capstone"))
    }

    /// The instructions, which must take up all of `code`.
    pub(crate) fn lines(&self, code: &[u8]) -> Vec<Line> {
        let instructions = self.0.disasm_all(code, 0).unwrap();
        let lines: Vec<Line> = instructions.iter().map(|one| self.line(one)).collect();
        let len: usize = lines.iter().map(|line| line.len).sum();
        assert_eq!(len, code.len(), "bytes that are no instruction");
        lines
    }

    fn line(&self, instruction: &capstone::Insn<'_>) -> Line {
        let mnemonic = instruction.mnemonic().unwrap().to_owned();
        let detail = self.0.insn_detail(instruction).unwrap();
        let name = |register| self.0.reg_name(register).unwrap_or_default();
        let memory = |operand: capstone::arch::x86::X86Operand| match operand.op_type {
            X86OperandType::Mem(at) if mnemonic != "lea" => Some(Operand {
                base: name(at.base()),
                index: name(at.index()),
                displacement: at.disp(),
                size: operand.size.into(),
            }),
            _ => None,
        };
        let memory = detail
            .arch_detail()
            .x86()
            .unwrap()
            .operands()
            .find_map(memory);
        Line {
            address: instruction.address(),
            len: instruction.len(),
            mnemonic,
            operands: absolute(instruction),
            memory,
        }
    }
}

/// The operands; a place that counts from rip, which is the end of the instruction, counts from the
/// start of the code instead.
fn absolute(instruction: &capstone::Insn<'_>) -> String {
    let operands = instruction.op_str().unwrap_or_default().to_owned();
    let Some((before, place)) = operands.split_once("[rip ") else {
        return operands;
    };
    let (place, after) = place.split_once(']').expect("a place in brackets");
    let (sign, distance) = place.split_once(' ').expect("a sign");
    let end = instruction.address() + instruction.len() as u64;
    let place = match sign {
        "+" => end + Line::number(distance),
        _ => end - Line::number(distance),
    };
    format!("{before}[code + {place:#x}]{after}")
}

impl Line {
    fn is_conditional(&self) -> bool {
        matches!(self.mnemonic.as_str(), "je" | "jne")
    }

    fn number(text: &str) -> u64 {
        match text.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
            None => text.parse().unwrap(),
        }
    }

    /// The index of the instruction that this one jumps to.
    fn target(&self, lines: &[Self]) -> Option<usize> {
        let target = self
            .is_conditional()
            .then(|| Self::number(&self.operands))?;
        let index = lines.binary_search_by_key(&target, |line| line.address);
        Some(index.expect("a jump to an instruction"))
    }
}

/// The instructions as text; jumps name the number of the instruction that they lead to.
pub(crate) fn normalised(lines: &[Line]) -> Vec<String> {
    let text = |line: &Line| match line.target(lines) {
        Some(target) => format!("{} @{target}", line.mnemonic),
        None => format!("{} {}", line.mnemonic, line.operands)
            .trim_end()
            .to_owned(),
    };
    lines.iter().map(text).collect()
}

/// The lengths of the conditional jumps.
pub(crate) fn jumps(lines: &[Line]) -> impl Iterator<Item = usize> {
    let conditional = lines.iter().filter(|line| line.is_conditional());
    conditional.map(|line| line.len)
}

/// The offsets from a register that the instructions read or write. An index counts down to zero,
/// from the number before the loop, by the number that is subtracted in it.
pub(crate) fn touched(lines: &[Line], base: &str) -> BTreeSet<i64> {
    let immediate = |mnemonic: &str| {
        let line = lines
            .iter()
            .find(|line| line.mnemonic == mnemonic && line.memory.is_none());
        let (_, number) = line.expect("a loop").operands.split_once(", ").unwrap();
        Line::number(number) as i64
    };
    let mut touched = BTreeSet::new();
    for operand in lines.iter().filter_map(|line| line.memory.as_ref()) {
        if operand.base != base {
            continue;
        }
        let place = operand.displacement..operand.displacement + operand.size;
        if operand.index.is_empty() {
            touched.extend(place);
            continue;
        }
        let step = immediate("sub");
        let mut index = immediate("mov");
        assert_eq!(index % step, 0);
        while index > 0 {
            touched.extend(place.start + index..place.end + index);
            index -= step;
        }
    }
    touched
}
