//! Do callbacks get what C passes them, and C what they return, in both conventions?
//!
//! C code is compiled; stubs and records are made by hand, the upcalls between them by the library.
#![cfg(all(feature = "jit", target_arch = "x86_64", not(target_env = "msvc")))]

#[path = "upcall_code/handlers.rs"]
mod handlers;
#[path = "plan/notation.rs"]
mod notation;
#[path = "upcall_code/records.rs"]
mod records;
#[path = "upcall_code/table.rs"]
mod table;
#[path = "upcall_code/trailing.rs"]
mod trailing;

use farcall_jit::abi::{Abi, SYSV_X64, WIN_X64};
use farcall_jit::layout::Signature;
use farcall_jit::trampoline::{Reg, Role};
use farcall_jit::{Error, Upcall};
use handlers::{Call, Walk, sysv, win64};
use notation::signature;
use std::ffi::c_void;
use std::sync::Barrier;
use std::sync::atomic::Ordering;
use table::Table;

/// A convention, what its callers in C are called, and a handler.
struct Side {
    abi: &'static Abi,
    prefix: &'static str,
    /// The most that its callers align records to: "the caller-allocated temporary memory must be
    /// 16-byte aligned", no more (Microsoft Learn, "x64 calling convention").
    align: u32,
    handler: *const c_void,
}

fn sides() -> [Side; 2] {
    [
        Side {
            abi: &SYSV_X64,
            prefix: "sysv",
            // Compilers for Windows do not align a stack any further.
            align: if cfg!(windows) { 16 } else { u32::MAX },
            handler: sysv::handler as *const c_void,
        },
        Side {
            abi: &WIN_X64,
            prefix: "win64",
            align: 16,
            handler: win64::handler as *const c_void,
        },
    ]
}

impl Side {
    /// The C function that makes calls of the shape `name`: `void (void *callback, void *out)`.
    fn caller(&self, name: &str) -> extern "C" fn(*const c_void, *mut u8) {
        let library = support::open(support::fixture("upcall"));
        let symbol = library.symbol(&format!("{}_{name}", self.prefix)).unwrap();
        // SAFETY: all functions of the fixture have this type; it stays loaded.
        unsafe { std::mem::transmute(symbol.address()) }
    }

    fn upcall(&self, signature: &Signature) -> Upcall {
        let plan = self.abi.plan(signature).unwrap();
        Upcall::compile(&plan, &kinds(signature)).unwrap()
    }

    /// Has C call back with the signature `text`, by the stub with this number. Returns the call
    /// and what C wrote of its result.
    fn call(&self, table: &Table, index: usize, text: &str, name: &str, result: &[u8]) -> Answer {
        let signature = signature(text);
        let upcall = self.upcall(&signature);
        let code = upcall.code().bytes().as_ptr_range();
        let mut call = Call {
            params: signature.params.clone(),
            result: result.to_vec(),
            seen: Vec::new(),
            kinds: Vec::new(),
            calls: 0,
            complaints: Vec::new(),
            align: self.align,
            place: std::ptr::null_mut(),
            walk: Walk {
                code: code.start.addr()..code.end.addr(),
                ..Walk::default()
            },
        };
        let record = table.record(index);
        // SAFETY: the table is this thread's.
        unsafe {
            (*record).shim = upcall.entry();
            (*record).handler = self.handler;
            (*record).own = (&raw mut call).cast();
        }
        let mut out = vec![0xcc; 8192];
        self.caller(name)(table.stub(index), out.as_mut_ptr());
        let name = format!("{}_{name}", self.prefix);
        assert_eq!(call.complaints, [""; 0], "{name} is aligned");
        assert_eq!(call.calls, 1, "{name}");
        assert_eq!(call.kinds, kinds(&signature), "{name}");
        // The handlers have no tables for Windows; there `code_memory.rs` asks, for each instruction.
        if cfg!(not(windows)) {
            assert_eq!(call.walk.inside, 1, "{name}: a walk finds the trampoline");
            assert!(call.walk.beyond > 1, "{name}: a walk goes on from it");
        }
        Answer { name, call, out }
    }
}

struct Answer {
    name: String,
    call: Call,
    out: Vec<u8>,
}

impl Answer {
    fn saw(&self, arguments: &[Vec<u8>]) -> &Self {
        assert_eq!(self.call.seen, arguments, "{}", self.name);
        self
    }

    /// C got these bytes and wrote nothing beyond.
    fn got(&self, bytes: &[u8]) -> &Self {
        let (out, rest) = self.out.split_at(bytes.len());
        assert_eq!(out, bytes, "{}", self.name);
        assert!(rest.iter().all(|byte| *byte == 0xcc), "{}", self.name);
        self
    }
}

fn kinds(signature: &Signature) -> Vec<u32> {
    let numbers = (1u32..).map(|number| number << 24 | number);
    numbers.take(signature.params.len()).collect()
}

/// Calls in both conventions.
fn both(text: &str, name: &str, result: &[u8], check: impl Fn(&Answer)) {
    for side in sides() {
        let table = Table::new(side.abi, Reg::Role(Role::Context), false);
        for index in [0, 1, table.len() - 1] {
            check(&side.call(&table, index, text, name, result));
        }
    }
}

fn ints<const N: usize>(values: [i64; N]) -> Vec<Vec<u8>> {
    values.map(|value| value.to_le_bytes().to_vec()).to_vec()
}

fn double(value: f64) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// As a slot holds it: nothing above the float.
fn float(value: f32) -> Vec<u8> {
    u64::from(value.to_bits()).to_le_bytes().to_vec()
}

#[test]
fn nothing_is_passed_and_nothing_returned() {
    both("", "nothing", &[], |answer| {
        answer.saw(&[]).got(&[1]);
    });
}

#[test]
fn narrow_integers_lose_the_junk_above_them() {
    let text = "i8 u8 i16 u16 i32 u32 i64 u8 i8 u8 i16 u16 i32 u32 i8 i32 -> i64";
    let result = i64::MIN.to_le_bytes();
    let (int, unsigned) = (i64::from(i32::MIN), 1i64 << 31);
    let passed = ints([
        -2,
        254,
        -3,
        65533,
        -4,
        4_294_967_292,
        i64::MIN + 1,
        1,
        -128,
        128,
        -32768,
        32768,
        int,
        unsigned,
        127,
        unsigned - 1,
    ]);
    both(text, "narrow", &result, |answer| {
        answer.saw(&passed).got(&result);
    });
}

#[test]
fn floats_lose_the_junk_above_them() {
    let text = "f32 f64 f32 f32 f64 f32 f32 f64 f32 f64 f32 -> f64";
    let result = 0.1f64.to_le_bytes();
    let passed = [
        float(1.5),
        double(-2.25),
        float(-0.0),
        float(3e38),
        double(1e300),
        float(5.0),
        float(6.0),
        double(7.0),
        float(8.5),
        double(9.0),
        float(-10.0),
    ];
    both(text, "floats", &result, |answer| {
        answer.saw(&passed).got(&result);
    });
}

#[test]
fn scalars_come_back_whole() {
    for (text, value) in [
        ("-> i8", -2i64),
        ("-> u8", 254),
        ("-> i16", -32768),
        ("-> u16", 65535),
        ("-> i32", -1),
        ("-> u32", 0xffff_fffe),
        ("-> i64", i64::MAX),
        ("-> u64", -1),
    ] {
        let word = value.to_le_bytes();
        both(text, "word", &word, |answer| {
            answer.got(&word);
        });
    }
    for (text, word) in [("-> f32", float(-1.5)), ("-> f64", double(1e-300))] {
        both(text, "vector", &word, |answer| {
            answer.got(&word);
        });
    }
}

#[test]
fn extra_arguments_are_seen_by_their_plan() {
    let text = "u64 ; f64 i32 f64 -> i32";
    let result = (-7i64).to_le_bytes();
    let passed = [
        ints([1]).concat(),
        double(2.5),
        ints([-3]).concat(),
        double(-4.5),
    ];
    both(text, "variadic", &result, |answer| {
        answer.saw(&passed).got(&result[..4]);
    });
}

/// The pairs alone take more than a page.
#[test]
fn as_many_arguments_as_c_can_pass() {
    let passed: Vec<Vec<u8>> = (0..320i64)
        .map(|n| (n * n).to_le_bytes().to_vec())
        .collect();
    let result = (-1i64).to_le_bytes();
    both("i64*320 -> i64", "many", &result, |answer| {
        answer.saw(&passed).got(&result);
    });
}

#[test]
fn kinds_number_the_arguments() {
    for side in sides() {
        let plan = side.abi.plan(&signature("i32 f64")).unwrap();
        for kinds in [&[1][..], &[1, 2, 3]] {
            let error = Upcall::compile(&plan, kinds).unwrap_err();
            let count = kinds.len();
            assert_eq!(
                error.to_string(),
                format!("{count} kinds is not supported: the call has 2 arguments")
            );
            assert!(matches!(error, Error::Unsupported { .. }));
        }
    }
}

#[test]
fn equal_upcalls_are_one_code() {
    let compile = |abi: &'static Abi, text: &str, kinds: &[u32]| {
        let plan = abi.plan(&signature(text)).unwrap();
        Upcall::compile(&plan, kinds).unwrap().entry()
    };
    let one = compile(&SYSV_X64, "i32 u64", &[1, 2]);
    assert_eq!(one, compile(&SYSV_X64, "i32 i64", &[1, 2]));
    assert_ne!(one, compile(&SYSV_X64, "i32 u64", &[1, 3]));
    assert_ne!(one, compile(&SYSV_X64, "u32 u64", &[1, 2]));
    assert_ne!(one, compile(&WIN_X64, "i32 u64", &[1, 2]));
}

#[test]
fn entries_of_all_threads_are_counted() {
    const THREADS: usize = 4;
    const LOOPS: u64 = 1000;
    for side in sides() {
        let signature = signature("i32 f64 -> f64");
        let table = Table::new(side.abi, Reg::Role(Role::Context), true);
        let upcall = side.upcall(&signature);
        // SAFETY: no thread uses the table yet.
        unsafe {
            (*table.record(5)).shim = upcall.entry();
            (*table.record(5)).handler = match side.prefix {
                "sysv" => trailing::sysv::adding as *const c_void,
                _ => trailing::win64::adding as *const c_void,
            };
        }
        let (caller, stub) = (side.caller("loop"), table.stub(5).addr());
        let start = Barrier::new(THREADS);
        let loops = || {
            let mut sum = 0f64;
            start.wait();
            for _ in 0..LOOPS {
                caller(stub as *const c_void, (&raw mut sum).cast());
            }
            sum
        };
        let sums: Vec<f64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(loops)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_eq!(sums, [500_000.0; THREADS]);
        // SAFETY: the threads are gone.
        let count = unsafe { (*table.record(5)).count.load(Ordering::SeqCst) };
        assert_eq!(count, 1000 * LOOPS * THREADS as u64);
    }
}
