//! What holds for every upcall, tried on random signatures.

use crate::laws::for_random_plans;
use crate::machine::{CALLER, End, FRAME, Machine, extended};
use crate::notation::signature;
use crate::random::Random;
use crate::{first_difference, kinds};
use farcall_jit::abi::{Abi, CallPlan, Loc, Move, Place, Returning};
use farcall_jit::layout::{Layout, Scalar};
use farcall_jit::trampoline::stub::HANDLER;
use farcall_jit::trampoline::{Op, upcall};
use std::collections::HashSet;

/// Where the callback's own record lies.
const RECORD: u64 = 0x7000;

/// Where the caller wants a result in memory.
const RESULT: u64 = 0x9_0000_0000;

/// What the caller does before the call, and the values that it passes.
struct Caller {
    machine: Machine,
    values: Vec<Vec<u8>>,
    /// Where the bytes of each argument in the caller's memory lie; 0 for others.
    addresses: Vec<u64>,
}

impl Caller {
    /// Registers and stack hold the values, and junk above them and beside them.
    fn of(random: &mut Random, plan: &CallPlan) -> Self {
        let mut caller = Self {
            machine: Machine::new(plan.abi, [0; 4]),
            values: Vec::new(),
            addresses: Vec::new(),
        };
        for register in 0..16 {
            caller.machine.gprs[register] = random.bits();
            caller.machine.fprs[register] = random.wide();
        }
        caller.machine.gprs[10] = RECORD;
        if let Returning::Memory { address, .. } = plan.result {
            caller.pass(address, &RESULT.to_le_bytes());
        }
        for param in &plan.params {
            let bytes: Vec<u8> = (0..param.layout.size())
                .map(|_| random.bits() as u8)
                .collect();
            let address = caller.place(&param.place, &bytes);
            caller.values.push(bytes);
            caller.addresses.push(address);
        }
        caller
    }

    /// Puts a value into its place; returns its address if it is passed in memory.
    fn place(&mut self, place: &Place, bytes: &[u8]) -> u64 {
        match place {
            Place::Moves(moves) => {
                for one in moves {
                    let part = &bytes[one.offset as usize..(one.offset + one.width) as usize];
                    self.pass(one.loc, part);
                }
                0
            }
            Place::Stack(offset) => {
                let address = CALLER + u64::from(*offset);
                self.machine.memory.insert(address, bytes.to_vec());
                address
            }
            Place::Indirect(loc) => {
                let address = 0x10_0000 * (self.values.len() as u64 + 1);
                self.machine.memory.insert(address, bytes.to_vec());
                self.pass(*loc, &address.to_le_bytes());
                address
            }
        }
    }

    /// Puts bytes into a register, below what is there, or on the stack.
    fn pass(&mut self, loc: Loc, bytes: &[u8]) {
        match loc {
            Loc::Gpr(number) => {
                let register = &mut self.machine.gprs[usize::from(number)];
                let mut whole = register.to_le_bytes();
                whole[..bytes.len()].copy_from_slice(bytes);
                *register = u64::from_le_bytes(whole);
            }
            Loc::Fpr(number) => {
                let register = &mut self.machine.fprs[usize::from(number)];
                let mut whole = register.to_le_bytes();
                whole[..bytes.len()].copy_from_slice(bytes);
                *register = u128::from_le_bytes(whole);
            }
            Loc::X87(_) => panic!("an argument at {loc:?}"),
            Loc::Stack(offset) => {
                let address = CALLER + u64::from(offset);
                self.machine.memory.insert(address, bytes.to_vec());
            }
        }
    }
}

/// What is known of a frame when the handler is called: which of its bytes are whose.
struct Frame<'a> {
    machine: &'a Machine,
    taken: HashSet<u64>,
}

impl Frame<'_> {
    /// Takes bytes that nothing else has and that lie in the frame.
    fn take(&mut self, address: u64, len: u64, align: u64) {
        assert!(address.is_multiple_of(align), "{address:#x} align {align}");
        assert!(u64::from(self.machine.align) >= align);
        for byte in address..address + len {
            assert!(self.machine.in_frame(byte), "{byte:#x} is outside");
            assert!(self.taken.insert(byte), "{byte:#x} has two uses");
        }
    }

    fn word(&self, address: u64) -> u64 {
        u64::from_le_bytes(self.machine.stored(address, 8).try_into().unwrap())
    }
}

/// Looks at everything as the handler finds it; returns where the result goes.
fn look(plan: &CallPlan, kinds: &[u32], caller: &Passed, machine: &Machine) -> u64 {
    let [record, values, result] = [0, 1, 2].map(|n| machine.gprs[usize::from(plan.abi.gprs[n])]);
    assert_eq!(record, RECORD);
    let mut frame = Frame {
        machine,
        taken: HashSet::new(),
    };
    frame.take(FRAME, plan.abi.shadow.into(), 16);
    let mut stored = HashSet::new();
    frame.take(values, 16 * plan.params.len() as u64, 16);
    for (index, param) in plan.params.iter().enumerate() {
        let pair = values + 16 * index as u64;
        assert_eq!(machine.stored(pair, 4), kinds[index].to_le_bytes());
        let slot = frame.word(pair + 8);
        stored.extend((pair..pair + 4).chain(pair + 8..pair + 16));
        let bytes = &caller.values[index];
        match (&param.place, &param.layout) {
            (Place::Moves(_), Layout::Scalar(scalar)) if param.layout.is_direct() => {
                let mut word = [0xaa; 8];
                word[..bytes.len()].copy_from_slice(bytes);
                let whole = extended(u64::from_le_bytes(word), *scalar);
                assert_eq!(slot, whole, "argument {index}");
            }
            (Place::Moves(moves), layout) => {
                let room = u64::from(layout.size().next_multiple_of(8));
                frame.take(slot, room, u64::from(layout.align().max(8)));
                for one in moves {
                    let from = slot + u64::from(one.offset);
                    let part = &bytes[one.offset as usize..][..one.width as usize];
                    assert_eq!(machine.stored(from, part.len()), part, "argument {index}");
                }
                stored.extend(slot..slot + room);
            }
            _ => assert_eq!(slot, caller.addresses[index], "argument {index}"),
        }
    }
    if let Returning::Memory { .. } = plan.result {
        assert_eq!(result, RESULT);
        let kept = (0..machine.frame.len() as u64 - 7).map(|offset| FRAME + offset);
        let kept = kept.filter(|at| !frame.taken.contains(at) && is_word(machine, *at, RESULT));
        let kept: Vec<u64> = kept.collect();
        assert_eq!(kept.len(), 1, "the address is kept");
        frame.take(kept[0], 8, 8);
        stored.extend(kept[0]..kept[0] + 8);
    } else {
        let (size, align) = match &plan.result {
            Returning::Moves { layout, .. } => (layout.size(), layout.align()),
            _ => (0, 1),
        };
        frame.take(result, size.max(32).into(), align.max(16).into());
    }
    for (offset, byte) in (0..).zip(&machine.frame) {
        let at = FRAME + offset;
        assert!(byte.is_none() || stored.contains(&at), "{at:#x} is stored");
    }
    result
}

fn is_word(machine: &Machine, address: u64, word: u64) -> bool {
    let start = (address - FRAME) as usize;
    let bytes = word.to_le_bytes().map(Some);
    machine.frame[start..start + 8] == bytes
}

/// What a caller passed, without its machine.
struct Passed {
    values: Vec<Vec<u8>>,
    addresses: Vec<u64>,
}

/// Calls an upcall with random values and returns the machine after it, with what its handler
/// returned.
fn called(random: &mut Random, plan: &CallPlan, ops: &[Op], kinds: &[u32]) -> (Machine, Vec<u8>) {
    let Caller {
        mut machine,
        values,
        addresses,
    } = Caller::of(random, plan);
    let passed = Passed { values, addresses };
    let given: Vec<u8> = (0..64).map(|_| random.bits() as u8).collect();
    let mut calls = 0;
    let end = machine.run_with(ops, &mut |machine, at| {
        calls += 1;
        assert_eq!(at, RECORD + u64::from(HANDLER));
        let result = look(plan, kinds, &passed, machine);
        // Whatever a callee may overwrite, and its result.
        machine.overwrite(|| 0xdead_dead_dead_dead);
        machine.fprs = [0xbeef_beef_beef_beef << 60; 16];
        let shadow = plan.abi.shadow as usize;
        machine.frame[..shadow].fill(Some(0x5d));
        if machine.in_frame(result) {
            let start = (result - FRAME) as usize;
            for (byte, given) in machine.frame[start..].iter_mut().zip(&given[..room(plan)]) {
                *byte = Some(*given);
            }
        }
    });
    assert_eq!((end, calls), (End::Returned, 1));
    (machine, given)
}

/// How many bytes a handler may write as a result.
fn room(plan: &CallPlan) -> usize {
    match &plan.result {
        Returning::Moves { layout, .. } => layout.size().max(32) as usize,
        _ => 32,
    }
}

#[test]
fn handlers_find_every_byte_once_and_nothing_beside() {
    for_random_plans(|random, signature, plan| {
        let kinds: Vec<u32> = (signature.params.iter())
            .map(|_| random.bits() as u32)
            .collect();
        let ops = upcall(plan, &kinds);
        assert_eq!(ops, upcall(plan, &kinds));
        called(random, plan, &ops, &kinds);
    });
}

#[test]
fn results_come_back_where_the_plan_has_them() {
    for_random_plans(|random, signature, plan| {
        let kinds = kinds(signature);
        let (machine, given) = called(random, plan, &upcall(plan, &kinds), &kinds);
        match &plan.result {
            Returning::Void => {}
            Returning::Memory { .. } => {
                let returned = plan
                    .abi
                    .sret_returned
                    .map(|gpr| machine.gprs[usize::from(gpr)]);
                assert!(
                    returned.is_none_or(|address| address == RESULT),
                    "{returned:?}"
                );
            }
            Returning::Moves { layout, moves } => {
                for one in moves {
                    let (offset, width) = match layout.is_direct() {
                        true => (0, 8),
                        false => (one.offset as usize, one.width as usize),
                    };
                    let mut word = [0; 16];
                    word[..width].copy_from_slice(&given[offset..offset + width]);
                    assert_eq!(at(&machine, one), u128::from_le_bytes(word), "{one:?}");
                }
                let numbers = moves.iter().filter(|one| matches!(one.loc, Loc::X87(_)));
                assert_eq!(machine.x87.len(), numbers.count(), "nothing else is pushed");
            }
        }
    });
}

fn at(machine: &Machine, one: &Move) -> u128 {
    match one.loc {
        Loc::Gpr(number) => machine.gprs[usize::from(number)].into(),
        Loc::Fpr(number) => machine.fprs[usize::from(number)],
        Loc::X87(depth) => machine.x87[machine.x87.len() - 1 - usize::from(depth)],
        Loc::Stack(offset) => panic!("a result at stack+{offset}"),
    }
}

/// The order in which arguments are stored does not matter: nothing that a store needs is gone.
#[test]
fn stores_of_arguments_commute() {
    for_random_plans(|random, signature, plan| {
        let kinds = kinds(signature);
        let mut ops = upcall(plan, &kinds);
        let end = ops
            .iter()
            .position(|op| matches!(op, Op::Copy(..)))
            .unwrap();
        // A group begins with the kind of an argument.
        let mut groups: Vec<Vec<Op>> = vec![Vec::new()];
        for op in ops.drain(2..end) {
            if let Op::Set(..) = op {
                groups.push(Vec::new());
            }
            groups.last_mut().unwrap().push(op);
        }
        random.shuffle(&mut groups);
        ops.splice(2..2, groups.into_iter().flatten());
        called(random, plan, &ops, &kinds);
    });
}

/// By width and sign, not by type: `char` and `_Bool` share code with the numbers they are.
#[test]
fn kinds_are_all_that_tells_pointers_from_numbers() {
    for abi in Abi::ALL {
        let ops = |notation: &str, kind: u32| {
            let plan = abi.plan(&signature(notation)).unwrap();
            Op::listing(&upcall(&plan, &[kind]), abi.arch).to_string()
        };
        assert_eq!(ops("i64", 1), ops("u64", 1));
        assert_ne!(ops("i32", 1), ops("u32", 1));
        let difference = first_difference(&ops("i64", 1), &ops("i64", 2)).unwrap();
        assert!(difference.contains("<- 0x1") && difference.contains("<- 0x2"));
    }
}

#[test]
fn a_variadic_float_in_two_places_is_stored_once() {
    for abi in Abi::ALL {
        let plan = abi.plan(&signature("u64 ; f64 f32")).unwrap();
        let stores = |op: &&Op| matches!(op, Op::Store(..));
        assert_eq!(upcall(&plan, &[1, 2, 3]).iter().filter(stores).count(), 3);
    }
}

#[test]
fn large_results_have_room_and_alignment() {
    // No ABI here returns more in registers, but a plan may.
    let signature = signature("-> {f32*2}");
    for abi in Abi::ALL {
        let mut plan = abi.plan(&signature).unwrap();
        let Returning::Moves { layout, .. } = &mut plan.result else {
            panic!("{plan}");
        };
        let leaf = farcall_jit::layout::Leaf {
            offset: 0,
            scalar: Scalar::F64,
        };
        *layout = Layout::Record(farcall_jit::layout::Record::new(64, 64, [leaf]).unwrap());
        let Op::Enter { size, align } = upcall(&plan, &[])[1] else {
            panic!("no frame");
        };
        assert_eq!(align, 64);
        assert_eq!(size, abi.shadow.next_multiple_of(64) + 64);
    }
}
