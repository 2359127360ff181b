//! Can many threads bind and call, the same functions and others, while code is being made?
//!
//! `FARCALL_SECONDS` sets for how long; the default is 2.
#![cfg(any(feature = "jit", feature = "libffi"))]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use farcall::{
    CallBuffer, Declarations, FnType, Function, Library, OwnedValue, Type, Value, values,
};

const THREADS: u64 = 8;
const PARAMS: usize = 9;

/// The tests run one after the other: one counts what others would add to.
static ONE_BY_ONE: Mutex<()> = Mutex::new(());

fn seconds() -> Duration {
    let given = std::env::var("FARCALL_SECONDS").ok();
    let seconds = given.map_or(2.0, |text| text.parse().expect("a number of seconds"));
    Duration::from_secs_f64(seconds)
}

fn fixture() -> Library {
    support::open(support::fixture("weights"))
}

/// Marsaglia's xorshift: enough to choose by.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Whether parameter `index` of the shape is a float.
fn is_float(shape: u64, index: usize) -> bool {
    shape >> index & 1 == 1
}

fn name(shape: u64) -> String {
    let digits = (0..PARAMS).map(|index| if is_float(shape, index) { '1' } else { '0' });
    format!("weights_{}", digits.collect::<String>())
}

fn ty(shape: u64) -> FnType {
    let types = (0..PARAMS).map(|index| match is_float(shape, index) {
        true => Type::DOUBLE,
        false => Type::INT64,
    });
    let builder = FnType::builder().result(Type::DOUBLE);
    let builder = types.fold(builder, |builder, ty| builder.unnamed_param(ty));
    builder.build().unwrap()
}

/// Binds a function of a shape that may be new, and calls it in one of the ways.
fn bind_and_call(library: &Library, random: &mut Random) {
    let shape = random.below(1 << PARAMS);
    let numbers: Vec<i64> = (0..PARAMS)
        .map(|_| random.below(1000) as i64 - 500)
        .collect();
    let expected: f64 = (1..).zip(&numbers).map(|(n, v)| (n * v) as f64).sum();
    let function = library.function_as(&name(shape), ty(shape)).unwrap();
    let engines = support::engines();
    let engine = engines.get(random.below(3) as usize);
    let function = match engine {
        Some(&engine) => function.with_engine(engine).unwrap(),
        None => function,
    };
    let argument = |index: usize| match is_float(shape, index) {
        true => Value::from(numbers[index] as f64),
        false => Value::from(numbers[index]),
    };
    let arguments: Vec<_> = (0..PARAMS).map(argument).collect();
    for _ in 0..3 {
        // SAFETY: the type is that of the fixture's function.
        let sum = unsafe { function.call_values(&arguments) }.unwrap();
        assert_eq!(sum.as_f64(), Some(expected), "{function:?}");
    }
    let mut buffer = CallBuffer::new(function.ty());
    for (index, argument) in arguments.iter().enumerate() {
        buffer.set(index, *argument).unwrap();
    }
    // SAFETY: as above.
    unsafe { buffer.call(&function) }.unwrap();
    assert_eq!(buffer.result().as_f64(), Some(expected), "{function:?}");
}

support::foreign_struct!(Pair { a: i64, b: f64 });

/// Functions that all threads share.
struct Shared {
    swap: Function,
    shift: Vec<Function>,
    all_integers: Function,
}

impl Shared {
    fn new(library: &Library) -> Self {
        let declarations = Declarations::parse(
            "struct pair { int64_t a; double b; };
             struct block { int64_t a[8]; };
             struct pair weights_swap(struct pair p, int32_t by);
             struct block weights_shift(struct block b, int64_t by);",
        );
        let declarations = declarations.unwrap();
        let shift = library.function_in(&declarations, "weights_shift").unwrap();
        let engines = support::engines().iter();
        Self {
            swap: library.function_in(&declarations, "weights_swap").unwrap(),
            shift: engines
                .map(|&engine| shift.with_engine(engine).unwrap())
                .collect(),
            all_integers: library.function_as(&name(0), ty(0)).unwrap(),
        }
    }

    fn call(&self, random: &mut Random) {
        let (a, by) = (random.below(1 << 20) as i64, random.below(100) as i32);
        // SAFETY: the declaration is that of the fixture.
        let pair: Pair = unsafe { self.swap.call((Pair { a, b: 5.0 }, by)) }.unwrap();
        assert_eq!(
            pair,
            Pair {
                a: 5 + i64::from(by),
                b: a as f64
            }
        );
        let (x, zero) = (a, 0i64);
        // SAFETY: as above.
        let sum: f64 = unsafe {
            self.all_integers
                .call((x, x, zero, x, x, zero, zero, zero, x))
        }
        .unwrap();
        assert_eq!(sum, (a * 21) as f64);
        for shift in &self.shift {
            let record = shift.ty().params()[0].ty().record().unwrap();
            let mut block = OwnedValue::zeroed(record);
            block.set("a[7]", a).unwrap();
            // SAFETY: as above.
            let shifted = unsafe { shift.call_values(&values![&block, by]) }.unwrap();
            let shifted = shifted.as_record().unwrap();
            let number = |path| shifted.get(path).unwrap().value().unwrap().as_i64();
            let by = i64::from(by);
            assert_eq!((number("a[0]"), number("a[7]")), (Some(by), Some(a + by)));
        }
    }
}

#[test]
fn eight_threads_bind_and_call_while_shapes_are_compiled() {
    let _alone = ONE_BY_ONE.lock();
    let (library, start) = (fixture(), Barrier::new(THREADS as usize));
    let (shared, rounds) = (Shared::new(&library), AtomicU64::new(0));
    let end = Instant::now() + seconds();
    let run = |thread: u64| {
        let mut random = Random(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(thread + 1));
        start.wait();
        while Instant::now() < end {
            for _ in 0..20 {
                bind_and_call(&library, &mut random);
                shared.call(&mut random);
            }
            rounds.fetch_add(20, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        (0..THREADS).for_each(|thread| {
            drop(scope.spawn({
                let run = &run;
                move || run(thread)
            }))
        });
    });
    let rounds = rounds.into_inner();
    assert!(rounds >= THREADS * 20, "{rounds}");
}

#[test]
#[cfg(all(feature = "jit", target_arch = "x86_64"))]
fn threads_that_bind_one_type_at_once_make_one_trampoline() {
    let _alone = ONE_BY_ONE.lock();
    let library = fixture();
    let start = Barrier::new(THREADS as usize);
    // records of sizes that no other test passes by value
    for size in 101..141 {
        let bytes = Type::CHAR.array(size).unwrap();
        let record = farcall::RecordType::builder(farcall::RecordKind::Struct, None);
        let record = record.field("bytes", bytes).build().unwrap();
        let ty = FnType::builder()
            .unnamed_param(record.as_type())
            .build()
            .unwrap();
        let made = || {
            (
                farcall_jit::compiled().0,
                farcall_jit::code::arena().usage().pieces,
            )
        };
        let before = made();
        let bind = || {
            start.wait();
            let function = library.function_as("weights_swap", ty).unwrap();
            assert_eq!(function.engine(), Some(farcall::Engine::Jit));
        };
        thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(bind))));
        let after = made();
        assert_eq!(
            (after.0 - before.0, after.1 - before.1),
            (1, 1),
            "{size} bytes"
        );
    }
}

#[test]
#[cfg(all(feature = "jit", target_arch = "x86_64"))]
fn threads_that_bring_new_extra_arguments_at_once_make_their_trampolines_once() {
    let _alone = ONE_BY_ONE.lock();
    let library = support::open(support::fixture("variadic"));
    let sum = library
        .function("int variadic_sum(int count, ...)")
        .unwrap();
    let start = Barrier::new(THREADS as usize);
    // Doubles in registers and on the stack that no other call of these tests has.
    for doubles in 1..20usize {
        let arguments: Vec<_> = [Value::from(0)]
            .into_iter()
            .chain((0..doubles).map(|n| Value::from(n as f64)))
            .collect();
        let before = farcall_jit::compiled().0;
        let call = || {
            start.wait();
            // SAFETY: the function looks at none.
            let result = unsafe { sum.call_values(&arguments) }.unwrap();
            assert_eq!(result.as_i64(), Some(0));
        };
        thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(call))));
        // One that looks at the kinds, and one for values that have to be fitted.
        assert_eq!(farcall_jit::compiled().0 - before, 2, "{doubles} doubles");
    }
}

#[test]
fn eight_threads_bring_extra_arguments_of_all_kinds() {
    let _alone = ONE_BY_ONE.lock();
    let library = support::open(support::fixture("variadic"));
    let prototype = "int variadic_describe(char *to, size_t size, const char *kinds, ...)";
    let describe = library.function(prototype).unwrap();
    let on = support::engines().iter();
    let functions: Vec<_> = on
        .map(|engine| describe.with_engine(*engine).unwrap())
        .collect();
    let (start, end) = (Barrier::new(THREADS as usize), Instant::now() + seconds());
    let run = |thread: u64| {
        let mut random = Random(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(thread + 1));
        start.wait();
        while Instant::now() < end {
            let function = &functions[random.below(functions.len() as u64) as usize];
            describe_some(function, &mut random);
        }
    };
    thread::scope(|scope| {
        (0..THREADS).for_each(|thread| {
            drop(scope.spawn({
                let run = &run;
                move || run(thread)
            }))
        });
    });
}

/// Calls with up to twelve extra arguments of random kinds, and looks at what arrived.
fn describe_some(describe: &Function, random: &mut Random) {
    let (mut kinds, mut expected, mut extra) = (Vec::new(), String::new(), Vec::new());
    for _ in 0..random.below(13) {
        let number = random.below(100) as u8;
        let (kind, value) = match random.below(5) {
            0 => (b'i', Value::from(number)),
            1 => (b'u', Value::from(u32::from(number))),
            2 => (b'l', Value::from(i64::from(number))),
            3 => (b'd', Value::from(f32::from(number))),
            _ => (b'd', Value::from(f64::from(number))),
        };
        kinds.push(kind);
        expected += &format!("{number} ");
        extra.push(value);
    }
    let (kinds, mut to) = (std::ffi::CString::new(kinds).unwrap(), [0u8; 64]);
    let mut arguments = values![&mut to[..], 64, kinds.as_c_str()].to_vec();
    arguments.extend(extra);
    // SAFETY: the arguments are those that the function reads.
    let length = unsafe { describe.call_values(&arguments) }.unwrap();
    assert_eq!(
        &to[..length.as_i64().unwrap() as usize],
        expected.as_bytes()
    );
}
