//! The dozen calls of iced-x86 that trampolines need, and the one forward label they have.
#![forbid(unsafe_code)]

use iced_x86::{Code, Encoder, Instruction, MemoryOperand, Register};
use std::ops::Range;

/// A memory operand; the offset from rip counts from the first byte of the code.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) base: Register,
    pub(super) index: Register,
    pub(super) offset: u32,
}

impl At {
    pub(super) fn plus(self, bytes: u32) -> Self {
        Self {
            offset: self.offset + bytes,
            ..self
        }
    }

    /// The place `bytes` lower; the displacement may become negative.
    pub(super) fn minus(self, bytes: u32) -> Self {
        Self {
            offset: self.offset.wrapping_sub(bytes),
            ..self
        }
    }

    fn operand(self) -> MemoryOperand {
        let displacement = i64::from(self.offset.cast_signed());
        MemoryOperand::new(
            self.base,
            self.index,
            1,
            displacement,
            match self.base {
                Register::RIP => 8,
                // Of as many bytes as it needs, or none.
                _ => u32::from(displacement != 0),
            },
            false,
            Register::None,
        )
    }
}

/// Code, and which of its bytes have a frame.
type Framed = (Vec<u8>, Option<Range<usize>>);

/// One instruction, or a jump that is completed at the end.
enum Item {
    Instruction(Instruction),
    /// Jumps to the exit, in its short and its long form.
    ToExit(Code, Code),
    /// Jumps back to the item with this index.
    Back(Code, usize),
}

/// Collects instructions and encodes them in one go.
#[derive(Default)]
pub(super) struct Assembler {
    items: Vec<Item>,
    /// The index of the item at the exit.
    exit: Option<usize>,
    /// The index of the item that begins the frame.
    frame: Option<usize>,
    failed: bool,
}

impl Assembler {
    fn push(&mut self, instruction: Result<Instruction, iced_x86::IcedError>) {
        match instruction {
            Ok(instruction) => self.items.push(Item::Instruction(instruction)),
            Err(_) => self.fail(),
        }
    }

    /// Makes [`Assembler::finish`] fail.
    pub(super) fn fail(&mut self) {
        self.failed = true;
    }

    pub(super) fn plain(&mut self, code: Code) {
        self.push(Ok(Instruction::with(code)));
    }

    pub(super) fn reg(&mut self, code: Code, reg: Register) {
        self.push(Instruction::with1(code, reg));
    }

    pub(super) fn mem(&mut self, code: Code, at: At) {
        self.push(Instruction::with1(code, at.operand()));
    }

    /// In one step for all threads.
    pub(super) fn locked_mem(&mut self, code: Code, at: At) {
        let mut instruction = Instruction::with1(code, at.operand());
        if let Ok(instruction) = &mut instruction {
            instruction.set_has_lock_prefix(true);
        }
        self.push(instruction);
    }

    pub(super) fn reg_reg(&mut self, code: Code, to: Register, from: Register) {
        self.push(Instruction::with2(code, to, from));
    }

    pub(super) fn mov(&mut self, to: Register, from: Register) {
        self.push(Instruction::with2(Code::Mov_rm64_r64, to, from));
    }

    pub(super) fn reg_imm(&mut self, code: Code, reg: Register, value: i32) {
        self.push(Instruction::with2(code, reg, value));
    }

    pub(super) fn reg_mem(&mut self, code: Code, reg: Register, at: At) {
        self.push(Instruction::with2(code, reg, at.operand()));
    }

    pub(super) fn reg_reg_imm(&mut self, code: Code, to: Register, from: Register, value: i32) {
        self.push(Instruction::with3(code, to, from, value));
    }

    pub(super) fn reg_mem_imm(&mut self, code: Code, reg: Register, at: At, value: i32) {
        self.push(Instruction::with3(code, reg, at.operand(), value));
    }

    pub(super) fn mem_reg(&mut self, code: Code, at: At, reg: Register) {
        self.push(Instruction::with2(code, at.operand(), reg));
    }

    pub(super) fn mem_imm(&mut self, code: Code, at: At, value: i32) {
        self.push(Instruction::with2(code, at.operand(), value));
    }

    /// The place before the next instruction, to jump back to.
    pub(super) fn label(&self) -> usize {
        self.items.len()
    }

    pub(super) fn jump_back(&mut self, code: Code, label: usize) {
        self.items.push(Item::Back(code, label));
    }

    pub(super) fn jump_to_exit(&mut self, short: Code, long: Code) {
        self.items.push(Item::ToExit(short, long));
    }

    /// Marks the place before the next instruction as the exit.
    pub(super) fn exit(&mut self) {
        self.exit = Some(self.items.len());
    }

    /// Marks the place before the next instruction as the beginning of the frame, which ends at the
    /// exit, or at the end.
    pub(super) fn frame(&mut self) {
        self.frame = Some(self.items.len());
    }

    /// The bytes of everything collected, and which of them have a frame; short jumps to the exit
    /// where they reach.
    pub(super) fn finish(&self) -> Result<Framed, String> {
        let jumps = |item: &Item| matches!(item, Item::ToExit(..));
        if self.exit.is_none() && self.items.iter().any(jumps) {
            return Err("there is no exit to jump to".to_owned());
        }
        if self.failed {
            return Err("an operand does not fit its instruction".to_owned());
        }
        self.encode(true)
            .or_else(|_| self.encode(false))
            .map_err(|error| error.to_string())
    }

    /// Two passes if there are jumps: the first finds where each item starts, for which the targets
    /// do not matter.
    fn encode(&self, short: bool) -> Result<Framed, iced_x86::IcedError> {
        let mut starts: Vec<u64> = Vec::with_capacity(self.items.len());
        let code = self.pass(short, |_, here| here, &mut starts)?;
        if self
            .items
            .iter()
            .all(|item| matches!(item, Item::Instruction(_)))
        {
            return Ok(self.framed(code, &starts));
        }
        let known = starts.clone();
        let code = self.pass(
            short,
            |index, _| known.get(index).copied().unwrap_or(0),
            &mut starts,
        )?;
        Ok(self.framed(code, &starts))
    }

    fn framed(&self, code: Vec<u8>, starts: &[u64]) -> Framed {
        let start = |item: usize| starts.get(item).map(|start| *start as usize);
        let end = self.exit.and_then(start).unwrap_or(code.len());
        let frame = self.frame.and_then(start).map(|start| start..end);
        (code, frame)
    }

    fn pass(
        &self,
        short: bool,
        target: impl Fn(usize, u64) -> u64,
        starts: &mut Vec<u64>,
    ) -> Result<Vec<u8>, iced_x86::IcedError> {
        let mut encoder = Encoder::new(64);
        starts.clear();
        let mut here = 0;
        for item in &self.items {
            starts.push(here);
            let instruction = match *item {
                Item::Instruction(instruction) => instruction,
                Item::Back(code, label) => Instruction::with_branch(code, target(label, here))?,
                Item::ToExit(near, far) => {
                    let code = if short { near } else { far };
                    Instruction::with_branch(code, target(self.exit.unwrap_or(0), here))?
                }
            };
            here += encoder.encode(&instruction, here)? as u64;
        }
        Ok(encoder.take_buffer())
    }
}

/// The 64-bit register with this number.
pub(super) fn gpr64(number: u8) -> Register {
    Register::RAX + u32::from(number & 15)
}

/// The lowest 32 bits of a 64-bit register.
pub(super) fn low32(register: Register) -> Register {
    Register::EAX + (register as u32 - Register::RAX as u32)
}

/// The lowest 16 bits of a 64-bit register.
pub(super) fn low16(register: Register) -> Register {
    Register::AX + (register as u32 - Register::RAX as u32)
}

/// The lowest 8 bits of a 64-bit register.
pub(super) fn low8(register: Register) -> Register {
    const LOW: [Register; 16] = [
        Register::AL,
        Register::CL,
        Register::DL,
        Register::BL,
        Register::SPL,
        Register::BPL,
        Register::SIL,
        Register::DIL,
        Register::R8L,
        Register::R9L,
        Register::R10L,
        Register::R11L,
        Register::R12L,
        Register::R13L,
        Register::R14L,
        Register::R15L,
    ];
    LOW[(register as usize - Register::RAX as usize) & 15]
}
