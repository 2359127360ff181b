//! What it costs to bind functions: time for known and for new shapes, memory for many functions.

mod harness;

use farcall::{FnType, Function, Library, Type};
use harness::{compare, row};
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashSet;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The system's allocator, counting the bytes that are in use.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: forwarded to the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: forwarded to the caller.
        unsafe { System.dealloc(memory, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The types that signatures are drawn from; numbers of one width and bank share a shape.
const TYPES: [Type; 6] = [
    Type::INT,
    Type::DOUBLE,
    Type::SIZE,
    Type::FLOAT,
    Type::UNSIGNED_CHAR,
    Type::LONG,
];

/// A signature for each number: 0 to 8 parameters and a result.
fn signature(mut number: usize, named: bool) -> FnType {
    let mut draw = |of: usize| {
        let drawn = number % of;
        number /= of;
        drawn
    };
    let mut builder = FnType::builder();
    let count = draw(9);
    builder = builder.result([Type::VOID, Type::INT, Type::DOUBLE][draw(3)]);
    for index in 0..count {
        let ty = TYPES[draw(TYPES.len())];
        builder = match named {
            true => builder.param(&format!("parameter{index}"), ty),
            false => builder.unnamed_param(ty),
        };
    }
    builder.build().expect("a function type")
}

extern "C" fn target() {}

fn bind(name: &str, ty: FnType) -> Function {
    // SAFETY: the function lives as long as the program and is never called.
    unsafe { Function::from_address(name, target as *const _, ty) }.expect("a function")
}

fn main() {
    let ty = FnType::parse("double pow(double x, double y)").expect("a prototype");
    let libm = ["libm.so.6", "libm.dylib"];
    // SAFETY: the system's library of mathematics.
    let libm = unsafe { Library::open_any(libm) }.expect("libm");
    compare(
        "binding `double pow(double x, double y)`, its shape known",
        &mut [
            row("look-up of the symbol alone", || {
                libm.symbol("pow").expect("pow")
            }),
            row("an address and a type", || bind("pow", ty)),
            row("a name and a type", || {
                libm.function_as("pow", ty).expect("pow")
            }),
            row("C text", || {
                libm.function("double pow(double x, double y)")
                    .expect("pow")
            }),
        ],
    );
    new_shapes();
    memory(false);
    memory(true);
}

/// Function types whose shapes nobody has had yet, timed one by one.
fn new_shapes() {
    let types: Vec<_> = (0..400)
        .map(|number| signature(number * 7919 + 13, false))
        .collect();
    let mut times = Vec::new();
    for ty in types {
        let before = farcall_jit::compiled().0;
        let start = Instant::now();
        black_box(bind("f", ty));
        let ns = start.elapsed().as_nanos();
        if farcall_jit::compiled().0 > before {
            times.push(ns);
        }
    }
    times.sort_unstable();
    println!(
        "\nbinding the first function of a shape, {} shapes",
        times.len()
    );
    println!(
        "  least {} ns, median {} ns",
        times[0],
        times[times.len() / 2]
    );
}

/// Binds 10 000 functions of at most 300 shapes and says what they take.
fn memory(named: bool) {
    const FUNCTIONS: usize = 10_000;
    let numbers = (0..).map(|number| number * 104_729 + 7);
    let mut shapes = HashSet::new();
    let mut names = Vec::with_capacity(FUNCTIONS);
    let mut numbers_used = Vec::new();
    for number in numbers {
        if shapes.len() < 300 {
            shapes.insert(number);
            numbers_used.push(number);
        }
        names.push(format!("library_function_{}", names.len()));
        if names.len() == FUNCTIONS {
            break;
        }
    }
    let mut functions = Vec::with_capacity(FUNCTIONS);
    let before = IN_USE.load(Ordering::Relaxed);
    let (trampolines, bytes) = farcall_jit::compiled();
    for (index, name) in names.iter().enumerate() {
        let ty = signature(numbers_used[index % numbers_used.len()], named);
        functions.push(bind(name, ty));
    }
    let heap = IN_USE.load(Ordering::Relaxed) - before;
    let inline = FUNCTIONS * size_of::<Function>();
    let (more_trampolines, more_bytes) = farcall_jit::compiled();
    println!(
        "\n{FUNCTIONS} functions of {} signatures, parameters {}",
        shapes.len(),
        if named { "named" } else { "without names" }
    );
    println!(
        "  {} bytes a function: {} in it, the rest on the heap",
        (heap + inline) / FUNCTIONS,
        size_of::<Function>()
    );
    println!(
        "  {} new trampolines, {} bytes of code; {more_trampolines} and {more_bytes} in all",
        more_trampolines - trampolines,
        more_bytes - bytes
    );
    drop(black_box(functions));
}
