//! Do variadic functions get their extra arguments as C passes them, on every engine, in every way
//! of calling?
#![cfg(all(not(target_env = "msvc"), any(feature = "jit", feature = "libffi")))]

#[path = "variadic/formats.rs"]
mod formats;
#[path = "variadic/passing.rs"]
mod passing;
#[path = "variadic/refusals.rs"]
mod refusals;
#[path = "variadic/results.rs"]
mod results;
#[path = "variadic/types.rs"]
mod types;

use farcall::{Function, Library, OwnedValue, Type, Value};
use std::sync::OnceLock;

const SNPRINTF: &str = "int snprintf(char *to, size_t size, const char *format, ...)";

fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| support::open(support::fixture("variadic")))
}

/// A function of the fixture, or of the C library.
fn bind(prototype: &str) -> Function {
    let other = || match cfg!(windows) {
        true => support::open(support::fixture("formatting")),
        false => Library::this().expect("this program"),
    };
    library()
        .function(prototype)
        .or_else(|_| other().function(prototype))
        .expect(prototype)
}

/// A function on every engine that is built.
fn on_engines(prototype: &str) -> impl Iterator<Item = Function> {
    let function = bind(prototype);
    let engines = support::engines().iter();
    engines.map(move |engine| function.with_engine(*engine).expect(prototype))
}

/// Calls with values in every way that takes them, the first time and again; `check` looks at the
/// result after each.
fn in_every_way(function: &Function, arguments: &[Value<'_>], check: impl Fn(Value<'_>)) {
    let types: Vec<Type> = arguments.iter().map(|value| value.ty()).collect();
    let closed = function.with_extra(&types[function.ty().params().len()..]);
    let closed = closed.expect("types of values");
    let win = function.ty().call_conv() != farcall::CallConv::C;
    for function in [function, &closed, function] {
        for _ in 0..3 {
            // SAFETY: the callers give arguments that the function expects.
            let result = unsafe { function.call_values(arguments) }.expect("a call");
            check(result.as_value());
        }
        // SAFETY: as above.
        let result = unsafe { function.call_values_errno(arguments) }.expect("a call");
        check(result.0.as_value());
        // libffi has no tables for the other convention.
        if !win {
            // SAFETY: as above.
            let result = unsafe { function.call_unwind(arguments) }.expect("a call");
            check(result.as_value());
        }
    }
    let mut buffer = closed.buffer();
    for _ in 0..2 {
        for (index, argument) in arguments.iter().enumerate() {
            buffer.set(index, *argument).expect("an argument");
        }
        // SAFETY: as above.
        unsafe { buffer.call(&closed) }.expect("a call");
        check(buffer.result());
    }
}

/// The text that a function of the family of `snprintf` writes, in every way of calling on every
/// engine.
fn text(prototype: &str, format: Value<'_>, extra: &[Value<'_>]) -> String {
    let mut texts = Vec::new();
    for function in on_engines(prototype) {
        let mut to = [0u8; 512];
        let place = to.as_mut_ptr();
        let mut arguments = vec![Value::from(place), Value::from(512), format];
        arguments.extend(extra);
        let found = std::cell::RefCell::new(Vec::new());
        in_every_way(&function, &arguments, |result| {
            let length = result.as_i64().expect("a length") as usize;
            // SAFETY: the function wrote that many bytes there.
            let bytes = unsafe { std::slice::from_raw_parts(place, length) };
            found
                .borrow_mut()
                .push(String::from_utf8_lossy(bytes).into_owned());
            // SAFETY: the place has that many bytes.
            unsafe { place.write_bytes(0, length) };
        });
        texts.extend(found.into_inner());
    }
    let first = texts.swap_remove(0);
    assert!(
        texts.iter().all(|text| *text == first),
        "{first}: {texts:?}"
    );
    first
}

fn message<T>(result: farcall::Result<T>) -> String {
    result.err().expect("a refusal").to_string()
}

/// The record of `Type`'s name in a text of declarations, filled.
fn record(declaration: &str, fields: &[Value<'_>]) -> OwnedValue {
    let ty = farcall::FnType::parse(&format!("{declaration} f(void)")).expect(declaration);
    OwnedValue::record(ty.result().record().expect("a record"), fields).expect(declaration)
}
