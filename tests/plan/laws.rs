//! What holds for every signature, tried on random ones.

use crate::guards;
use crate::machine::{End, FRAME, Machine};
use crate::notation::signature;
use crate::random::Random;
use farcall_jit::abi::{Abi, CallPlan, Loc, Move, Place, Returning};
use farcall_jit::layout::{Layout, Record, Scalar, Signature};
use farcall_jit::trampoline::{Form, Guard, Op, Reg, Role, downcall};
use std::collections::HashSet;

const SIGNATURES: usize = 1000;

/// Where the slots lie.
const SLOTS: u64 = 0x1000;

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
    for_random_plans(|_, _, plan| {
        let mut registers = HashSet::new();
        let mut stack = Vec::new();
        let mut take = |loc: Loc, align: u32, size: u32| match loc {
            Loc::Stack(offset) => stack.push((offset, align.max(8), size)),
            register => assert!(registers.insert(register), "{register:?} twice"),
        };
        if let Returning::Memory { address, .. } = plan.result {
            take(address, 8, 8);
        }
        for param in &plan.params {
            match &param.place {
                Place::Moves(moves) => moves.iter().for_each(|one| take(one.loc, 8, 8)),
                Place::Stack(offset) => {
                    take(
                        Loc::Stack(*offset),
                        param.layout.align(),
                        param.layout.size(),
                    );
                }
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
            end = offset + size.next_multiple_of(8);
        }
        assert_eq!(end, plan.stack);
        assert!(plan.stack_align >= 16 && plan.stack_align.is_power_of_two());
        for loc in registers {
            let of_arguments = match loc {
                Loc::Gpr(number) => plan.abi.gprs.contains(&number),
                Loc::Fpr(number) => plan.abi.fprs.contains(&number),
                Loc::Stack(_) => false,
            };
            assert!(of_arguments, "{loc:?} carries no arguments");
        }
    });
}

#[test]
fn moves_cover_every_scalar_once() {
    for_random_plans(|_, signature, plan| {
        for (index, param) in plan.params.iter().enumerate() {
            if let Place::Moves(moves) = &param.place {
                let variadic = signature.fixed.is_some_and(|fixed| index >= fixed);
                let twins = variadic && plan.abi.twins_floats;
                let moves = match (moves.as_slice(), &param.layout) {
                    ([fpr, gpr], Layout::Scalar(Scalar::F32 | Scalar::F64)) if twins => {
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
        assert!((1..=8).contains(&one.width));
        for byte in one.offset..one.offset + one.width {
            seen[byte as usize] += 1;
        }
    }
    assert!(seen.iter().all(|times| *times <= 1), "{moves:?}");
    let scalars = match layout {
        Layout::Scalar(scalar) => vec![(0, *scalar)],
        Layout::Record(record) => record
            .leaves()
            .iter()
            .map(|l| (l.offset, l.scalar))
            .collect(),
    };
    for (offset, scalar) in scalars {
        let bytes = offset as usize..(offset + scalar.size()) as usize;
        assert!(seen[bytes].iter().all(|times| *times == 1), "{moves:?}");
    }
}

/// A machine before the call, with random values, and what each argument's bytes are.
fn prepared(random: &mut Random, plan: &CallPlan, kinds: Option<&[Guard]>) -> Prepared {
    let mut machine = Machine::new(plan.abi, [0xabc0, SLOTS, 0xabc2, 0xabc3]);
    let mut slots = Vec::new();
    let mut values = Vec::new();
    for (index, param) in plan.params.iter().enumerate() {
        let size = match &param.layout {
            Layout::Scalar(_) => 8,
            Layout::Record(record) => record.size() as usize,
        };
        let mut bytes: Vec<u8> = (0..size).map(|_| random.bits() as u8).collect();
        bytes[0] |= 1;
        if let Some(guards) = kinds {
            slots.extend(guards[index].kind.to_le_bytes());
            slots.extend(0x5555_5555u32.to_le_bytes());
        }
        if let Layout::Record(_) = param.layout {
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
    fn check(&mut self, plan: &CallPlan, end: End) {
        let Self { machine, values } = self;
        assert_eq!(machine.gprs[11], 0xabc0, "the target");
        if let Returning::Memory { address, .. } = plan.result {
            assert_eq!(at(machine, address), 0xabc2, "the address of the result");
        }
        if let Some(count) = plan.vectors {
            assert_eq!(machine.gprs[0], count.into(), "the vector registers");
        }
        for (param, bytes) in plan.params.iter().zip(values.iter()) {
            match &param.place {
                Place::Moves(moves) => {
                    for one in moves {
                        let mut word = [0; 8];
                        let width = match param.layout {
                            Layout::Scalar(_) => 8,
                            Layout::Record(_) => one.width as usize,
                        };
                        word[..width].copy_from_slice(&bytes[one.offset as usize..][..width]);
                        assert_eq!(at(machine, one.loc), u64::from_le_bytes(word), "{one:?}");
                    }
                }
                Place::Stack(offset) => {
                    let stored = machine.stored(FRAME + u64::from(*offset), bytes.len());
                    assert_eq!(stored, *bytes);
                }
                Place::Indirect(loc) => {
                    let address = at(machine, *loc);
                    let align = param.layout.align().max(16);
                    assert!(address.is_multiple_of(align.into()) && machine.align >= align);
                    assert!(address >= FRAME + u64::from(plan.stack), "above the stack");
                    assert_eq!(machine.stored(address, bytes.len()), *bytes);
                }
            }
        }
        let framed = !machine.frame.is_empty();
        assert_eq!(end, if framed { End::Called } else { End::Jumped });
        if framed {
            assert!(
                machine.align >= plan.stack_align && machine.frame.len() >= plan.stack as usize
            );
        } else {
            assert_eq!(plan.stack, plan.abi.shadow);
        }
    }
}

fn at(machine: &Machine, loc: Loc) -> u64 {
    match loc {
        Loc::Gpr(number) => machine.gprs[usize::from(number)],
        Loc::Fpr(number) => machine.fprs[usize::from(number)],
        Loc::Stack(offset) => {
            let bytes = machine.stored(FRAME + u64::from(offset), 8);
            u64::from_le_bytes(bytes.try_into().unwrap())
        }
    }
}

#[test]
fn operations_put_every_byte_where_the_plan_has_it() {
    for_random_plans(|random, signature, plan| {
        let ops = downcall(plan, Form::Unchecked);
        assert_eq!(ops, downcall(plan, Form::Unchecked));
        let mut unchecked = prepared(random, plan, None);
        let end = unchecked.machine.run(&ops);
        unchecked.check(plan, end);

        let guards = guards(signature);
        let ops = downcall(plan, Form::Checked(&guards));
        let mut checked = prepared(random, plan, Some(&guards));
        let end = checked.machine.run(&ops);
        checked.check(plan, end);
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
        let end = ops.len() - 1 - usize::from(plan.vectors.is_some());
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
        let mut shuffled = prepared(random, plan, None);
        let end = shuffled.machine.run(&ops);
        shuffled.check(plan, end);
    });
}

#[test]
fn integers_of_all_kinds_share_code() {
    for_random_plans(|_, signature, plan| {
        let unsigned = |layout: &Layout| match layout {
            Layout::Scalar(scalar) if !matches!(scalar, Scalar::F32 | Scalar::F64) => {
                Layout::Scalar(Scalar::U64)
            }
            Layout::Scalar(_) => Layout::Scalar(Scalar::F64),
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
            other => other,
        };
        leaf
    });
    let (size, align) = (record.size().into(), record.align().into());
    Record::new(size, align, leaves.collect::<Vec<_>>()).unwrap()
}
