//! What an operation should be as text, written down from the manuals and the conventions.

use farcall_jit::abi::{Abi, Loc, SYSV_X64};
use farcall_jit::layout::Scalar;
use farcall_jit::trampoline::{Base, Mem, Op, Reg, Role};

const R64: [&str; 16] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
];
const R32: [&str; 16] = [
    "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d",
    "r13d", "r14d", "r15d",
];
const R16: [&str; 16] = [
    "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w", "r13w",
    "r14w", "r15w",
];
const R8: [&str; 16] = [
    "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b",
    "r13b", "r14b", "r15b",
];

/// The instructions of `ops`; a jump names the number of the instruction that it leads to.
pub(crate) fn expected(ops: &[Op], abi: &Abi) -> Vec<String> {
    let mut text = Text {
        lines: Vec::new(),
        sysv: abi.name == SYSV_X64.name,
    };
    ops.iter().for_each(|op| text.op(*op));
    let exit = text.lines.len().saturating_sub(2);
    let lines = text.lines.into_iter();
    lines
        .map(|line| line.replace("@exit", &format!("@{exit}")))
        .collect()
}

struct Text {
    lines: Vec<String>,
    sysv: bool,
}

/// A number as disassemblers print it.
fn number(value: u64) -> String {
    if value > 9 {
        format!("{value:#x}")
    } else {
        value.to_string()
    }
}

/// A place in brackets.
fn place(base: &str, index: &str, displacement: i64) -> String {
    let magnitude = number(displacement.unsigned_abs());
    let displacement = match displacement {
        0 => String::new(),
        1.. => format!(" + {magnitude}"),
        _ => format!(" - {magnitude}"),
    };
    let index = match index {
        "" => String::new(),
        index => format!(" + {index}"),
    };
    format!("[{base}{index}{displacement}]")
}

impl Text {
    fn line(&mut self, line: String) {
        self.lines.push(line);
    }

    fn op(&mut self, op: Op) {
        match op {
            Op::Land => self.line("endbr64".into()),
            Op::Expect(at, kind) => {
                let (at, kind) = (self.at(at, 0), number(kind.into()));
                self.line(format!("cmp dword ptr {at}, {kind}"));
                self.line("jne @exit".into());
            }
            Op::ExpectNonNull(at) => {
                let at = self.at(at, 0);
                self.line(format!("cmp qword ptr {at}, 0"));
                self.line("je @exit".into());
            }
            Op::Enter { size, align } => self.enter(size, align),
            Op::Copy(to, from) => {
                let (to, from) = (self.number(to), self.number(from));
                self.line(format!("mov {}, {}", R64[to], R64[from]));
            }
            Op::Load(Reg::Plan(Loc::Fpr(number)), from, width) => {
                self.load_vector(number, from, width);
            }
            Op::Load(Reg::Plan(Loc::X87(_)), from, _) => {
                self.line(format!("fld xword ptr {}", self.at(from, 0)));
            }
            Op::Load(to, from, width) => self.load(self.number(to), from, width),
            Op::Extend(to, from, scalar) => self.extend(self.number(to), from, scalar),
            Op::Store(to, Reg::Plan(Loc::Fpr(number)), width) => {
                self.store_vector(to, number, width);
            }
            Op::Store(to, Reg::Plan(Loc::X87(_)), _) => {
                self.line(format!("fstp xword ptr {}", self.at(to, 0)));
            }
            Op::Store(to, from, _) => {
                let (to, from) = (self.at(to, 0), R64[self.number(from)]);
                self.line(format!("mov qword ptr {to}, {from}"));
            }
            Op::Set(at, value) => {
                let (at, value) = (self.at(at, 0), number(value.into()));
                self.line(format!("mov dword ptr {at}, {value}"));
            }
            Op::Count(at) => self.line(format!("lock inc qword ptr {}", self.at(at, 0))),
            Op::CallThrough(at) => self.line(format!("call qword ptr {}", self.at(at, 0))),
            Op::JumpThrough(at) => self.line(format!("jmp qword ptr {}", self.at(at, 0))),
            Op::Return => self.lines.extend(["leave", "ret"].map(String::from)),
            Op::Block(to, from, size) => self.block(to, from, size),
            Op::Address(to, at) => {
                let (to, at) = (R64[self.number(to)], self.at(at, 0));
                self.line(format!("lea {to}, {at}"));
            }
            Op::Vectors(count) => self.line(format!("mov eax, {}", number(count.into()))),
            Op::Call => self.line("call r11".into()),
            Op::CallAndReturn => {
                self.lines
                    .extend(["call r11", "leave", "ret"].map(String::from));
            }
            Op::Jump => self.line("jmp r11".into()),
            Op::Mismatch => {
                let flag = if self.sysv { "rcx" } else { "r9" };
                self.line(format!("mov byte ptr [{flag}], 1"));
                self.line("ret".into());
            }
        }
    }

    fn enter(&mut self, size: u32, align: u32) {
        self.lines
            .extend(["push rbp", "mov rbp, rsp"].map(String::from));
        let alignment = if align == 16 { 0 } else { align };
        let reach = u64::from(size) + u64::from(alignment);
        if reach > 4096 {
            // Each page down to the lowest that may be used is touched.
            self.line(format!("mov eax, {}", number(reach.div_ceil(4096))));
            let top = self.lines.len();
            self.line("sub rsp, 0x1000".into());
            self.line("or dword ptr [rsp], 0".into());
            self.line("sub eax, 1".into());
            self.line(format!("jne @{top}"));
            self.line("mov rsp, rbp".into());
        }
        self.line(format!("sub rsp, {}", number(size.into())));
        if alignment > 0 {
            let mask = (-i64::from(align)) as u64;
            self.line(format!("and rsp, {mask:#x}"));
        }
    }

    /// Narrow unsigned numbers are moved to 32 bits: "32-bit operands generate a 32-bit result,
    /// zero-extended to a 64-bit result in the destination general-purpose register" (Intel SDM,
    /// volume 1, 3.4.1.1).
    fn extend(&mut self, to: usize, from: Reg, scalar: Scalar) {
        if let Reg::Plan(Loc::Fpr(number)) = from {
            return self.line(match scalar {
                Scalar::F16 => format!("pextrw {}, xmm{number}, 0", R32[to]),
                Scalar::F32 => format!("movd {}, xmm{number}", R32[to]),
                _ => format!("movq {}, xmm{number}", R64[to]),
            });
        }
        let from = self.number(from);
        self.line(match scalar {
            Scalar::I8 => format!("movsx {}, {}", R64[to], R8[from]),
            Scalar::U8 => format!("movzx {}, {}", R32[to], R8[from]),
            Scalar::I16 => format!("movsx {}, {}", R64[to], R16[from]),
            Scalar::U16 | Scalar::F16 => format!("movzx {}, {}", R32[to], R16[from]),
            Scalar::I32 => format!("movsxd {}, {}", R64[to], R32[from]),
            Scalar::U32 | Scalar::F32 => format!("mov {}, {}", R32[to], R32[from]),
            _ => format!("mov {}, {}", R64[to], R64[from]),
        });
    }

    /// Words are inserted and extracted where there is no move of the width.
    fn load_vector(&mut self, number: u8, from: Mem, width: u32) {
        let whole = |text: &Self| text.at(from, 0);
        match width {
            16 => self.line(format!("movups xmm{number}, xmmword ptr {}", whole(self))),
            8 => self.line(format!("movq xmm{number}, qword ptr {}", whole(self))),
            4 => self.line(format!("movd xmm{number}, dword ptr {}", whole(self))),
            2 => {
                self.line(format!("pxor xmm{number}, xmm{number}"));
                self.line(format!("pinsrw xmm{number}, word ptr {}, 0", whole(self)));
            }
            _ => {
                self.line(format!("movd xmm{number}, dword ptr {}", whole(self)));
                let third = self.at(from, 4);
                self.line(format!("pinsrw xmm{number}, word ptr {third}, 2"));
            }
        }
    }

    fn store_vector(&mut self, to: Mem, number: u8, width: u32) {
        let whole = self.at(to, 0);
        match width {
            16 => self.line(format!("movups xmmword ptr {whole}, xmm{number}")),
            8 => self.line(format!("movq qword ptr {whole}, xmm{number}")),
            4 => self.line(format!("movd dword ptr {whole}, xmm{number}")),
            2 => {
                self.line(format!("pextrw eax, xmm{number}, 0"));
                self.line(format!("mov word ptr {whole}, ax"));
            }
            _ => {
                self.line(format!("movd dword ptr {whole}, xmm{number}"));
                self.line(format!("pextrw eax, xmm{number}, 2"));
                self.line(format!("mov word ptr {}, ax", self.at(to, 4)));
            }
        }
    }

    /// From the highest part down, each part shifted up by the next.
    fn load(&mut self, to: usize, from: Mem, width: u32) {
        // (width of the part, its offset)
        let parts: &[(u32, u32)] = match width {
            1 => &[(1, 0)],
            2 => &[(2, 0)],
            3 => &[(1, 2), (2, 0)],
            4 => &[(4, 0)],
            5 => &[(4, 1), (1, 0)],
            6 => &[(4, 2), (2, 0)],
            7 => &[(4, 3), (1, 2), (2, 0)],
            _ => &[(8, 0)],
        };
        for (index, (part, offset)) in parts.iter().enumerate() {
            let at = self.at(from, (*offset).into());
            let first = index == 0;
            if !first {
                self.line(format!("shl {}, {}", R64[to], number(u64::from(part * 8))));
            }
            self.line(match part {
                1 if first => format!("movzx {}, byte ptr {at}", R32[to]),
                2 if first => format!("movzx {}, word ptr {at}", R32[to]),
                1 => format!("mov {}, byte ptr {at}", R8[to]),
                2 => format!("mov {}, word ptr {at}", R16[to]),
                4 => format!("mov {}, dword ptr {at}", R32[to]),
                _ => format!("mov {}, qword ptr {at}", R64[to]),
            });
        }
    }

    fn block(&mut self, to: Mem, from: Mem, size: u32) {
        let count = if self.sysv { 1 } else { 9 };
        let sixteens = size / 16;
        if sixteens > 8 {
            self.line(format!("mov {}, {:#x}", R32[count], sixteens * 16));
            let top = self.lines.len();
            self.sixteen(to, from, R64[count], -16);
            self.line(format!("sub {}, 0x10", R64[count]));
            self.line(format!("jne @{top}"));
        } else {
            for index in 0..sixteens {
                self.sixteen(to, from, "", i64::from(index) * 16);
            }
        }
        let mut done = sixteens * 16;
        if size > 16 && done < size {
            self.sixteen(to, from, "", i64::from(size) - 16);
            return;
        }
        for (width, pointer, names) in [
            (8, "qword", R64),
            (4, "dword", R32),
            (2, "word", R16),
            (1, "byte", R8),
        ] {
            if size - done >= width {
                let (to, from) = (self.at(to, done.into()), self.at(from, done.into()));
                self.line(format!("mov {}, {pointer} ptr {from}", names[count]));
                self.line(format!("mov {pointer} ptr {to}, {}", names[count]));
                done += width;
            }
        }
    }

    fn sixteen(&mut self, to: Mem, from: Mem, index: &str, plus: i64) {
        let vector = if self.sysv { "xmm15" } else { "xmm5" };
        let place =
            |text: &Self, mem: Mem| place(text.base(mem), index, text.displacement(mem) + plus);
        let (to, from) = (place(self, to), place(self, from));
        self.line(format!("movups {vector}, xmmword ptr {from}"));
        self.line(format!("movups xmmword ptr {to}, {vector}"));
    }

    fn base(&self, mem: Mem) -> &'static str {
        match mem.base {
            Base::Frame => "rsp",
            Base::Caller => "rbp",
            // As the disassembly is normalised.
            Base::Code => "code",
            Base::Reg(reg) => R64[self.number(reg)],
        }
    }

    fn at(&self, mem: Mem, plus: i64) -> String {
        place(self.base(mem), "", self.displacement(mem) + plus)
    }

    /// The caller's stack lies above the saved rbp and the return address.
    fn displacement(&self, mem: Mem) -> i64 {
        let saved = if mem.base == Base::Caller { 16 } else { 0 };
        saved + i64::from(mem.offset)
    }

    fn number(&self, reg: Reg) -> usize {
        match reg {
            Reg::Plan(Loc::Gpr(number)) => number.into(),
            Reg::Role(Role::Target) => 11,
            Reg::Role(Role::Slots | Role::Context) => 10,
            Reg::Role(Role::Temp) => 0,
            Reg::Role(Role::Count) if self.sysv => 1,
            Reg::Role(Role::Count) => 9,
            Reg::Entry(entry) if self.sysv => [7, 6, 2, 1][usize::from(entry)],
            Reg::Entry(entry) => [1, 2, 8, 9][usize::from(entry)],
            Reg::Plan(loc) => panic!("{loc:?} is no general-purpose register"),
        }
    }
}
