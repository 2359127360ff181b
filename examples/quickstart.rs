//! The tour of farcall: functions of the C library, found at run time and called by their C
//! prototypes.
//!
//! ```console
//! $ cargo run --release --example quickstart
//! ```

use farcall::{CallBuffer, Engine, Errno, Function, Library, Result, values};
use std::ffi::CStr;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    match tour() {
        Ok(()) => ExitCode::SUCCESS,
        // An error says by itself which library, function and argument it is about.
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn tour() -> Result<()> {
    // Opening a library runs its initialisers, which nothing can check: that is what `unsafe`
    // promises here. The first name that the system knows is taken.
    // SAFETY: the C library is loaded already, and so are its parts.
    let (libc, libm) = unsafe {
        let libc = ["libc.so.6", "libc.so", "libSystem.B.dylib", "msvcrt.dll"];
        let libm = [
            "libm.so.6",
            "libm.so",
            "libc.so",
            "libSystem.B.dylib",
            "msvcrt.dll",
        ];
        (Library::open_any(libc)?, Library::open_any(libm)?)
    };
    println!("Libraries, opened at run time");
    println!("  {} and {}", libc.name(), libm.name());

    number(&libm)?;
    strings(&libc)?;
    errno(&libc)?;
    variable(&libc)?;
    function_pointer(&libm)?;
    structure(&libc)?;
    mistake(&libm)?;
    engines(&libm)
}

fn head(text: &str) {
    println!("\n{text}");
}

/// The prototype is the one in the manual page. `call` takes Rust values and compares their types
/// with it, once for each place in the program that calls.
fn number(libm: &Library) -> Result<()> {
    head("A number: call takes a tuple of Rust values");
    let pow = libm.function("double pow(double x, double y)")?;
    // SAFETY: this is the prototype of the C standard.
    let y: f64 = unsafe { pow.call((2.0, 10.0))? };
    println!("  pow(2.0, 10.0) = {y:?}");
    Ok(())
}

/// Text goes in as a C string, and comes out as the pointer that C returns.
fn strings(libc: &Library) -> Result<()> {
    head("A string in, a string out");
    let strlen = libc.function("size_t strlen(const char *s)")?;
    // SAFETY: the text ends in a NUL and is only read.
    let length: usize = unsafe { strlen.call((c"farcall",))? };
    println!("  strlen(\"farcall\") = {length}");

    let strerror = libc.function("char *strerror(int error)")?;
    // SAFETY: every number is accepted.
    let text: *mut std::ffi::c_char = unsafe { strerror.call((2,))? };
    // SAFETY: the result is a C string, which stays until the next call.
    let text = unsafe { CStr::from_ptr(text) };
    println!("  strerror(2) = {text:?}");
    Ok(())
}

/// The system's names for the same things: a function that fails with `errno`, a variable, and a
/// function of numbers.
#[cfg(not(windows))]
const NAMES: [&str; 3] = ["close", "optind", "copysign"];
#[cfg(windows)]
const NAMES: [&str; 3] = ["_close", "_fmode", "_copysign"];

/// Between a call and a look at `errno`, anything may change it; `call_errno` lets nothing come
/// between.
fn errno(libc: &Library) -> Result<()> {
    head("errno: read in the same step as the call");
    let [name, ..] = NAMES;
    let close = libc.function(&format!("int {name}(int fd)"))?;
    // SAFETY: there is no descriptor of that number.
    let (result, errno): (i32, Errno) = unsafe { close.call_errno((-1,))? };
    println!("  {name}(-1) = {result}, {errno}");
    Ok(())
}

/// `optind` belongs to `getopt`, and `_fmode` to `fopen`, which nobody uses here.
fn variable(libc: &Library) -> Result<()> {
    head("A variable that the library exports: read, written, read again");
    let [_, name, _] = NAMES;
    let variable = libc.variable(&format!("extern int {name}"))?;
    // SAFETY: the declaration is that of the system, and no other thread runs.
    let (before, after): (i32, i32) = unsafe {
        let before = variable.get()?;
        variable.set(before + 1)?;
        (before, variable.get()?)
    };
    println!("  {name} = {before}, then {after}");
    Ok(())
}

/// Where a function is called very often, its type is checked once and what remains is a function
/// pointer, which costs what C's own costs.
fn function_pointer(libm: &Library) -> Result<()> {
    head("A function pointer: checked once, then as fast as a linked call");
    let sqrt = libm.function("double sqrt(double x)")?;
    let sqrt = sqrt.typed::<unsafe extern "C" fn(f64) -> f64>()?;
    // SAFETY: this is the prototype of the C standard.
    println!("  sqrt(2.0) = {:?}", unsafe { sqrt(2.0) });
    Ok(())
}

/// From here on, types may be unknown to the Rust compiler: a host of scripts or queries reads the
/// prototype from its users. `call_values` checks the kind of each value and returns a value that
/// knows its own type. An engine carries such calls out.
fn structure(libc: &Library) -> Result<()> {
    head("A struct by value, of a type that only the text tells");
    let div = libc.function("struct { int quot; int rem; } div(int numer, int denom)")?;
    let Some(engine) = div.engine() else {
        println!("  this build has no engine for calls whose types come at run time");
        return Ok(());
    };
    // SAFETY: this is the prototype of the C standard, and nothing is divided by zero.
    let result = unsafe { div.call_values(&values![7, 2])? };
    println!("  div(7, 2) = {result}, through {engine}");
    if let Some(fields) = result.as_record() {
        let rem = fields.get("rem")?;
        println!("  of which rem = {rem}, {} bytes", rem.bytes().len());
    }
    Ok(())
}

/// Whatever can be checked is checked before anything is called.
fn mistake(libm: &Library) -> Result<()> {
    head("A wrong call: nothing is called, and the message says what to write");
    let pow = libm.function("double pow(double x, double y)")?;
    // SAFETY: as above; with the wrong type nothing is called.
    match unsafe { pow.call::<_, f64>((2.0, 10)) } {
        Ok(y) => println!("  pow(2.0, 10) = {y:?}"),
        Err(error) => println!("  {error}"),
    }
    match libm.function("double pow(dubble x, double y)") {
        Ok(_) => println!("  there is a type dubble"),
        Err(error) => println!("  {}", error.to_string().replace('\n', "\n  ")),
    }
    Ok(())
}

/// A call whose types come at run time is carried out by generated code, or by libffi. Both give
/// the same results and the same errors.
fn engines(libm: &Library) -> Result<()> {
    head("The same call on both engines, a million times through a buffer");
    let [.., name] = NAMES;
    let copysign = libm.function(&format!("double {name}(double x, double y)"))?;
    for engine in [Engine::Jit, Engine::Libffi] {
        match copysign.with_engine(engine) {
            Ok(copysign) => repeat(&copysign, engine)?,
            Err(error) => println!("  {engine:<7} {error}"),
        }
    }
    Ok(())
}

/// The buffer keeps the arguments between calls: what does not change is set and checked once.
fn repeat(copysign: &Function, engine: Engine) -> Result<()> {
    const CALLS: u32 = 1_000_000;
    let mut buffer = CallBuffer::new(copysign.ty());
    buffer.set(0, 1.5)?;
    let start = Instant::now();
    let mut sum = 0.0;
    for _ in 0..CALLS {
        buffer.set(1, -2.0)?;
        // SAFETY: this is the prototype of the C standard.
        unsafe { buffer.call(copysign)? };
        sum += buffer.result().as_f64().unwrap_or(f64::NAN);
    }
    let each = start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS);
    println!("  {engine:<7} the sum of copysign(1.5, -2.0) is {sum:?}; {each:.1} ns per call");
    Ok(())
}
