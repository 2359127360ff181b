//! Do calls and callbacks work, and right, in processes that are refused what generated code needs?
#![cfg(all(target_os = "linux", any(feature = "jit", feature = "libffi")))]

#[path = "hardened/callbacks.rs"]
mod callbacks;
#[path = "hardened/processes.rs"]
mod processes;
#[path = "hardened/refusals.rs"]
mod refusals;
#[path = "hardened/stack.rs"]
mod stack;
#[cfg(feature = "jit")]
#[path = "hardened/threads.rs"]
mod threads;

use std::sync::LazyLock;

use farcall::{
    Engine, FnType, Function, Library, OwnedValue, RecordKind, RecordType, Type, Value, values,
};

const PARAMS: usize = 9;

/// The library that is asked; opening it takes executable memory, too.
fn fixture() -> &'static Library {
    static FIXTURE: LazyLock<Library> =
        LazyLock::new(|| support::open(support::fixture("weights")));
    &FIXTURE
}

/// The function of the fixture whose parameter `n` is a float where bit `n` of `shape` is set, and
/// otherwise an integer: each shape has a trampoline of its own.
fn function(shape: u32) -> Function {
    let float = |index: usize| shape >> index & 1 == 1;
    let types = (0..PARAMS).map(|index| match float(index) {
        true => Type::DOUBLE,
        false => Type::INT64,
    });
    let builder = FnType::builder().result(Type::DOUBLE);
    let ty = types.fold(builder, |builder, ty| builder.unnamed_param(ty));
    let digits = (0..PARAMS).map(|index| if float(index) { '1' } else { '0' });
    let name = format!("weights_{}", digits.collect::<String>());
    fixture().function_as(&name, ty.build().unwrap()).unwrap()
}

/// Calls a function of the fixture in every way that takes run-time types.
fn check(function: &Function) {
    let parameters = function.ty().params().iter();
    let arguments: Vec<_> = (1i32..)
        .zip(parameters)
        .map(|(n, parameter)| match parameter.ty() == Type::DOUBLE {
            true => Value::from(f64::from(n)),
            false => Value::from(i64::from(n)),
        })
        .collect();
    for _ in 0..2 {
        // SAFETY: the type is that of the fixture's function.
        let sum = unsafe { function.call_values(&arguments) }.unwrap();
        assert_eq!(sum.as_f64(), Some(285.0), "{function:?}");
        // SAFETY: as above.
        let sum = unsafe { function.call_unwind(&arguments) }.unwrap();
        assert_eq!(sum.as_f64(), Some(285.0), "{function:?}");
    }
    // SAFETY: as above.
    let (sum, _) = unsafe { function.call_values_errno(&arguments) }.unwrap();
    assert_eq!(sum.as_f64(), Some(285.0), "{function:?}");
    let mut buffer = function.buffer();
    for (index, argument) in arguments.iter().enumerate() {
        buffer.set(index, *argument).unwrap();
    }
    // SAFETY: as above.
    unsafe { buffer.call(function) }.unwrap();
    assert_eq!(buffer.result().as_f64(), Some(285.0), "{function:?}");
}

support::foreign_struct!(Pair { a: i64, b: f64 });

/// Calls a function that takes and returns a struct, in every way.
fn check_struct() -> Option<Engine> {
    let record = RecordType::builder(RecordKind::Struct, Some("pair"));
    let record = record.field("a", Type::INT64).field("b", Type::DOUBLE);
    let record = record.build().unwrap();
    let ty = FnType::builder().unnamed_param(record.as_type());
    let ty = ty.unnamed_param(Type::INT32).result(record.as_type());
    let swap = fixture().function_as("weights_swap", ty.build().unwrap());
    let swap = swap.unwrap();
    let pair = OwnedValue::record(record, &values![7, 5.0]).unwrap();
    // SAFETY: the type is that of the fixture's function.
    let swapped = unsafe { swap.call_values(&values![&pair, 1]) }.unwrap();
    assert_eq!(swapped.to_string(), "{ a: 6, b: 7.0 }");
    // SAFETY: as above.
    let swapped: Pair = unsafe { swap.call((Pair { a: 7, b: 5.0 }, 1)) }.unwrap();
    assert_eq!(swapped, Pair { a: 6, b: 7.0 });
    let typed = swap
        .typed::<unsafe extern "C" fn(Pair, i32) -> Pair>()
        .unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { typed(Pair { a: 7, b: 5.0 }, 1) }, swapped);
    swap.engine()
}

/// Binds and calls functions of new shapes.
fn check_all(shapes: std::ops::Range<u32>, engine: Engine) {
    for shape in shapes {
        let function = function(shape);
        assert_eq!(function.engine(), Some(engine), "{function:?}");
        check(&function);
    }
}

/// The engine that is taken where nothing is refused.
fn first() -> Engine {
    support::engines()[0]
}
