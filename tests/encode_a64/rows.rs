//! Operations to try, with every register, width and edge.

use farcall_jit::abi::Loc;
use farcall_jit::layout::Scalar;
use farcall_jit::trampoline::{Base, Mem, Op, Reg, Role, stub};

/// Every general-purpose register of a plan: arguments, and the address of a result.
pub(crate) const GPRS: std::ops::Range<u8> = 0..9;

/// Every vector register of a plan.
pub(crate) const FPRS: std::ops::Range<u8> = 0..8;

/// For each width: no offset, misaligned ones, the last that is in the instruction as a multiple of
/// the width, the last and the first that is not as a number of bytes, and large ones.
fn offsets(width: u32) -> impl Iterator<Item = u32> {
    [
        0,
        1,
        width,
        width + 1,
        255,
        256,
        257,
        65_535,
        65_536,
        65_537,
        1 << 20,
        1 << 30,
    ]
    .into_iter()
    .chain([4095 * width, 4095 * width + 1, 4096 * width])
}

/// Both sides of the edges of numbers in comparisons and of halves.
const NUMBERS: [u32; 12] = [
    0,
    1,
    4095,
    4096,
    4097,
    0xffff,
    0x1_0000,
    0x1_0001,
    0xff_f000,
    0x0100_0000,
    0x8000_0000,
    u32::MAX,
];

/// Both sides of the edges of sums: 12 bits, 12 bits shifted, both, and neither.
const SUMS: [u32; 9] = [
    1,
    4095,
    4096,
    4097,
    0x0f_f000,
    0xff_f000,
    0xff_ffff,
    0x0100_0000,
    0x0100_0001,
];

pub(crate) const fn gpr(number: u8) -> Reg {
    Reg::Plan(Loc::Gpr(number))
}

pub(crate) const fn fpr(number: u8) -> Reg {
    Reg::Plan(Loc::Fpr(number))
}

pub(crate) const fn at(reg: Reg, offset: u32) -> Mem {
    let base = Base::Reg(reg);
    Mem { base, offset }
}

pub(crate) const fn frame(offset: u32) -> Mem {
    let base = Base::Frame;
    Mem { base, offset }
}

const fn caller(offset: u32) -> Mem {
    let base = Base::Caller;
    Mem { base, offset }
}

const fn code(offset: u32) -> Mem {
    let base = Base::Code;
    Mem { base, offset }
}

const TEMP: Reg = Reg::Role(Role::Temp);
const CONTEXT: Reg = Reg::Role(Role::Context);
const SLOTS: Reg = Reg::Role(Role::Slots);
const ROLES: [Role; 5] = [
    Role::Target,
    Role::Slots,
    Role::Temp,
    Role::Count,
    Role::Context,
];

/// Operations that have no jump to the exit, and no place beside the code.
pub(crate) fn plain() -> Vec<Op> {
    let mut ops = vec![Op::Land, Op::CallAndReturn, Op::Call, Op::Jump, Op::Return];
    moves(&mut ops);
    sums(&mut ops);
    extensions(&mut ops);
    for size in 0..=400 {
        ops.push(Op::Block(frame(0), at(TEMP, 0), size));
    }
    for (size, offset) in [
        (1000, 32),
        (4096, 255),
        (65_536, 65_520),
        (65_537, 65_521),
        (1 << 20, 1 << 20),
        (15, 120),
        (128, 65_536),
        (127, 4095),
        (1 << 30, 1 << 24),
    ] {
        ops.push(Op::Block(frame(offset), at(TEMP, 0), size));
        ops.push(Op::Block(frame(0), at(TEMP, offset), size));
    }
    for number in NUMBERS {
        ops.push(Op::Set(frame(48), number));
        ops.push(Op::Set(at(TEMP, 65_537), number));
    }
    for offset in offsets(8) {
        ops.push(Op::CallThrough(at(CONTEXT, offset)));
        ops.push(Op::JumpThrough(at(CONTEXT, offset)));
        ops.push(Op::Count(at(CONTEXT, offset)));
    }
    ops
}

/// Loads and stores of every width and register, at every kind of offset and base.
fn moves(ops: &mut Vec<Op>) {
    for width in 1..=8 {
        for number in GPRS {
            ops.push(Op::Load(gpr(number), at(SLOTS, 0), width));
            ops.push(Op::Load(gpr(number), at(gpr(number), 8), width));
        }
        for offset in offsets(width.next_power_of_two()) {
            // The parts of 3, 5, 6 and 7 bytes have edges of their own.
            let offset = if offset == 1 << 30 {
                offset - 8
            } else {
                offset
            };
            for base in [at(TEMP, offset), frame(offset), caller(offset)] {
                ops.push(Op::Load(TEMP, base, width));
                ops.push(Op::Load(gpr(8), base, width));
            }
        }
    }
    for width in [1, 2, 4, 8] {
        for number in GPRS {
            ops.push(Op::Store(frame(16), gpr(number), width));
            ops.push(Op::Store(at(gpr(number), 0), TEMP, width));
        }
        for offset in offsets(width) {
            ops.push(Op::Store(frame(offset), TEMP, width));
            ops.push(Op::Store(caller(offset), gpr(7), width));
        }
    }
    for width in [2, 4, 8, 16] {
        for number in FPRS {
            ops.push(Op::Load(fpr(number), at(TEMP, 16), width));
            ops.push(Op::Store(frame(16), fpr(number), width));
        }
        for offset in offsets(width) {
            ops.push(Op::Load(fpr(7), at(SLOTS, offset), width));
            ops.push(Op::Store(at(SLOTS, offset), fpr(1), width));
        }
    }
}

fn sums(ops: &mut Vec<Op>) {
    for number in GPRS {
        let reg = gpr(number);
        for from in GPRS {
            ops.push(Op::Copy(reg, gpr(from)));
        }
        for role in ROLES {
            ops.push(Op::Copy(reg, Reg::Role(role)));
            ops.push(Op::Copy(Reg::Role(role), reg));
        }
        ops.push(Op::Address(reg, frame(0)));
        ops.push(Op::Address(reg, at(CONTEXT, 8)));
        ops.push(Op::Address(reg, at(reg, 0)));
    }
    for entry in 0..4 {
        ops.push(Op::Copy(TEMP, Reg::Entry(entry)));
    }
    for number in SUMS.into_iter().chain([0, 1 << 30]) {
        for place in [frame(number), at(CONTEXT, number), caller(number)] {
            ops.push(Op::Address(TEMP, place));
            ops.push(Op::Address(CONTEXT, place));
            ops.push(Op::Address(gpr(0), place));
        }
    }
}

fn extensions(ops: &mut Vec<Op>) {
    const FLOATS: [Scalar; 4] = [Scalar::F16, Scalar::F32, Scalar::F64, Scalar::V64];
    const INTEGERS: [Scalar; 8] = [
        Scalar::I8,
        Scalar::U8,
        Scalar::I16,
        Scalar::U16,
        Scalar::I32,
        Scalar::U32,
        Scalar::I64,
        Scalar::U64,
    ];
    for number in GPRS {
        for scalar in INTEGERS.into_iter().chain(FLOATS) {
            ops.push(Op::Extend(TEMP, gpr(number), scalar));
            ops.push(Op::Extend(gpr(number), TEMP, scalar));
        }
    }
    for number in FPRS {
        for to in [TEMP, gpr(7), gpr(8)] {
            ops.extend(FLOATS.map(|scalar| Op::Extend(to, fpr(number), scalar)));
        }
    }
}

/// Operations on places that count from the start of the code: near and far, in words and not.
fn in_code() -> Vec<Vec<Op>> {
    let mut all = Vec::new();
    for offset in [
        64,
        66,
        4096,
        65_536,
        (1 << 20) - 4,
        (1 << 20) - 1,
        1 << 20,
        (1 << 20) + 4,
        1 << 24,
        (1 << 24) + 1,
        1 << 30,
    ] {
        let place = code(offset);
        let mut ops: Vec<Op> = GPRS.map(|number| Op::Address(gpr(number), place)).collect();
        ops.extend((1..=8).map(|width| Op::Load(gpr(1), place, width)));
        ops.extend([1, 2, 4, 8].map(|width| Op::Store(place, gpr(1), width)));
        ops.extend([
            Op::Address(CONTEXT, place),
            Op::Load(fpr(3), place, 8),
            Op::Count(place),
            Op::JumpThrough(place),
            Op::CallThrough(place),
        ]);
        // Parts of an odd width that lie further on have an offset of their own.
        let bounded = |op: &Op| !matches!(op, Op::Load(_, _, 3 | 5..=7)) || offset < 1 << 30;
        for op in ops.into_iter().filter(bounded) {
            all.push(vec![op]);
            // Not the first instruction of its code.
            all.push(vec![Op::Land, Op::Jump, op]);
        }
    }
    all
}

/// Frames on both sides of the page that they may have without a probe.
fn frames() -> Vec<Op> {
    let mut ops = Vec::new();
    for size in [
        0,
        16,
        4080,
        4096,
        4112,
        8192,
        65_536,
        1 << 20,
        3 << 20,
        (1 << 24) - 16,
        1 << 24,
        1 << 30,
    ] {
        for align in [16, 32, 64, 4096, 1 << 20, 1 << 30] {
            ops.push(Op::Enter { size, align });
        }
    }
    ops
}

/// Operations, and lists of them where one alone makes no sense.
pub(crate) fn all() -> Vec<Vec<Op>> {
    let mut all: Vec<Vec<Op>> = plain().into_iter().map(|op| vec![op]).collect();
    all.extend(frames().into_iter().map(|op| vec![op]));
    all.extend(in_code());
    let entry = Reg::Entry(1);
    for offset in offsets(4).chain(offsets(8)) {
        for kind in NUMBERS {
            all.push(vec![Op::Expect(at(entry, offset), kind), Op::Mismatch]);
        }
        let null = Op::ExpectNonNull(at(entry, offset));
        all.push(vec![null, Op::Jump, Op::Mismatch]);
    }
    all
}

/// Lists that make no sense.
pub(crate) fn refused() -> Vec<Vec<Op>> {
    let (end, slot) = ((1 << 30) + 1, at(SLOTS, 0));
    let mut refused = vec![
        // No exit to go to, and one that is too far away.
        vec![Op::Expect(slot, 1)],
        vec![Op::ExpectNonNull(slot)],
        std::iter::once(Op::ExpectNonNull(slot))
            .chain(std::iter::repeat_n(Op::Jump, 1 << 18))
            .chain([Op::Mismatch])
            .collect(),
        // Offsets and sizes beyond what every encoder takes.
        vec![Op::Load(gpr(0), at(SLOTS, end), 8)],
        vec![Op::Load(gpr(0), at(SLOTS, u32::MAX), 8)],
        vec![Op::Load(gpr(0), caller(u32::MAX), 8)],
        vec![Op::Block(frame(u32::MAX - 64), at(TEMP, 0), 16)],
        vec![Op::Block(frame(0), at(TEMP, 0), u32::MAX)],
        vec![Op::Enter {
            size: u32::MAX,
            align: 16,
        }],
        vec![Op::Enter {
            size: 16,
            align: 1 << 31,
        }],
        vec![Op::Enter {
            size: 16,
            align: 24,
        }],
        vec![Op::Load(gpr(0), slot, 0)],
        vec![Op::Load(gpr(0), slot, 9)],
        vec![Op::Load(gpr(0), slot, 16)],
        vec![Op::Load(fpr(0), slot, 1)],
        vec![Op::Load(fpr(0), slot, 5)],
        // Floats and stack places are no addresses and no integers.
        vec![Op::Load(gpr(0), at(fpr(0), 0), 8)],
        vec![Op::Copy(gpr(0), fpr(0))],
        vec![Op::Store(frame(0), Reg::Plan(Loc::Stack(0)), 8)],
        vec![Op::Extend(gpr(0), fpr(0), Scalar::I32)],
        vec![Op::Extend(fpr(0), gpr(0), Scalar::F32)],
        // What does not fit into a slot, and the registers of another machine.
        vec![Op::Extend(gpr(0), gpr(0), Scalar::I128)],
        vec![Op::Extend(gpr(0), fpr(0), Scalar::V128)],
        vec![Op::Load(Reg::Plan(Loc::X87(0)), slot, 10)],
        vec![Op::Store(frame(0), Reg::Plan(Loc::X87(0)), 10)],
        vec![Op::Store(frame(0), fpr(0), 6)],
        vec![Op::Extend(gpr(0), Reg::Plan(Loc::Stack(0)), Scalar::I8)],
        // Widths that a store does not have.
        vec![Op::Store(frame(0), gpr(0), 3)],
        vec![Op::Store(frame(0), gpr(0), 16)],
        vec![Op::Store(frame(0), fpr(0), 1)],
        vec![Op::Set(frame(end), 0)],
        vec![Op::Address(gpr(0), caller(end))],
        vec![Op::CallThrough(at(CONTEXT, end))],
        // What the conventions here do not have.
        vec![Op::Vectors(1)],
        vec![Op::Copy(TEMP, Reg::Entry(4))],
        // A record that no instruction reaches.
        stub(CONTEXT, false, end),
        stub(CONTEXT, true, u32::MAX),
        stub(fpr(0), false, 4096),
    ];
    // Registers of roles, of the system, of the caller, and none at all.
    for number in 9..=u8::MAX {
        refused.push(vec![Op::Copy(gpr(number), gpr(0))]);
        refused.push(vec![Op::Load(gpr(0), at(gpr(number), 0), 8)]);
    }
    for number in 8..=u8::MAX {
        refused.push(vec![Op::Load(fpr(number), slot, 8)]);
        refused.push(vec![Op::Store(frame(0), fpr(number), 8)]);
    }
    refused
}
