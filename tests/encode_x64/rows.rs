//! Operations to try, with every register, width and edge.

use farcall_jit::abi::Loc;
use farcall_jit::layout::Scalar;
use farcall_jit::trampoline::{Base, Mem, Op, Reg, Role, stub};

/// Every general-purpose register, the stack pointer too.
pub(crate) const GPRS: std::ops::Range<u8> = 0..16;

/// Both sides of the edge between displacements of 8 and of 32 bits.
const OFFSETS: [u32; 7] = [0, 1, 119, 127, 128, 255, 1 << 20];

/// Both sides of the edges of immediates.
const NUMBERS: [u32; 7] = [0, 1, 127, 128, 0x7fff_ffff, 0x8000_0000, u32::MAX];

pub(crate) const fn gpr(number: u8) -> Reg {
    Reg::Plan(Loc::Gpr(number))
}

pub(crate) const fn fpr(number: u8) -> Reg {
    Reg::Plan(Loc::Fpr(number))
}

pub(crate) const fn x87(depth: u8) -> Reg {
    Reg::Plan(Loc::X87(depth))
}

const fn at(reg: Reg, offset: u32) -> Mem {
    let base = Base::Reg(reg);
    Mem { base, offset }
}

const fn frame(offset: u32) -> Mem {
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

/// Operations that have no jump to the exit.
pub(crate) fn plain() -> Vec<Op> {
    let mut ops = vec![Op::Land, Op::Call, Op::CallAndReturn, Op::Jump];
    for number in GPRS {
        let reg = gpr(number);
        for width in 1..=8 {
            ops.push(Op::Load(reg, at(SLOTS, 0), width));
            ops.push(Op::Load(reg, at(TEMP, 8), width));
        }
        // rsp and r12 need a second byte for the base, rbp and r13 a displacement.
        for offset in OFFSETS {
            ops.push(Op::Load(TEMP, at(reg, offset), 8));
            ops.push(Op::Load(TEMP, at(reg, offset), 7));
            ops.push(Op::Load(fpr(7), at(reg, offset), 4));
            ops.push(Op::Address(reg, frame(offset)));
            ops.push(Op::Store(frame(offset), reg, 8));
            ops.push(Op::Store(at(reg, offset), TEMP, 8));
        }
        for from in GPRS {
            ops.push(Op::Copy(reg, gpr(from)));
        }
    }
    for role in [Role::Target, Role::Slots, Role::Temp, Role::Count] {
        for entry in 0..4 {
            ops.push(Op::Copy(Reg::Role(role), Reg::Entry(entry)));
        }
    }
    for number in 0..16 {
        ops.push(Op::Load(fpr(number), at(SLOTS, 16), 8));
        ops.push(Op::Load(fpr(number), at(TEMP, 8), 4));
        ops.extend([2, 6, 16].map(|width| Op::Load(fpr(number), at(TEMP, 8), width)));
        ops.extend([2, 6, 16].map(|width| Op::Store(at(SLOTS, 8), fpr(number), width)));
    }
    for offset in OFFSETS {
        for depth in [0, 1] {
            ops.push(Op::Load(x87(depth), at(TEMP, offset), 10));
            ops.push(Op::Store(at(SLOTS, offset), x87(depth), 10));
        }
    }
    for size in 0..=400 {
        ops.push(Op::Block(frame(0), at(TEMP, 0), size));
    }
    for (size, offset) in [
        (1000, 32),
        (4096, 127),
        (65_537, 128),
        (1 << 20, 1 << 20),
        (15, 120),
    ] {
        ops.push(Op::Block(frame(offset), at(TEMP, 0), size));
    }
    ops.extend((0..=8).map(Op::Vectors));
    ops.extend(of_upcalls());
    ops
}

/// Operations that only upcalls and stubs have.
fn of_upcalls() -> Vec<Op> {
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
    let mut ops = vec![Op::Return];
    for number in GPRS {
        let reg = gpr(number);
        let floats = [Scalar::F16, Scalar::F32, Scalar::F64, Scalar::V64];
        for scalar in INTEGERS.into_iter().chain(floats) {
            ops.push(Op::Extend(TEMP, reg, scalar));
            ops.push(Op::Extend(reg, TEMP, scalar));
        }
        ops.push(Op::Copy(reg, CONTEXT));
        ops.push(Op::Address(CONTEXT, at(reg, 8)));
        for offset in [0, 127, 128] {
            let place = at(reg, offset);
            ops.push(Op::Store(place, fpr(7), 8));
            ops.push(Op::Store(place, fpr(7), 4));
            ops.push(Op::Set(place, offset));
            ops.push(Op::Count(place));
            ops.push(Op::CallThrough(place));
            ops.push(Op::JumpThrough(place));
        }
    }
    for offset in OFFSETS {
        ops.push(Op::Address(TEMP, caller(offset)));
        ops.push(Op::Store(caller(offset), TEMP, 8));
        ops.extend((1..=8).map(|width| Op::Load(TEMP, caller(offset), width)));
    }
    for number in 0..16 {
        for to in [TEMP, gpr(7), gpr(8)] {
            for scalar in [Scalar::F16, Scalar::F32, Scalar::F64, Scalar::V64] {
                ops.push(Op::Extend(to, fpr(number), scalar));
            }
        }
        ops.push(Op::Store(frame(16), fpr(number), 8));
        ops.push(Op::Store(frame(16), fpr(number), 4));
    }
    ops.extend(NUMBERS.map(|number| Op::Set(frame(48), number)));
    ops
}

/// Operations on places that count from the start of the code; each is the first of its code.
fn in_code() -> Vec<Op> {
    let mut ops = Vec::new();
    for offset in OFFSETS.into_iter().skip(2) {
        ops.extend(GPRS.map(|number| Op::Address(gpr(number), code(offset))));
        ops.push(Op::Address(CONTEXT, code(offset)));
        ops.push(Op::Count(code(offset)));
        ops.push(Op::JumpThrough(code(offset)));
        ops.push(Op::CallThrough(code(offset)));
    }
    ops
}

/// Frames on both sides of the page that they may have without a probe.
fn frames() -> Vec<Op> {
    let mut ops = Vec::new();
    for size in [
        16,
        112,
        128,
        4064,
        4080,
        4096,
        4112,
        8192,
        8208,
        1 << 20,
        3 << 20,
    ] {
        for align in [16, 32, 64, 128, 4096, 1 << 20] {
            ops.push(Op::Enter { size, align });
        }
    }
    ops
}

/// Operations, and lists of them where one alone makes no sense.
pub(crate) fn all() -> Vec<Vec<Op>> {
    let mut all: Vec<Vec<Op>> = plain().into_iter().map(|op| vec![op]).collect();
    all.extend(frames().into_iter().map(|op| vec![op]));
    all.extend(in_code().into_iter().map(|op| vec![op]));
    let entry = Reg::Entry(1);
    for offset in OFFSETS {
        for kind in NUMBERS {
            all.push(vec![Op::Expect(at(entry, offset), kind), Op::Mismatch]);
        }
        all.push(vec![Op::ExpectNonNull(at(entry, offset)), Op::Mismatch]);
    }
    all
}

/// Lists that make no sense.
pub(crate) fn refused() -> Vec<Vec<Op>> {
    let (end, slot) = (1 << 31, at(SLOTS, 0));
    vec![
        // No exit to go to.
        vec![Op::Expect(slot, 1)],
        vec![Op::ExpectNonNull(slot)],
        // Offsets and sizes that no instruction holds.
        vec![Op::Load(gpr(0), at(SLOTS, end), 8)],
        vec![Op::Load(gpr(0), at(SLOTS, u32::MAX), 3)],
        vec![Op::Block(frame(u32::MAX), at(TEMP, 0), 16)],
        vec![Op::Block(frame(0), at(TEMP, 0), u32::MAX)],
        vec![Op::Enter {
            size: u32::MAX,
            align: 16,
        }],
        vec![Op::Enter {
            size: 16,
            align: end,
        }],
        vec![Op::Load(gpr(0), slot, 0)],
        vec![Op::Load(gpr(0), slot, 9)],
        vec![Op::Load(fpr(0), slot, 5)],
        // Floats and stack places are no addresses and no integers.
        vec![Op::Load(gpr(0), at(fpr(0), 0), 8)],
        vec![Op::Copy(gpr(0), fpr(0))],
        vec![Op::Store(frame(0), Reg::Plan(Loc::Stack(0)), 8)],
        vec![Op::Extend(gpr(0), fpr(0), Scalar::I32)],
        vec![Op::Extend(fpr(0), gpr(0), Scalar::F32)],
        vec![Op::Extend(gpr(0), Reg::Plan(Loc::Stack(0)), Scalar::I8)],
        vec![Op::Load(fpr(0), slot, 10)],
        vec![Op::Load(gpr(0), slot, 16)],
        vec![Op::Load(x87(0), slot, 8)],
        vec![Op::Load(x87(0), slot, 16)],
        // Widths that a store does not have.
        vec![Op::Store(frame(0), gpr(0), 4)],
        vec![Op::Store(frame(0), gpr(0), 16)],
        vec![Op::Store(frame(0), fpr(0), 1)],
        vec![Op::Store(frame(0), fpr(0), 10)],
        vec![Op::Store(frame(0), x87(0), 16)],
        // What is in two registers or none is not extended.
        vec![Op::Extend(gpr(0), gpr(1), Scalar::I128)],
        vec![Op::Extend(gpr(0), fpr(1), Scalar::V128)],
        vec![Op::Extend(gpr(0), x87(0), Scalar::F80)],
        vec![Op::Copy(gpr(0), x87(0))],
        vec![Op::Set(frame(end), 0)],
        vec![Op::Address(gpr(0), caller(end))],
        vec![Op::CallThrough(at(CONTEXT, end))],
        // A record that no instruction reaches.
        stub(CONTEXT, false, end),
        stub(CONTEXT, true, u32::MAX),
        stub(fpr(0), false, 4096),
    ]
}
