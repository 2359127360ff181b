//! Calls functions of a batch, and lets them call back; compares every byte of every value.
#![allow(unsafe_code, reason = "this is what is tested")]

use crate::ctext::{Case, RESULT};
use crate::random::Random;
use farcall_jit::abi::Abi;
use farcall_jit::code::stubs::{DISTANCE, StubCode, StubTable};
use farcall_jit::layout::{Layout, Scalar};
use farcall_jit::trampoline::{Form, Reg, Results, Role, stub};
use farcall_jit::{Downcall, Pair, Upcall, encode};
use std::ffi::c_void;
use std::sync::LazyLock;

/// The argument and result buffers of both sides.
#[repr(C, align(64))]
struct Buffer([u8; 2 * RESULT]);

impl Buffer {
    fn new(random: &mut Random) -> Box<Self> {
        let mut buffer = Box::new(Self([0; 2 * RESULT]));
        buffer.0.fill_with(|| random.bits() as u8);
        buffer
    }
}

/// A random value: its bytes, where it is aligned to 64.
fn value(layout: &Layout, random: &mut Random) -> Box<Buffer> {
    let mut buffer = Buffer::new(random);
    // No signalling NaN, which registers may quieten.
    if let Layout::Scalar(Scalar::F16 | Scalar::F32 | Scalar::F64) = layout {
        let top = layout.size() as usize - 1;
        buffer.0[top] &= 0x3f;
    }
    buffer
}

/// The bytes that carry a value.
fn places(layout: &Layout) -> Vec<usize> {
    match layout {
        Layout::Scalar(scalar) => (0..scalar.size() as usize).collect(),
        Layout::Record(record) => {
            let of = |leaf: &farcall_jit::layout::Leaf| {
                let start = leaf.offset as usize;
                start..start + leaf.scalar.size() as usize
            };
            record.leaves().iter().flat_map(of).collect()
        }
    }
}

fn compare(what: &str, layout: &Layout, sent: &[u8], found: &[u8]) {
    for byte in places(layout) {
        let (sent, found) = (
            &sent[..layout.size() as usize],
            &found[..layout.size() as usize],
        );
        assert_eq!(
            sent[byte], found[byte],
            "{what}, byte {byte}:\n{sent:x?}\n{found:x?}"
        );
    }
}

/// A scalar of at most 8 bytes as a slot has it.
fn extended(scalar: Scalar, bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..scalar.size() as usize].copy_from_slice(&bytes[..scalar.size() as usize]);
    let bits = u64::from_le_bytes(word);
    let unused = 64 - 8 * scalar.size();
    match scalar.is_signed() {
        true => ((bits << unused).cast_signed() >> unused).cast_unsigned(),
        false => bits,
    }
}

pub(crate) fn call(abi: &'static Abi, case: &Case, function: *const u8, random: &mut Random) {
    let signature = case.logging();
    let plan = abi.plan(&signature).unwrap();
    let what = format!("{}\n{plan}", case.notation());
    let mut log = Buffer::new(random);
    let values: Vec<_> = (signature.params.iter())
        .map(|layout| value(layout, random))
        .collect();
    let mut slots = vec![log.0.as_mut_ptr() as u64];
    for (layout, value) in signature.params.iter().zip(&values).skip(1) {
        slots.push(match layout {
            Layout::Scalar(scalar) if layout.is_direct() => extended(*scalar, &value.0),
            _ => value.0.as_ptr() as u64,
        });
    }
    let mut result = Buffer::new(random);
    let ordered = signature
        .result
        .as_ref()
        .map(|layout| value(layout, random));
    if let Some(ordered) = &ordered {
        log.0[RESULT..].copy_from_slice(&ordered.0[..RESULT]);
    }
    let downcall = Downcall::compile(&plan, Form::Unchecked).unwrap();
    // SAFETY: the function was compiled from this signature; each slot has its value.
    let register = unsafe {
        downcall.invoke(
            function.cast::<c_void>(),
            slots.as_ptr().cast(),
            result.0.as_mut_ptr().cast(),
            std::ptr::null_mut(),
        )
    };
    if let Results::One(_) = Results::of(&plan) {
        result.0[..8].copy_from_slice(&register.to_le_bytes());
    }
    let sent = case.signature.params.iter().zip(&values[1..]).enumerate();
    for ((index, (layout, value)), at) in sent.zip(case.places()) {
        let name = format!("{what}argument {index}");
        compare(&name, layout, &value.0, &log.0[at..]);
        if let Layout::Scalar(scalar) = layout
            && scalar.size() < 8
            && !matches!(scalar, Scalar::F16 | Scalar::F32)
        {
            let word = extended(*scalar, &value.0).to_le_bytes();
            assert_eq!(log.0[at..at + 8], word, "{name} is extended");
        }
    }
    if let (Some(layout), Some(ordered)) = (&signature.result, ordered) {
        compare(&format!("{what}result"), layout, &ordered.0, &result.0);
    }
}

/// What a handler is given besides the call.
struct Expected {
    what: String,
    params: Vec<Layout>,
    values: Vec<Box<Buffer>>,
    result: Option<(Layout, Box<Buffer>)>,
    wrong: Option<String>,
    calls: u32,
}

static STUBS: LazyLock<StubTable> = LazyLock::new(|| {
    let ops = stub(Reg::Role(Role::Context), false, DISTANCE as u32);
    let code = encode(&ops, Abi::host().unwrap()).unwrap();
    StubCode::new(&code).unwrap().table().unwrap()
});

pub(crate) fn call_back(abi: &'static Abi, case: &Case, function: *const u8, random: &mut Random) {
    let plan = abi.plan(&case.signature).unwrap();
    let params = &case.signature.params;
    let mut sent = Buffer::new(random);
    let values: Vec<_> = params.iter().map(|layout| value(layout, random)).collect();
    for ((value, layout), at) in values.iter().zip(params).zip(case.places()) {
        let size = layout.size() as usize;
        sent.0[at..at + size].copy_from_slice(&value.0[..size]);
    }
    let result = case.signature.result.as_ref();
    let mut expected = Expected {
        what: format!("{}\n{plan}", case.notation()),
        params: params.clone(),
        values,
        result: result.map(|layout| (layout.clone(), value(layout, random))),
        wrong: None,
        calls: 0,
    };
    let kinds: Vec<u32> = (0..params.len() as u32).collect();
    let upcall = Upcall::compile(&plan, &kinds).unwrap();
    // One test at a time has the stub of its ABI.
    let index = usize::from(abi.name.starts_with("Apple"));
    let record = STUBS.record(index).cast::<u64>();
    let words = [
        upcall.entry() as u64,
        handler as u64,
        (&raw mut expected) as u64,
    ];
    for (index, word) in words.into_iter().enumerate() {
        // SAFETY: a record has 64 bytes.
        unsafe { record.add(index).write(word) };
    }
    // SAFETY: the function has this type.
    let function: unsafe extern "C" fn(*const u8, *mut u8) =
        unsafe { std::mem::transmute(function) };
    // SAFETY: the stub is a function of the type that it calls, the buffer has the arguments.
    unsafe { function(STUBS.stub(index), sent.0.as_mut_ptr()) };
    // The handler wrote to it through its address.
    let expected = std::hint::black_box(expected);
    assert_eq!(expected.wrong, None);
    assert_eq!(expected.calls, 1, "{}", expected.what);
    if let Some((layout, value)) = &expected.result {
        let what = format!("{}result of the callback", expected.what);
        compare(&what, layout, &value.0, &sent.0[RESULT..]);
    }
}

unsafe extern "C" fn handler(record: *mut u64, values: *const Pair, result: *mut u8) {
    // SAFETY: the third word of the record is the address of the expectation.
    let expected = unsafe { &mut *(record.add(2).read() as *mut Expected) };
    expected.calls += 1;
    for (index, layout) in expected.params.iter().enumerate() {
        // SAFETY: there is a pair for each argument.
        let pair = unsafe { values.add(index).read() };
        let value = &expected.values[index].0;
        let right = match layout {
            Layout::Scalar(scalar) if layout.is_direct() => pair.slot == extended(*scalar, value),
            _ => {
                let size = layout.size() as usize;
                // SAFETY: the slot has the address of the value.
                let found = unsafe { std::slice::from_raw_parts(pair.slot as *const u8, size) };
                places(layout)
                    .iter()
                    .all(|byte| found[*byte] == value[*byte])
            }
        };
        if !right || pair.kind != index as u32 {
            let what = &expected.what;
            expected.wrong = Some(format!("{what}argument {index} of the callback: {pair:x?}"));
        }
    }
    let Some((layout, value)) = &expected.result else {
        return;
    };
    let bytes = match layout {
        Layout::Scalar(scalar) if layout.is_direct() => {
            extended(*scalar, &value.0).to_le_bytes().to_vec()
        }
        _ => value.0[..layout.size() as usize].to_vec(),
    };
    // SAFETY: there is room for the result.
    unsafe { result.copy_from(bytes.as_ptr(), bytes.len()) };
}
