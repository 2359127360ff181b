//! What an operation should be as text, written down from the manual and the conventions.

use farcall_jit::abi::Loc;
use farcall_jit::layout::Scalar;
use farcall_jit::trampoline::{Base, Mem, Op, Reg, Role};

/// The instructions of `ops`; numbers are decimal, jumps and addresses distances in bytes.
pub(crate) fn expected(ops: &[Op]) -> Vec<String> {
    let mut text = Text::default();
    ops.iter().for_each(|op| text.op(*op));
    // The exit is the last three instructions.
    let exit = text.lines.len() as i64 - 3;
    let lines = text.lines.into_iter().zip(0..);
    lines
        .map(|(line, index)| line.replace("@exit", &format!("#{}", 4 * (exit - index))))
        .collect()
}

#[derive(Default)]
struct Text {
    lines: Vec<String>,
}

/// The roles: x16 target, x9 slots, x10 context, x11 temporary, x12 count.
fn number(reg: Reg) -> u8 {
    match reg {
        Reg::Plan(Loc::Gpr(number)) | Reg::Entry(number) => number,
        Reg::Role(Role::Target) => 16,
        Reg::Role(Role::Slots) => 9,
        Reg::Role(Role::Context) => 10,
        Reg::Role(Role::Temp) => 11,
        Reg::Role(Role::Count) => 12,
        Reg::Plan(loc) => panic!("{loc:?} is no general-purpose register"),
    }
}

/// A register as data of this width.
fn data(reg: Reg, width: u32) -> String {
    match (reg, width) {
        (Reg::Plan(Loc::Fpr(number)), 2) => format!("h{number}"),
        (Reg::Plan(Loc::Fpr(number)), 4) => format!("s{number}"),
        (Reg::Plan(Loc::Fpr(number)), 8) => format!("d{number}"),
        (Reg::Plan(Loc::Fpr(number)), _) => format!("q{number}"),
        (reg, 8) => format!("x{}", number(reg)),
        (reg, _) => format!("w{}", number(reg)),
    }
}

impl Text {
    fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn lines<const N: usize>(&mut self, lines: [&str; N]) {
        self.lines.extend(lines.map(String::from));
    }

    fn op(&mut self, op: Op) {
        match op {
            Op::Land => self.line("bti c"),
            Op::Expect(at, kind) => {
                self.access("ldr", "w13", 4, at, 0);
                if kind < 4096 || (kind % 4096 == 0 && kind < 4096 * 4096) {
                    self.line(match kind {
                        0..4096 => format!("cmp w13, #{kind}"),
                        _ => format!("cmp w13, #{}, lsl #12", kind / 4096),
                    });
                } else {
                    self.constant("w14", kind);
                    self.line("cmp w13, w14");
                }
                self.line("b.ne @exit");
            }
            Op::ExpectNonNull(at) => {
                self.access("ldr", "x13", 8, at, 0);
                self.line("cbz x13, @exit");
            }
            Op::Enter { size, align } => self.enter(size, align),
            Op::Copy(to, from) => self.line(format!("mov x{}, x{}", number(to), number(from))),
            Op::Load(to, from, width @ (1 | 2 | 4 | 8 | 16)) => {
                self.access("ldr", &data(to, width), width, from, 0);
            }
            Op::Load(to, from, width) => self.odd(number(to), from, width),
            Op::Extend(to, from, scalar) => self.extend(number(to), from, scalar),
            Op::Store(to, from, width) => self.access("str", &data(from, width), width, to, 0),
            Op::Set(at, 0) => self.access("str", "wzr", 4, at, 0),
            Op::Set(at, number) => {
                self.constant("w13", number);
                self.access("str", "w13", 4, at, 0);
            }
            Op::Block(to, from, size) => self.block(to, from, size),
            Op::Address(to, at) => self.address(&format!("x{}", number(to)), at),
            Op::Count(at) => {
                self.address("x14", at);
                self.lines([
                    "ldaxr x15, [x14]",
                    "add x15, x15, #1",
                    "stlxr w13, x15, [x14]",
                    "cbnz w13, #-12",
                    "dmb ish",
                ]);
            }
            Op::CallThrough(at) => {
                self.access("ldr", "x17", 8, at, 0);
                self.line("blr x17");
            }
            Op::JumpThrough(at) => {
                self.access("ldr", "x17", 8, at, 0);
                self.line("br x17");
            }
            Op::Call => self.line("blr x16"),
            Op::CallAndReturn => {
                self.line("blr x16");
                self.leave();
            }
            Op::Jump => self.line("br x16"),
            Op::Return => self.leave(),
            Op::Mismatch => self.lines(["mov w13, #1", "strb w13, [x3]", "ret"]),
            Op::Vectors(_) => panic!("no ABI of this architecture counts vectors"),
        }
    }

    fn leave(&mut self) {
        self.lines(["mov sp, x29", "ldp x29, x30, [sp], #16", "ret"]);
    }

    fn enter(&mut self, size: u32, align: u32) {
        self.lines(["stp x29, x30, [sp, #-16]!", "mov x29, sp"]);
        let alignment = if align == 16 { 0 } else { align };
        let reach = size + alignment;
        if reach > 4096 {
            // Each page down to the lowest that may be used is touched.
            self.constant("w11", reach.div_ceil(4096));
            self.lines([
                "sub sp, sp, #1, lsl #12",
                "str xzr, [sp]",
                "sub x11, x11, #1",
                "cbnz x11, #-12",
                "mov sp, x29",
            ]);
        }
        if alignment == 0 {
            return self.sum("sub", "sp", "sp", size);
        }
        self.sum("sub", "x11", "sp", size);
        self.line(format!("and sp, x11, #{}", -i64::from(align)));
    }

    fn extend(&mut self, to: u8, from: Reg, scalar: Scalar) {
        if let Reg::Plan(Loc::Fpr(from)) = from {
            return self.line(match scalar {
                Scalar::F16 => format!("umov w{to}, v{from}.h[0]"),
                Scalar::F32 => format!("fmov w{to}, s{from}"),
                _ => format!("fmov x{to}, d{from}"),
            });
        }
        let from = number(from);
        self.line(match scalar {
            Scalar::I8 => format!("sxtb x{to}, w{from}"),
            Scalar::U8 => format!("uxtb w{to}, w{from}"),
            Scalar::I16 => format!("sxth x{to}, w{from}"),
            Scalar::U16 | Scalar::F16 => format!("uxth w{to}, w{from}"),
            Scalar::I32 => format!("sxtw x{to}, w{from}"),
            Scalar::U32 | Scalar::F32 => format!("mov w{to}, w{from}"),
            _ => format!("mov x{to}, x{from}"),
        });
    }

    /// The upper part into a register of its own, then the lower one, then both together.
    fn odd(&mut self, to: u8, from: Mem, width: u32) {
        let (low, high, offset) = match width {
            3 => (2, 1, 2),
            5 => (4, 1, 4),
            6 => (4, 2, 4),
            7 => (4, 4, 3),
            _ => panic!("{width} bytes"),
        };
        self.access("ldr", "w13", high, from, offset);
        self.access("ldr", &format!("w{to}"), low, from, 0);
        self.line(format!("orr x{to}, x{to}, x13, lsl #{}", 8 * offset));
    }

    fn block(&mut self, to: Mem, from: Mem, size: u32) {
        let sixteens = size / 16;
        if sixteens > 8 {
            self.address("x13", to);
            self.address("x14", from);
            self.constant("w12", sixteens * 16);
            self.lines([
                "ldr q16, [x14], #16",
                "str q16, [x13], #16",
                "sub x12, x12, #16",
                "cbnz x12, #-12",
            ]);
            if !size.is_multiple_of(16) {
                let back = 16 - size % 16;
                self.line(format!("ldur q16, [x14, #-{back}]"));
                self.line(format!("stur q16, [x13, #-{back}]"));
            }
            return;
        }
        for index in 0..sixteens {
            self.access("ldr", "q16", 16, from, 16 * index);
            self.access("str", "q16", 16, to, 16 * index);
        }
        let mut done = sixteens * 16;
        if size > 16 && done < size {
            self.access("ldr", "q16", 16, from, size - 16);
            self.access("str", "q16", 16, to, size - 16);
            return;
        }
        for width in [8, 4, 2, 1] {
            if size - done >= width {
                let register = if width == 8 { "x12" } else { "w12" };
                self.access("ldr", register, width, from, done);
                self.access("str", register, width, to, done);
                done += width;
            }
        }
    }

    /// A number of 32 bits.
    fn constant(&mut self, register: &str, number: u32) {
        let (low, high) = (number & 0xffff, number >> 16);
        match (low, high) {
            (low, 0) => self.line(format!("mov {register}, #{low}")),
            (0, _) => self.line(format!("mov {register}, #{}", number.cast_signed())),
            (low, high) => {
                self.line(format!("mov {register}, #{low}"));
                self.line(format!("movk {register}, #{high}, lsl #16"));
            }
        }
    }

    fn sum(&mut self, what: &str, to: &str, from: &str, number: u32) {
        let (high, low) = (number >> 12, number & 0xfff);
        match (high, low) {
            (0, 0) if to == from => {}
            (0, 0) => self.line(format!("mov {to}, {from}")),
            (0, low) => self.line(format!("{what} {to}, {from}, #{low}")),
            (1..4096, 0) => self.line(format!("{what} {to}, {from}, #{high}, lsl #12")),
            (1..4096, low) => {
                self.line(format!("{what} {to}, {from}, #{high}, lsl #12"));
                self.line(format!("{what} {to}, {to}, #{low}"));
            }
            _ => {
                self.constant("w15", number);
                // The stack pointer is only in the form that extends, by nothing then.
                let plain = [to, from].contains(&"sp");
                let extend = if plain { "" } else { ", uxtx" };
                self.line(format!("{what} {to}, {from}, x15{extend}"));
            }
        }
    }

    fn here(&self) -> i64 {
        4 * self.lines.len() as i64
    }

    fn address(&mut self, to: &str, at: Mem) {
        if at.base != Base::Code {
            let (base, offset) = base(at);
            return self.sum("add", to, &base, offset);
        }
        let distance = i64::from(at.offset) - self.here();
        if distance < 1 << 20 {
            return self.line(format!("adr {to}, #{distance}"));
        }
        self.line(format!("adr {to}, #{}", -self.here()));
        self.sum("add", to, to, at.offset);
    }

    /// `what` is of 4, 8 or 16 bytes; narrower ones are named by the width.
    fn access(&mut self, what: &str, register: &str, width: u32, at: Mem, plus: u32) {
        let vector = register.starts_with(['h', 's', 'd', 'q']);
        let suffix = match width {
            1 => "b",
            2 if !vector => "h",
            _ => "",
        };
        let at = Mem {
            offset: at.offset + plus,
            ..at
        };
        if at.base == Base::Code {
            return self.access_code(what, register, suffix, width, at);
        }
        let (base, offset) = base(at);
        let unscaled = what.replace('r', "ur");
        match offset {
            0 => self.line(format!("{what}{suffix} {register}, [{base}]")),
            _ if offset.is_multiple_of(width) && offset / width < 4096 => {
                self.line(format!("{what}{suffix} {register}, [{base}, #{offset}]"));
            }
            1..256 => self.line(format!(
                "{unscaled}{suffix} {register}, [{base}, #{offset}]"
            )),
            _ => {
                self.constant("w15", offset);
                self.line(format!("{what}{suffix} {register}, [{base}, x15]"));
            }
        }
    }

    fn access_code(&mut self, what: &str, register: &str, suffix: &str, width: u32, at: Mem) {
        let distance = i64::from(at.offset) - self.here();
        let near = distance < 1 << 20 && distance % 4 == 0;
        if near && what == "ldr" && width == 8 && register.starts_with('x') {
            return self.line(format!("ldr {register}, #{distance}"));
        }
        self.address("x14", at);
        self.line(format!("{what}{suffix} {register}, [x14]"));
    }
}

/// The caller's stack lies above the saved x29 and the return address.
fn base(at: Mem) -> (String, u32) {
    match at.base {
        Base::Frame => ("sp".to_owned(), at.offset),
        Base::Caller => ("x29".to_owned(), at.offset + 16),
        Base::Reg(reg) => (format!("x{}", number(reg)), at.offset),
        Base::Code => panic!("code has no register"),
    }
}
