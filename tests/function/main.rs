//! Does every way of calling pass and return what C means, on every engine?
#![cfg(any(feature = "jit", feature = "libffi"))]

mod absurd;
mod buffer;
mod errno;
mod pointers;
mod records;
mod refusals;
mod rust_types;
mod same_type;
mod scalars;
mod tuples;
mod typed;

use farcall::{CallConv, Engine, Function, Library, OwnedValue, Value};
use std::sync::OnceLock;

const ENGINES: &[Engine] = &[
    #[cfg(feature = "jit")]
    Engine::Jit,
    #[cfg(feature = "libffi")]
    Engine::Libffi,
];

fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| support::open(support::fixture("function")))
}

fn bind(prototype: &str) -> Function {
    library().function(prototype).expect(prototype)
}

/// A function on every engine that is built.
fn on_engines(prototype: &str) -> impl Iterator<Item = Function> {
    let function = bind(prototype);
    ENGINES.iter().map(move |engine| {
        let function = function.with_engine(*engine).expect(prototype);
        assert_eq!(function.engine(), Some(*engine));
        function
    })
}

/// The result of every way of calling with values; all must agree, at the first call and after.
fn all_ways(prototype: &str, arguments: &[Value<'_>]) -> OwnedValue {
    let mut results = Vec::new();
    for function in on_engines(prototype) {
        for _ in 0..3 {
            // SAFETY: the fixture's functions are called as they are declared.
            let result = unsafe { function.call_values(arguments) }.expect(prototype);
            results.push(result);
            if function.ty().call_conv() == CallConv::C {
                // SAFETY: as above.
                let result = unsafe { function.call_unwind(arguments) }.expect(prototype);
                results.push(result);
            }
            // SAFETY: as above.
            let result = unsafe { function.call_values_errno(arguments) }.expect(prototype);
            results.push(result.0);
        }
        let mut buffer = function.buffer();
        for _ in 0..2 {
            for (index, argument) in arguments.iter().enumerate() {
                buffer.set(index, *argument).expect(prototype);
            }
            // SAFETY: as above.
            unsafe { buffer.call(&function) }.expect(prototype);
            results.push(owned(buffer.result()));
        }
    }
    let first = results.swap_remove(0);
    for other in &results {
        assert_eq!(bytes(&first), bytes(other), "{prototype}");
    }
    first
}

/// A copy of a value.
fn owned(value: Value<'_>) -> OwnedValue {
    let ty = value.ty();
    if ty.is_void() {
        return OwnedValue::VOID;
    }
    let record = ty.record().unwrap_or_else(|| one(ty));
    let mut copy = OwnedValue::zeroed(record);
    let path = if ty.record().is_some() { "" } else { "x" };
    copy.set(path, value).expect("a copy");
    copy
}

fn one(ty: farcall::Type) -> farcall::RecordType {
    let builder = farcall::RecordType::builder(farcall::RecordKind::Struct, None);
    builder.field("x", ty).build().expect("a record")
}

/// The bytes of a value, the same for a scalar as for a struct of it.
fn bytes(value: &OwnedValue) -> Vec<u8> {
    let copy = owned(value.as_value());
    copy.as_record()
        .map_or(Vec::new(), |object| object.bytes().to_vec())
}

fn message<T>(result: farcall::Result<T>) -> String {
    result.err().expect("a refusal").to_string()
}
