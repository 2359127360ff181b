//! Which calls allocate, and does anything stay behind?
//!
//! One test after the other: the allocations of the whole process are counted.
#![cfg(any(feature = "jit", feature = "libffi"))]

use farcall::callback::AnyThread;
use farcall::{Callback, Engine, FnType, Function, LongDouble, OwnedValue, Type, Value, values};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: forwarded to the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: forwarded to the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        MINE.with(|mine| mine.get().then(|| BYTES.fetch_sub(layout.size(), Relaxed)));
        // SAFETY: forwarded to the caller.
        unsafe { System.dealloc(memory, layout) }
    }
}

thread_local! {
    /// Whether this thread's allocations are counted: not those of the test harness.
    static MINE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

fn count(size: usize) {
    MINE.with(|mine| {
        if mine.get() {
            ALLOCATIONS.fetch_add(1, Relaxed);
            BYTES.fetch_add(size, Relaxed);
        }
    });
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// While it lives, its thread alone is counted.
struct Alone(#[expect(dead_code, reason = "it is held")] MutexGuard<'static, ()>);

impl Drop for Alone {
    fn drop(&mut self) {
        MINE.with(|mine| mine.set(false));
    }
}

fn alone() -> Alone {
    static ONE: Mutex<()> = Mutex::new(());
    let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    MINE.with(|mine| mine.set(true));
    Alone(guard)
}

/// How often `what` allocates, after it ran once.
fn allocations(mut what: impl FnMut()) -> usize {
    what();
    let before = ALLOCATIONS.load(Relaxed);
    (0..100).for_each(|_| what());
    ALLOCATIONS.load(Relaxed) - before
}

/// How many bytes more there are after a thousand times, after a few.
fn growth(mut what: impl FnMut()) -> isize {
    (0..10).for_each(|_| what());
    let before = BYTES.load(Relaxed);
    (0..1000).for_each(|_| what());
    BYTES.load(Relaxed).wrapping_sub(before).cast_signed()
}

fn functions(prototype: &str) -> Vec<Function> {
    functions_of("function", prototype)
}

fn functions_of(fixture: &str, prototype: &str) -> Vec<Function> {
    let library = support::open(support::fixture(fixture));
    let function = library.function(prototype).expect(prototype);
    let engines: &[Engine] = &[
        #[cfg(feature = "jit")]
        Engine::Jit,
        #[cfg(feature = "libffi")]
        Engine::Libffi,
    ];
    engines
        .iter()
        .map(|engine| function.with_engine(*engine).expect(prototype))
        .collect()
}

#[test]
fn calls_with_scalars_do_not_allocate() {
    let _guard = alone();
    for function in functions(&format!("int sum16({})", ["int"; 16].join(", "))) {
        let exact = [Value::from(1); 16];
        let fitted = [Value::from(1i64); 16];
        let mut buffer = function.buffer();
        // SAFETY: the fixture's functions are called as they are declared.
        unsafe {
            let call = || {
                let sum = function.call::<_, i32>((1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
                assert_eq!(sum.expect("a sum"), 136);
            };
            assert_eq!(allocations(call), 0);
            let call = || {
                assert_eq!(
                    function.call_values(&exact).expect("a sum").as_i64(),
                    Some(136)
                )
            };
            assert_eq!(allocations(call), 0);
            let call = || {
                assert_eq!(
                    function.call_values(&fitted).expect("a sum").as_i64(),
                    Some(136)
                )
            };
            assert_eq!(allocations(call), 0);
            assert_eq!(
                allocations(|| drop(function.call_unwind(&exact).expect("a sum"))),
                0
            );
            assert_eq!(
                allocations(|| drop(function.call_values_errno(&exact).expect("a sum"))),
                0
            );
            let call = || {
                (0..16).for_each(|index| buffer.set(index, 2).expect("an int"));
                buffer.set_unchecked(0, 1i32);
                buffer.call(&function).expect("a sum");
                assert_eq!(buffer.result().as_i64(), Some(271));
            };
            assert_eq!(allocations(call), 0);
        }
    }
}

#[test]
fn extra_arguments_do_not_allocate() {
    let _guard = alone();
    for function in functions_of("variadic", "int variadic_sum(int count, ...)") {
        let (exact, promoted) = (values![3, 1, 2, 3], values![4, 1, -2i8, 3u16, true]);
        let longest: Vec<_> = [15].into_iter().chain([1; 15]).map(Value::from).collect();
        let sum = |arguments: &[_]| {
            // SAFETY: there are as many as the first says.
            unsafe { function.call_values(arguments) }
                .expect("a sum")
                .as_i64()
        };
        assert_eq!(allocations(|| assert_eq!(sum(&exact), Some(6))), 0);
        assert_eq!(allocations(|| assert_eq!(sum(&promoted), Some(3))), 0);
        assert_eq!(allocations(|| assert_eq!(sum(&longest), Some(15))), 0);
        assert_eq!(allocations(|| assert_eq!(sum(&values![0]), Some(0))), 0);
        // SAFETY: as above.
        unsafe {
            let call = || drop(function.call_unwind(&exact).expect("a sum"));
            assert_eq!(allocations(call), 0);
            let call = || drop(function.call_values_errno(&promoted).expect("a sum"));
            assert_eq!(allocations(call), 0);
            let call = || assert_eq!(function.call::<_, i32>((2, 5i8, -9)).expect("a sum"), -4);
            assert_eq!(allocations(call), 0);
            let call = || assert_eq!(function.call::<_, i32>((0,)).expect("a sum"), 0);
            assert_eq!(allocations(call), 0);
            let call = || assert!(function.call_errno::<_, i32>((1, 1.5f32)).is_ok());
            assert_eq!(allocations(call), 0);
        }
        let closed = function.with_extra(&[Type::INT; 2]).expect("a function");
        let mut buffer = closed.buffer();
        // SAFETY: as above.
        let call = || unsafe {
            (0..3).for_each(|index| buffer.set(index, 2i8).expect("an int"));
            buffer.call(&closed).expect("a sum");
        };
        assert_eq!(allocations(call), 0);
        // SAFETY: nothing is called.
        let fail = || unsafe {
            assert!(
                function
                    .call_values(&[Value::from(0), Value::VOID])
                    .is_err()
            );
            assert!(function.call_values(&[]).is_err());
            assert!(function.call_values(&[Value::from(0); 257]).is_err());
            assert!(function.call::<_, i32>((0, [1, 2])).is_err());
            assert!(function.call::<_, i32>((0.5, 2)).is_err());
            assert!(function.call::<_, i64>((0, 2)).is_err());
            assert!(function.with_extra(&[Type::VOID]).is_err());
            assert!(closed.call_values(&exact).is_err());
            assert!(closed.call_values(&values![0, 1, 1.5]).is_err());
        };
        assert_eq!(growth(fail), 0);
    }
}

#[test]
fn pointers_that_must_not_be_null_do_not_allocate() {
    let _guard = alone();
    for function in functions("int read_int(const int *_Nonnull p)") {
        let number = 4;
        // SAFETY: the fixture's functions are called as they are declared.
        unsafe {
            let call = || assert_eq!(function.call::<_, i32>((&number,)).expect("4"), 4);
            assert_eq!(allocations(call), 0);
            let call = || assert_eq!(function.call_errno::<_, i32>((&number,)).expect("4").0, 4);
            assert_eq!(allocations(call), 0);
            let call = || drop(function.call_values(&values![&number]).expect("4"));
            assert_eq!(allocations(call), 0);
        }
    }
}

#[test]
fn records_in_buffers_do_not_allocate() {
    let _guard = alone();
    let prototype = "struct r48 { double d[6]; } turn_r48(struct r48 r)";
    for function in functions(prototype) {
        let argument = OwnedValue::zeroed(function.ty().result().record().expect("a record"));
        let mut buffer = function.buffer();
        let call = || {
            buffer.set(0, &argument).expect("a record");
            // SAFETY: the fixture's functions are called as they are declared.
            unsafe { buffer.call(&function) }.expect("a record");
        };
        assert_eq!(allocations(call), 0);
        // SAFETY: as above.
        let call =
            || drop(unsafe { function.call_values(&[argument.as_value()]) }.expect("a record"));
        assert_eq!(allocations(call), 100, "one for each result");
    }
}

/// Values of more than 8 bytes are passed by their addresses, and come back into the caller's memory.
#[test]
fn wide_values_do_not_allocate() {
    let _guard = alone();
    let prototype = "long double wide_add(long double a, double b)";
    for function in functions_of("wide", prototype) {
        let one = LongDouble::from(1);
        let call = || {
            // SAFETY: the fixture's functions are called as they are declared.
            let sum = unsafe { function.call::<_, LongDouble>((one, 2.0)) };
            assert_eq!(sum.expect("a sum"), LongDouble::from(3));
        };
        assert_eq!(allocations(call), 0);
        let mut buffer = function.buffer();
        let call = || {
            buffer.set(0, Value::of(&one)).expect("a number");
            buffer.set(1, 2.0).expect("a number");
            // SAFETY: as above.
            unsafe { buffer.call(&function).expect("a sum") };
            let sum = LongDouble::try_from(buffer.result()).expect("a sum");
            assert_eq!(sum, LongDouble::from(3));
        };
        assert_eq!(allocations(call), 0);
    }
}

#[test]
fn callbacks_that_run_do_not_allocate() {
    let _alone = alone();
    let library = support::open(support::fixture("callback"));
    let apply = library
        .function("int apply2(int (*f)(int, int), int a, int b)")
        .unwrap();
    let ty = apply.callback_type("f").unwrap();
    type Two = unsafe extern "C" fn(i32, i32) -> i32;
    for engine in support::engines() {
        let builder = || Callback::builder().engine(*engine);
        let over_values = builder()
            .new(ty, |args| {
                args[0].as_i64().unwrap() + args[1].as_i64().unwrap()
            })
            .unwrap();
        let typed: Callback<Two> = builder().from_fn(|a: i32, b: i32| a + b).unwrap();
        let shared: Callback<Two, AnyThread> = builder()
            .any_thread()
            .from_fn(|a: i32, b: i32| a + b)
            .unwrap();
        for address in [over_values.as_ptr(), typed.as_ptr(), shared.as_ptr()] {
            let call = || {
                // SAFETY: the fixture calls it as it is declared.
                let sum: i32 = unsafe { apply.call((address, 40, 2)) }.unwrap();
                assert_eq!(sum, 42);
            };
            call();
            assert_eq!(allocations(call), 0, "{engine}");
        }
    }
}

#[test]
fn callbacks_leave_nothing_behind() {
    let _alone = alone();
    let ty = FnType::parse("int f(int)").unwrap();
    for engine in support::engines() {
        let make = || {
            let captured = Box::new([0u8; 100]);
            let callback = Callback::builder()
                .engine(*engine)
                .name("f")
                .new(ty, move |_| i32::from(captured[0]))
                .unwrap();
            drop(callback);
        };
        // The pool grows to what its quarantine needs.
        (0..3000).for_each(|_| make());
        assert_eq!(growth(|| (0..20).for_each(|_| make())), 0, "{engine}");
    }
}

#[test]
fn refused_calls_leave_nothing_behind() {
    let _guard = alone();
    let number = 1;
    let turn =
        "struct r12 { int a; float b; int c; } turn_r12(struct r12 x, const int *_Nonnull p)";
    for function in functions(turn) {
        let r12 = function.ty().result().record().expect("a record");
        let argument = OwnedValue::zeroed(r12);
        let mut buffer = function.buffer();
        let cases: [&[Value<'_>]; 4] = [
            &[],
            &values![&argument, Value::NULL],
            &values![1, 2],
            &values![&argument, 1.0],
        ];
        // SAFETY: nothing is called.
        let fail = || unsafe {
            for case in cases {
                assert!(function.call_values(case).is_err());
                assert!(function.call_values_errno(case).is_err());
            }
            assert!(function.call::<_, i32>((1, &number)).is_err());
            assert!(function.call_errno::<_, i32>((1, 2.0)).is_err());
            assert!(
                function
                    .typed::<unsafe extern "C" fn(i32) -> i32>()
                    .is_err()
            );
            assert!(buffer.set(0, 1).is_err());
            assert!(buffer.set(7, 1).is_err());
            assert!(buffer.call(&function).is_err());
            assert!(Value::record(r12, &[]).is_err());
            assert!(OwnedValue::record(r12, &values![1, 2]).is_err());
            assert!(argument.clone().set("a.b[", 1).is_err());
        };
        assert_eq!(growth(fail), 0);
    }
}

#[cfg(feature = "macros")]
#[test]
fn records_of_rust_leave_nothing_behind() {
    #[derive(farcall::ForeignType, farcall::ForeignResult, Clone, Copy)]
    #[repr(C)]
    struct R8(i32, i32);
    let _guard = alone();
    for function in functions("struct r8 { int a, b; } turn_r8(struct r8 x)") {
        // SAFETY: the fixture's functions are called as they are declared.
        let call = || unsafe {
            assert!(function.call::<_, R8>((R8(1, 2),)).is_ok());
            assert!(function.call::<_, R8>((1i64,)).is_err());
            assert!(function.call::<_, i64>((R8(1, 2),)).is_err());
            assert!(function.typed::<unsafe extern "C" fn(R8) -> R8>().is_ok());
        };
        assert_eq!(growth(call), 0);
    }
}

#[test]
fn what_cannot_be_bound_leaves_nothing_behind() {
    let _guard = alone();
    let library = support::open(support::fixture("function"));
    let sum = library.function("int sum0(void)").expect("a function");
    let small = "struct { int x; } __attribute__((aligned(32)))";
    let texts = [
        "int no_such_function(struct r8 { int a, b; } x)".to_owned(),
        "int sum0(struct { char b[1048577]; } x)".to_owned(),
        "int sum0(int, ...)".to_owned(),
        "int sum0(void x)".to_owned(),
        format!("int sum0(struct r8 {{ int a, b; }} a, {small} b)"),
    ];
    let bind = || {
        for text in &texts {
            if let Ok(function) = library.function(text) {
                // libffi refuses it after it has seen the first parameter.
                let _ = function.with_engine(Engine::Libffi);
            }
        }
        assert!(library.function_as("sum\0", sum.ty()).is_err());
        assert!(Type::CHAR.array(u64::MAX).is_err());
        drop(sum.clone());
    };
    assert_eq!(growth(bind), 0);
}
