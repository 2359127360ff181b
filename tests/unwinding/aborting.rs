//! Calls that let nothing pass.

use std::ffi::c_void;
use std::panic;

use farcall::{Engine, FnType, Function, Type, Value, values};
use support::child::aborts;

use super::{exceptions, variants, with_arguments};

const WORDS: &str = "farcall: an exception left a C function; use call_unwind to let it pass";

/// Returns for 0 and panics for everything else.
extern "C-unwind" fn raise(a: i64, b: f64) -> i64 {
    if a != 0 {
        panic::resume_unwind(Box::new(a + b as i64));
    }
    42
}

#[cfg(all(target_arch = "x86_64", feature = "jit"))]
extern "win64-unwind" fn raise_win(a: i64, b: f64) -> i64 {
    raise(a, b)
}

fn ty() -> farcall::FnTypeBuilder {
    let params = FnType::builder().unnamed_param(Type::INT64);
    params.unnamed_param(Type::DOUBLE).result(Type::INT64)
}

/// `raise` as a function that is called in one way, which gets its first argument.
fn leave(engine: Engine, warm: bool, way: fn(&Function, i64)) {
    let address = raise as *const c_void;
    // SAFETY: a function of this program.
    let function = unsafe { Function::from_address("raise", address, ty().build().unwrap()) };
    let function = function.unwrap().with_engine(engine).unwrap();
    if warm {
        way(&function, 0);
        way(&function, 0);
    }
    way(&function, 1);
    unreachable!("the panic was swallowed");
}

fn call(function: &Function, first: i64) {
    // SAFETY: the type is that of the function.
    let result: i64 = unsafe { function.call((first, 2.0)) }.unwrap();
    assert_eq!(result, 42);
}

fn call_errno(function: &Function, first: i64) {
    // SAFETY: as above.
    let (result, _) = unsafe { function.call_errno::<_, i64>((first, 2.0)) }.unwrap();
    assert_eq!(result, 42);
}

fn call_values(function: &Function, first: i64) {
    // SAFETY: as above.
    let result = unsafe { function.call_values(&values![first, 2.0]) }.unwrap();
    assert_eq!(result.as_i64(), Some(42));
}

fn call_values_errno(function: &Function, first: i64) {
    // SAFETY: as above.
    let (result, _) = unsafe { function.call_values_errno(&values![first, 2.0]) }.unwrap();
    assert_eq!(result.as_i64(), Some(42));
}

fn call_buffer(function: &Function, first: i64) {
    let mut buffer = function.buffer();
    buffer.set(0, first).unwrap();
    buffer.set(1, 2.0).unwrap();
    // SAFETY: as above.
    unsafe { buffer.call(function) }.unwrap();
    assert_eq!(buffer.result().as_i64(), Some(42));
}

macro_rules! ways {
    ($($test:ident: $engine:ident $warm:literal $way:ident;)*) => {$(
        #[test]
        fn $test() {
            if support::engines().contains(&Engine::$engine) {
                aborts(WORDS, || leave(Engine::$engine, $warm, $way));
            }
        }
    )*};
}

ways! {
    a_first_call_aborts: Jit false call;
    a_later_call_aborts: Jit true call;
    a_first_call_errno_aborts: Jit false call_errno;
    a_later_call_errno_aborts: Jit true call_errno;
    a_first_call_of_values_aborts_by_jit: Jit false call_values;
    a_later_call_of_values_aborts_by_jit: Jit true call_values;
    a_first_call_of_values_aborts_by_libffi: Libffi false call_values;
    a_later_call_of_values_aborts_by_libffi: Libffi true call_values;
    a_call_of_values_with_errno_aborts_by_jit: Jit false call_values_errno;
    a_call_of_values_with_errno_aborts_by_libffi: Libffi false call_values_errno;
    a_call_by_buffer_aborts_by_jit: Jit false call_buffer;
    a_call_by_buffer_aborts_by_libffi: Libffi false call_buffer;
}

#[test]
#[cfg(all(target_arch = "x86_64", feature = "jit"))]
fn a_call_of_another_convention_aborts() {
    aborts(WORDS, || {
        let ty = ty().call_conv(farcall::CallConv::Win64).build().unwrap();
        // SAFETY: a function of this program.
        let function = unsafe { Function::from_address("raise", raise_win as *const _, ty) };
        let function = function.unwrap();
        call(&function, 0);
        call(&function, 1);
    });
}

/// Calls a function of a fixture that raises, in a call that lets nothing pass.
fn call_framed(function: &Function, arguments: &[Value<'_>]) {
    // SAFETY: the declarations are those of the fixtures.
    let _ = unsafe { function.call_values(arguments) };
    unreachable!("the exception was swallowed");
}

#[test]
fn a_cpp_exception_aborts() {
    if exceptions::throwing().is_none() {
        return;
    }
    aborts(WORDS, || {
        let library = exceptions::throwing().unwrap();
        let function = variants(&library, "throw", "stack").next().unwrap();
        catch_in_cpp(&library, &function);
    });
}

/// As an exception that nobody catches ends the process wherever it is thrown, somebody would.
fn catch_in_cpp(library: &farcall::Library, function: &Function) {
    type Callback = extern "C-unwind" fn(*mut c_void);
    type Catch = unsafe extern "C-unwind" fn(Callback, *mut c_void) -> i64;
    extern "C-unwind" fn run(function: *mut c_void) {
        // SAFETY: the address of the function below.
        let function = unsafe { &*function.cast::<Function>() };
        with_arguments("stack", |arguments| call_framed(function, arguments));
    }
    let catch = super::address(library, "throwing_catch");
    // SAFETY: the function has this type.
    let catch: Catch = unsafe { std::mem::transmute(catch) };
    // SAFETY: the callback takes this pointer.
    unsafe { catch(run, (&raw const *function).cast_mut().cast()) };
}
