//! Code read back by capstone.

use capstone::arch::arm64::{ArchMode, Arm64OperandType};
use capstone::prelude::*;
use std::collections::BTreeSet;

/// One instruction.
#[derive(Debug)]
pub(crate) struct Line {
    text: String,
    memory: Option<Operand>,
}

/// A place in memory that an instruction reads or writes.
#[derive(Debug)]
struct Operand {
    base: String,
    displacement: i64,
    size: i64,
    /// Whether the base moves on by the displacement afterwards.
    moves: bool,
}

pub(crate) struct Disassembler(Capstone);

impl Disassembler {
    pub(crate) fn new() -> Self {
        let builder = Capstone::new().arm64().mode(ArchMode::Arm).detail(true);
        Self(builder.build().expect("capstone"))
    }

    /// The instructions, which must take up all of `code`.
    pub(crate) fn lines(&self, code: &[u8]) -> Vec<Line> {
        let instructions = self.0.disasm_all(code, 0).unwrap();
        assert_eq!(4 * instructions.len(), code.len(), "words that are nothing");
        instructions.iter().map(|one| self.line(one)).collect()
    }

    /// The instructions as text.
    pub(crate) fn text(&self, code: &[u8]) -> Vec<String> {
        let lines = self.lines(code).into_iter();
        lines.map(|line| line.text).collect()
    }

    fn line(&self, instruction: &capstone::Insn<'_>) -> Line {
        let mnemonic = instruction.mnemonic().unwrap();
        let text = normalised(mnemonic, instruction);
        let detail = self.0.insn_detail(instruction).unwrap();
        let name = |register| self.0.reg_name(register).unwrap_or_default();
        let memory = |operand: capstone::arch::arm64::Arm64Operand| match operand.op_type {
            Arm64OperandType::Mem(at) => Some(Operand {
                base: name(at.base()),
                displacement: at.disp().into(),
                size: size(mnemonic, &text),
                moves: false,
            }),
            _ => None,
        };
        let arch = detail.arch_detail();
        let mut memory = arch.arm64().unwrap().operands().find_map(memory);
        if let Some((_, step)) = text.split_once("], #")
            && let Some(operand) = &mut memory
        {
            operand.moves = true;
            operand.displacement = step.parse().unwrap();
        }
        Line { text, memory }
    }
}

/// How many bytes an instruction moves.
fn size(mnemonic: &str, text: &str) -> i64 {
    let register = text.split_once(' ').unwrap().1;
    match (mnemonic.chars().last(), register.chars().next()) {
        (Some('b'), _) => 1,
        (Some('h'), _) | (_, Some('h')) => 2,
        (_, Some('w' | 's')) => 4,
        (_, Some('q')) => 16,
        _ => 8,
    }
}

/// Numbers in decimal, and distances in place of targets.
fn normalised(mnemonic: &str, instruction: &capstone::Insn<'_>) -> String {
    let operands = instruction.op_str().unwrap_or_default();
    let relative = mnemonic == "adr"
        || mnemonic.starts_with("b.")
        || mnemonic.starts_with("cb")
        || (mnemonic == "ldr" && !operands.contains('['));
    let mut text = mnemonic.to_owned();
    for (index, part) in operands.split('#').enumerate() {
        if index == 0 {
            text.push_str(&format!(" {part}"));
            continue;
        }
        let end = part.find([']', ',']).unwrap_or(part.len());
        let (digits, after) = part.split_at(end);
        let mut value = number(digits);
        if relative {
            value -= instruction.address() as i64;
        }
        text.push_str(&format!("#{value}{after}"));
    }
    text.trim_end().to_owned()
}

/// Masks of 64 bits are negative numbers.
fn number(text: &str) -> i64 {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let value = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
        None => digits.parse().unwrap(),
    };
    sign * value.cast_signed()
}

/// The offsets from a register that the instructions read or write. The addresses of a loop start
/// where `starts` says, and move on as often as the number before it has steps.
pub(crate) fn touched(lines: &[Line], base: &str, start: i64) -> BTreeSet<i64> {
    let count = lines
        .iter()
        .find_map(|line| line.text.strip_prefix("mov w12, #"));
    let upper = lines
        .iter()
        .find_map(|line| line.text.strip_prefix("movk w12, #"));
    let upper = upper
        .and_then(|text| text.split_once(','))
        .map_or(0, |text| number(text.0));
    let total = count.map_or(0, number) + (upper << 16);
    let mut touched = BTreeSet::new();
    let mut moved = 0;
    for operand in lines.iter().filter_map(|line| line.memory.as_ref()) {
        if operand.base != base {
            continue;
        }
        if operand.moves {
            assert_eq!(total % operand.displacement, 0);
            assert_eq!(operand.displacement, operand.size);
            touched.extend(start..start + total);
            moved = total;
            continue;
        }
        let from = start + moved + operand.displacement;
        touched.extend(from..from + operand.size);
    }
    touched
}
