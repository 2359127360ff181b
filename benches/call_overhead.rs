//! What a call costs: through a function pointer (the floor), and in every way that farcall has,
//! side by side in one run. Times vary with the machine; what counts are the ratios.
//!
//! Rows that take values build them anew in each call, as a host does.

mod harness;

use farcall::{Engine, ForeignResult, ForeignType, Function, Library, Value, values};
use harness::{compare, row};
use std::hint::black_box as b;

#[derive(Clone, Copy, ForeignType, ForeignResult)]
#[repr(C)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Clone, Copy, ForeignType, ForeignResult)]
#[repr(C)]
struct Six([f64; 6]);

/// The row of `Function::call`, for as many arguments as tuples go.
macro_rules! tuple {
    (call, $function:ident, $result:ty, ($($argument:expr),*)) => {
        // SAFETY: the declarations are those of `tests/native/calls.c`.
        unsafe {
            [
                row("call((..))", || {
                    $function.call::<_, $result>(($(b($argument),)*)).expect("a call")
                }),
                row("call_errno((..))", || {
                    $function.call_errno::<_, $result>(($(b($argument),)*)).expect("a call")
                }),
            ]
        }
    };
    (none, $($_:tt)*) => { [] };
}

/// Compares the ways to call `$function`, whose Rust type is `$ty`, with these arguments.
macro_rules! ways {
    ($title:literal, $function:expr, $ty:ty, $result:ty, ($($argument:expr),*), $values:expr, $get:ident, $tuple:ident) => {{
        let function: &Function = &$function;
        let libffi = function.with_engine(Engine::Libffi).expect("libffi");
        // SAFETY: the declarations are those of `tests/native/calls.c`.
        let pointer = b(unsafe { std::mem::transmute::<*const _, $ty>(function.address()) });
        let mut filled = function.buffer();
        for (index, value) in $values.iter().enumerate() {
            filled.set(index, *value).expect("a value of the parameter's type");
        }
        // SAFETY: as above.
        let mut rows = unsafe { vec![
            row("function pointer", || pointer($(b($argument)),*)),
            row("call_values", || function.call_values(&$values).expect("a call").$get()),
            row("call buffer, filled before", || {
                filled.call(function).expect("a call");
                filled.result().$get()
            }),
            row("call_values through libffi", || libffi.call_values(&$values).expect("a call").$get()),
        ] };
        rows.splice(1..1, tuple!($tuple, function, $result, ($($argument),*)));
        compare($title, &mut rows);
    }};
}

fn main() {
    let path = concat!(env!("FARCALL_FIXTURES"), "/libfarcall_calls.so");
    // SAFETY: the fixture has no initialisers.
    let library = unsafe { Library::open(path) }.expect("the fixture");
    let bind = |text: &str| library.function(text).expect("a function of the fixture");
    println!("engine: {:?}", bind("void nothing(void)").engine());

    ways!(
        "2 ints",
        bind("int add2(int a, int b)"),
        unsafe extern "C" fn(i32, i32) -> i32,
        i32,
        (1, 2),
        values![b(1), b(2)],
        as_i64,
        call
    );

    ways!(
        "2 doubles",
        bind("double fadd2(double a, double b)"),
        unsafe extern "C" fn(f64, f64) -> f64,
        f64,
        (1.0, 2.0),
        values![b(1.0), b(2.0)],
        as_f64,
        call
    );

    ways!(
        "8 integers",
        bind(
            "int64_t add8(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h)"
        ),
        unsafe extern "C" fn(i64, i64, i64, i64, i64, i64, i64, i64) -> i64,
        i64,
        (1i64, 2i64, 3i64, 4i64, 5i64, 6i64, 7i64, 8i64),
        values![
            b(1i64),
            b(2i64),
            b(3i64),
            b(4i64),
            b(5i64),
            b(6i64),
            b(7i64),
            b(8i64)
        ],
        as_i64,
        call
    );

    ways!(
        "10 mixed",
        bind(
            "double mixed10(int a, double b, int64_t c, float d, const void *e, uint8_t f, double g, short h, uint64_t i, float j)"
        ),
        unsafe extern "C" fn(i32, f64, i64, f32, *const u8, u8, f64, i16, u64, f32) -> f64,
        f64,
        (
            1,
            2.0,
            3i64,
            4f32,
            std::ptr::null::<u8>(),
            6u8,
            7.0,
            8i16,
            9u64,
            10f32
        ),
        values![
            b(1),
            b(2.0),
            b(3i64),
            b(4f32),
            b(std::ptr::null::<u8>()),
            b(6u8),
            b(7.0),
            b(8i16),
            b(9u64),
            b(10f32)
        ],
        as_f64,
        call
    );

    ways!(
        "26 integers",
        bind(ADD26),
        unsafe extern "C" fn(
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
        ) -> i64,
        i64,
        (
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
            25, 26
        ),
        values![
            b(1i64),
            b(2i64),
            b(3i64),
            b(4i64),
            b(5i64),
            b(6i64),
            b(7i64),
            b(8i64),
            b(9i64),
            b(10i64),
            b(11i64),
            b(12i64),
            b(13i64),
            b(14i64),
            b(15i64),
            b(16i64),
            b(17i64),
            b(18i64),
            b(19i64),
            b(20i64),
            b(21i64),
            b(22i64),
            b(23i64),
            b(24i64),
            b(25i64),
            b(26i64)
        ],
        as_i64,
        none
    );

    let length2 = bind("struct point { double x, y; }; double length2(struct point p)");
    let point = length2.ty().params()[0].ty().record().expect("a record");
    let bytes = [1f64, 2.0].map(f64::to_ne_bytes).concat();
    ways!(
        "a struct of 2 doubles",
        length2,
        unsafe extern "C" fn(Point) -> f64,
        f64,
        (Point { x: 1.0, y: 2.0 }),
        [Value::record(point, b(&bytes)).expect("its length")],
        as_f64,
        call
    );

    let sum6 = bind("struct six { double a, b, c, d, e, f; }; double sum6(struct six s)");
    let six = sum6.ty().params()[0].ty().record().expect("a record");
    let bytes = [1f64; 6].map(f64::to_ne_bytes).concat();
    ways!(
        "a struct of 48 bytes",
        sum6,
        unsafe extern "C" fn(Six) -> f64,
        f64,
        (Six([1.0; 6])),
        [Value::record(six, b(&bytes)).expect("its length")],
        as_f64,
        call
    );

    let mirror = bind("struct point { double x, y; }; struct point mirror(struct point p)");
    let bytes = [1f64, 2.0].map(f64::to_ne_bytes).concat();
    ways!(
        "a struct of 2 doubles, returned too",
        mirror,
        unsafe extern "C" fn(Point) -> Point,
        Point,
        (Point { x: 1.0, y: 2.0 }),
        [Value::record(point, b(&bytes)).expect("its length")],
        as_pointer,
        call
    );

    threads(&bind("int add2(int a, int b)"));
}

/// What a call costs on one thread, and on two at once.
fn threads(function: &Function) {
    const CALLS: u32 = 4_000_000;
    let run = || {
        for _ in 0..CALLS {
            // SAFETY: the declaration is that of `tests/native/calls.c`.
            let sum = unsafe { function.call_values(&values![b(1), b(2)]) }.expect("a call");
            b(sum.as_i64());
        }
    };
    let time = |count: usize| {
        let start = std::time::Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..count {
                scope.spawn(run);
            }
        });
        start.elapsed().as_nanos() as f64 / f64::from(CALLS)
    };
    let best = |count| (0..10).map(|_| time(count)).fold(f64::INFINITY, f64::min);
    let (one, two) = (best(1), best(2));
    println!("\ncall_values of one function");
    println!("  on one thread                {one:>9.2} ns");
    println!(
        "  on two threads at once       {two:>9.2} ns  {:>7.2} x the calls",
        2.0 * one / two
    );
}

const ADD26: &str =
    "int64_t add26(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f,
    int64_t g, int64_t h, int64_t i, int64_t j, int64_t k, int64_t l, int64_t m, int64_t n,
    int64_t o, int64_t p, int64_t q, int64_t r, int64_t s, int64_t t, int64_t u, int64_t v,
    int64_t w, int64_t x, int64_t y, int64_t z)";
