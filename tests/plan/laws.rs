//! What holds for every signature, tried on random ones.

use crate::guards;
use crate::machine::{End, FRAME, Machine};
use crate::notation::signature;
use crate::random::Random;
use farcall_jit::abi::{APPLE_ARM64, Abi, CallPlan, Loc, Move, Place, Returning, Sret};
use farcall_jit::layout::{Bank, Layout, Record, Scalar, Signature};
use farcall_jit::trampoline::{Form, Guard, Op, Reg, Results, Role, downcall};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

const SIGNATURES: usize = 1000;

/// Where the slots lie.
const SLOTS: u64 = 0x1000;

/// Where the result goes.
const RESULT: u64 = 0xabc0_0002;

pub(crate) fn for_random_plans(mut law: impl FnMut(&mut Random, &Signature, &CallPlan)) {
    let mut random = Random::new();
    for _ in 0..SIGNATURES {
        let text = random.signature();
        let signature = signature(&text);
        for abi in Abi::ALL {
            let plan = abi.plan(&signature).expect(&text);
            // Shown if the law is broken.
            println!("{text}\n{plan}");
            law(&mut random, &signature, &plan);
        }
    }
}

#[test]
fn locations_are_disjoint_aligned_and_within_the_stack() {
    for_random_plans(|_, signature, plan| {
        let mut registers = HashSet::new();
        let mut stack = Vec::new();
        let mut take = |loc: Loc, align: u32, size: u32| match loc {
            Loc::Stack(offset) => stack.push((offset, align, size)),
            register => assert!(registers.insert(register), "{register:?} twice"),
        };
        if let Returning::Memory { address, .. } = plan.result {
            take(address, 8, 8);
        }
        for (index, param) in plan.params.iter().enumerate() {
            let extra = signature.fixed.is_some_and(|fixed| index >= fixed);
            let align = stack_align(plan.abi, &param.layout, extra);
            match &param.place {
                Place::Moves(moves) if param.layout.is_direct() => {
                    let size = param.layout.size();
                    moves.iter().for_each(|one| take(one.loc, align, size));
                }
                // Only what is split has some of it on the stack.
                Place::Moves(moves) => moves.iter().for_each(|one| take(one.loc, 8, 8)),
                Place::Stack(offset) => take(Loc::Stack(*offset), align, param.layout.size()),
                Place::Indirect(loc) => take(*loc, 8, 8),
            }
        }
        let mut end = plan.abi.shadow;
        for (offset, align, size) in stack {
            assert!(offset >= end, "stack+{offset} overlaps, or is out of order");
            assert!(offset.is_multiple_of(align) && plan.stack_align.is_multiple_of(align));
            assert!(
                offset - end < align,
                "a hole of {} bytes at {end}",
                offset - end
            );
            end = offset + size.next_multiple_of(align);
        }
        assert_eq!(end.next_multiple_of(8), plan.stack);
        assert!(plan.stack_align >= 16 && plan.stack_align.is_power_of_two());
        for loc in registers {
            let of_arguments = match loc {
                Loc::Gpr(number) if plan.abi.sret == Sret::Register(number) => true,
                Loc::Gpr(number) => plan.abi.gprs.contains(&number),
                Loc::Fpr(number) => plan.abi.fprs.contains(&number),
                Loc::X87(_) | Loc::Stack(_) => false,
            };
            assert!(of_arguments, "{loc:?} carries no arguments");
        }
    });
}

/// How an argument is aligned on the stack, and what its size is rounded up to.
fn stack_align(abi: &Abi, layout: &Layout, extra: bool) -> u32 {
    let natural = match layout {
        Layout::Scalar(scalar) => scalar.align(),
        Layout::Record(record) => record.natural_align(),
    };
    // The members of a record of up to four equal floats or vectors that fill it.
    let member = match layout {
        Layout::Scalar(scalar) => Some(scalar.align()),
        Layout::Record(record) => {
            let first = record.leaves().first().map(|leaf| leaf.scalar);
            let alike = (record.leaves().iter()).all(|leaf| Some(leaf.scalar) == first);
            let float = first.filter(|first| first.bank() == Bank::Fpr && alike);
            let count = record.leaves().len() as u32;
            let whole = |first: &Scalar| count <= 4 && count * first.size() == record.size();
            float.filter(whole).map(Scalar::align)
        }
    };
    let apple = member.unwrap_or(layout.align().clamp(8, 16));
    match abi.name {
        "System V x86-64" | "Windows x64" => layout.align().max(8),
        "AAPCS64" => natural.clamp(8, 16),
        "Apple arm64" if !extra => apple,
        "Windows arm64" => apple.max(8),
        "Apple arm64" | "Windows arm64, variadic" => layout.align().clamp(8, 16),
        name => panic!("{name}"),
    }
}

#[test]
fn moves_cover_every_scalar_once() {
    for_random_plans(|_, signature, plan| {
        for (index, param) in plan.params.iter().enumerate() {
            if let Place::Moves(moves) = &param.place {
                let variadic = signature.fixed.is_some_and(|fixed| index >= fixed);
                let twins = variadic && plan.abi.twins_floats;
                let moves = match (moves.as_slice(), &param.layout) {
                    ([fpr, gpr], Layout::Scalar(Scalar::F16 | Scalar::F32 | Scalar::F64))
                        if twins =>
                    {
                        assert!(matches!((fpr.loc, gpr.loc), (Loc::Fpr(_), Loc::Gpr(_))));
                        &moves[..1]
                    }
                    _ => moves,
                };
                covers(moves, &param.layout);
            }
        }
        if let Returning::Moves { layout, moves } = &plan.result {
            covers(moves, layout);
        }
    });
}

fn covers(moves: &[Move], layout: &Layout) {
    let mut seen = vec![0; layout.size() as usize];
    for one in moves {
        assert!(match one.loc {
            Loc::Gpr(_) | Loc::Stack(_) => (1..=8).contains(&one.width),
            Loc::Fpr(_) => matches!(one.width, 2 | 4 | 6 | 8 | 16),
            Loc::X87(_) => one.width == 10,
        });
        for byte in one.offset..one.offset + one.width {
            seen[byte as usize] += 1;
        }
    }
    assert!(seen.iter().all(|times| *times <= 1), "{moves:?}");
    let scalars = match layout {
        Layout::Scalar(Scalar::C80) => vec![(0, Scalar::F80), (16, Scalar::F80)],
        Layout::Scalar(scalar) => vec![(0, *scalar)],
        Layout::Record(record) => record
            .leaves()
            .iter()
            .map(|l| (l.offset, l.scalar))
            .collect(),
    };
    for (offset, scalar) in scalars {
        let bytes = value_bytes(offset, scalar);
        assert!(seen[bytes].iter().all(|times| *times == 1), "{moves:?}");
    }
}

/// The bytes of a scalar that carry its value: of the x87's numbers ten.
fn value_bytes(offset: u32, scalar: Scalar) -> Range<usize> {
    let width = match scalar {
        Scalar::F80 => 10,
        other => other.size(),
    };
    offset as usize..(offset + width) as usize
}

/// A machine before the call, with random values, and what each argument's bytes are.
fn prepared(random: &mut Random, plan: &CallPlan, kinds: Option<&[Guard]>) -> Prepared {
    let mut machine = Machine::new(plan.abi, [0xabc0, SLOTS, RESULT, 0xabc3]);
    let mut slots = Vec::new();
    let mut values = Vec::new();
    for (index, param) in plan.params.iter().enumerate() {
        let size = match &param.layout {
            direct if direct.is_direct() => 8,
            layout => layout.size() as usize,
        };
        let mut bytes: Vec<u8> = (0..size).map(|_| random.bits() as u8).collect();
        bytes[0] |= 1;
        if let Some(guards) = kinds {
            slots.extend(guards[index].kind.to_le_bytes());
            slots.extend(0x5555_5555u32.to_le_bytes());
        }
        if !param.layout.is_direct() {
            let address = 0x10_0000 * (index as u64 + 1) + random.below(64);
            slots.extend(address.to_le_bytes());
            machine.memory.insert(address, bytes.clone());
        } else {
            slots.extend(&bytes);
        }
        values.push(bytes);
    }
    machine.memory.insert(SLOTS, slots);
    Prepared { machine, values }
}

struct Prepared {
    machine: Machine,
    values: Vec<Vec<u8>>,
}

impl Prepared {
    /// Runs a downcall, looks at everything as the target finds it, and at what becomes of its
    /// result.
    fn run(self, random: &mut Random, plan: &CallPlan, ops: &[Op]) {
        let Self {
            mut machine,
            values,
        } = self;
        if Results::of(plan) != Results::Stored {
            let end = machine.run(ops);
            arrived(&mut machine, &values, plan);
            let framed = !machine.frame.is_empty();
            assert_eq!(end, if framed { End::Called } else { End::Jumped });
            return;
        }
        machine.result = Some(RESULT);
        let mut expected = BTreeMap::new();
        let end = machine.run_with(ops, &mut |machine, _| {
            arrived(machine, &values, plan);
            expected = given(random, machine, plan);
        });
        assert_eq!(end, End::Returned);
        assert!(machine.x87.is_empty());
        assert_eq!(machine.written, expected);
    }
}

/// Puts a random result where the plan has it and junk everywhere else. Returns what bytes of the
/// registers are to be stored at which offset of the result.
fn given(random: &mut Random, machine: &mut Machine, plan: &CallPlan) -> BTreeMap<u64, u8> {
    machine.overwrite(|| random.bits());
    machine.fprs = [0; 16].map(|_| random.wide());
    let Returning::Moves { moves, .. } = &plan.result else {
        panic!("{plan}");
    };
    let mut expected = BTreeMap::new();
    // The top of the x87 stack is what was pushed last.
    for one in moves.iter().rev() {
        let (bits, width) = match one.loc {
            Loc::Gpr(number) => (machine.gprs[usize::from(number)].into(), 8),
            Loc::Fpr(number) => (machine.fprs[usize::from(number)], one.width),
            Loc::X87(_) => {
                machine.x87.push(random.wide());
                (machine.x87[machine.x87.len() - 1], 10)
            }
            Loc::Stack(_) => panic!("{plan}"),
        };
        let bytes = bits.to_le_bytes().into_iter().take(width as usize);
        expected.extend((u64::from(one.offset)..).zip(bytes));
    }
    expected
}

/// Looks at everything as the target finds it.
fn arrived(machine: &mut Machine, values: &[Vec<u8>], plan: &CallPlan) {
    assert_eq!(machine.target(), 0xabc0, "the target");
    if let Returning::Memory { address, .. } = plan.result {
        assert_eq!(
            at(machine, address),
            RESULT.into(),
            "the address of the result"
        );
    }
    if let Some(count) = plan.vectors {
        assert_eq!(machine.gprs[0], count.into(), "the vector registers");
    }
    for (param, bytes) in plan.params.iter().zip(values.iter()) {
        match &param.place {
            Place::Moves(moves) => {
                for one in moves {
                    if let (Loc::Stack(offset), true) = (one.loc, param.layout.is_direct()) {
                        let value = &bytes[..param.layout.size() as usize];
                        let stored = machine.stored(FRAME + u64::from(offset), value.len());
                        assert_eq!(stored, value, "{one:?}");
                        continue;
                    }
                    let mut word = [0; 16];
                    let width = match param.layout.is_direct() {
                        true => 8,
                        false => one.width as usize,
                    };
                    word[..width].copy_from_slice(&bytes[one.offset as usize..][..width]);
                    assert_eq!(at(machine, one.loc), u128::from_le_bytes(word), "{one:?}");
                }
            }
            Place::Stack(offset) => {
                let stored = machine.stored(FRAME + u64::from(*offset), bytes.len());
                assert_eq!(stored, *bytes);
            }
            Place::Indirect(loc) => {
                let address = at(machine, *loc) as u64;
                let align = param.layout.align().max(16);
                assert!(address.is_multiple_of(align.into()) && machine.align >= align);
                assert!(address >= FRAME + u64::from(plan.stack), "above the stack");
                assert_eq!(machine.stored(address, bytes.len()), *bytes);
            }
        }
    }
    if machine.frame.is_empty() {
        assert_eq!(plan.stack, plan.abi.shadow);
    } else {
        let size = machine.frame.len();
        assert!(machine.align >= plan.stack_align && size >= plan.stack as usize);
    }
}

fn at(machine: &Machine, loc: Loc) -> u128 {
    match loc {
        Loc::Gpr(number) => machine.gprs[usize::from(number)].into(),
        Loc::Fpr(number) => machine.fprs[usize::from(number)],
        Loc::X87(_) => panic!("an argument at {loc:?}"),
        Loc::Stack(offset) => {
            let bytes = machine.stored(FRAME + u64::from(offset), 8);
            u64::from_le_bytes(bytes.try_into().unwrap()).into()
        }
    }
}

#[test]
fn operations_put_every_byte_where_the_plan_has_it() {
    for_random_plans(|random, signature, plan| {
        let ops = downcall(plan, Form::Unchecked);
        assert_eq!(ops, downcall(plan, Form::Unchecked));
        let unchecked = prepared(random, plan, None);
        unchecked.run(random, plan, &ops);

        let guards = guards(signature);
        let ops = downcall(plan, Form::Checked(&guards));
        let checked = prepared(random, plan, Some(&guards));
        checked.run(random, plan, &ops);
    });
}

#[test]
fn a_wrong_kind_or_null_ends_at_the_exit() {
    for_random_plans(|random, signature, plan| {
        let guards = guards(signature);
        let ops = downcall(plan, Form::Checked(&guards));
        for null in [false, true] {
            let Some(last) = guards.len().checked_sub(1) else {
                return;
            };
            let index = random.below(last as u64 + 1) as usize;
            if null && !guards[index].non_null {
                continue;
            }
            let mut given = guards.clone();
            if !null {
                given[index].kind ^= 1 << random.below(32);
            }
            let mut machine = prepared(random, plan, Some(&given)).machine;
            if null {
                let slots = machine.memory.get_mut(&SLOTS).unwrap();
                slots[16 * index + 8..][..8].fill(0);
            }
            let before = machine.gprs;
            assert_eq!(machine.run(&ops), End::Mismatch);
            assert_eq!(machine.gprs, before);
            assert!(machine.frame.is_empty());
        }
    });
}

#[test]
fn register_loads_commute() {
    for_random_plans(|random, _, plan| {
        let mut ops = downcall(plan, Form::Unchecked);
        let last = |op: &Op| !matches!(op, Op::Load(..) | Op::Address(..) | Op::Vectors(_));
        let call = |op: &Op| matches!(op, Op::Call | Op::CallAndReturn | Op::Jump);
        let end = ops.iter().position(call).unwrap() - usize::from(plan.vectors.is_some());
        let start = 1 + ops[..end].iter().rposition(last).unwrap();
        // What lives in the temporary is loaded and used in one go.
        let mut groups: Vec<Vec<Op>> = Vec::new();
        for op in ops.drain(start..end) {
            match (op, groups.last_mut()) {
                (Op::Load(_, from, _), Some(group))
                    if from.base == farcall_jit::trampoline::Base::Reg(Reg::Role(Role::Temp)) =>
                {
                    group.push(op);
                }
                _ => groups.push(vec![op]),
            }
        }
        random.shuffle(&mut groups);
        ops.splice(start..start, groups.into_iter().flatten());
        let shuffled = prepared(random, plan, None);
        shuffled.run(random, plan, &ops);
    });
}

#[test]
fn integers_of_all_kinds_share_code() {
    for_random_plans(|_, signature, plan| {
        // Where the stack is packed, the width shows in the place.
        if plan.abi.name == APPLE_ARM64.name {
            return;
        }
        let unsigned = |layout: &Layout| match layout {
            Layout::Scalar(Scalar::I128) => Layout::Scalar(Scalar::U128),
            Layout::Scalar(Scalar::F16 | Scalar::F32) => Layout::Scalar(Scalar::F64),
            Layout::Scalar(scalar) if scalar.bank() == Bank::Gpr && layout.is_direct() => {
                Layout::Scalar(Scalar::U64)
            }
            Layout::Scalar(_) => layout.clone(),
            Layout::Record(record) => Layout::Record(same_size(record)),
        };
        let other = Signature {
            params: signature.params.iter().map(unsigned).collect(),
            ..signature.clone()
        };
        let other = plan.abi.plan(&other).unwrap();
        assert_eq!(
            downcall(plan, Form::Unchecked),
            downcall(&other, Form::Unchecked)
        );
    });
}

/// The record with every integer unsigned.
fn same_size(record: &Record) -> Record {
    let leaves = record.leaves().iter().map(|leaf| {
        let mut leaf = *leaf;
        leaf.scalar = match leaf.scalar {
            Scalar::I8 => Scalar::U8,
            Scalar::I16 => Scalar::U16,
            Scalar::I32 => Scalar::U32,
            Scalar::I64 => Scalar::U64,
            Scalar::I128 => Scalar::U128,
            other => other,
        };
        leaf
    });
    let (size, align) = (record.size().into(), record.align().into());
    let same = Record::new(size, align, leaves.collect::<Vec<_>>()).unwrap();
    same.with_natural_align(record.natural_align().into())
}
