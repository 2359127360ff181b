//! Calls a function of a C library from the command line:
//!
//! ```console
//! $ cargo run --release --example call -- libm.so.6 'double pow(double, double)' 2 10
//! 1024.0
//! ```

mod argument;
mod cursor;
mod extra;
mod number;
mod options;
mod print;
mod text;
mod time;

use farcall::{CallBuffer, Declarations, Errno, FnType, Function, Library, OwnedValue, Value};
use options::Options;
use std::io::{self, Write};
use std::process::ExitCode;

/// Why nothing was called: the message, and the status that the program ends with.
struct Failure {
    status: u8,
    message: String,
}

impl Failure {
    /// The command line, the declaration or an argument is wrong.
    fn input(message: impl ToString) -> Self {
        let message = message.to_string();
        Self { status: 2, message }
    }

    /// They are right, but the library or the symbol is not there, or no engine can make the call.
    fn refused(error: farcall::Error) -> Self {
        let message = error.to_string();
        Self { status: 1, message }
    }
}

/// What is called, with what.
struct Call {
    name: String,
    ty: FnType,
    arguments: Vec<Value<'static>>,
}

fn main() -> ExitCode {
    let output = match options::parse(std::env::args_os().skip(1)) {
        Ok(None) => Ok(options::HELP.to_owned()),
        Ok(Some(options)) => run(&options),
        Err(failure) => Err(failure),
    };
    match output {
        Ok(text) => match io::stdout().write_all(text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(failure) => {
            // Who has closed standard error still gets the status.
            let _ = writeln!(io::stderr(), "error: {}", failure.message);
            ExitCode::from(failure.status)
        }
    }
}

/// Makes the call and returns what is to be printed. Everything that the command line says is
/// checked before the library is opened, because opening it runs its code.
fn run(options: &Options) -> Result<String, Failure> {
    let call = prepare(options)?;
    // SAFETY: who names a library on the command line wants its initialisers to run.
    let library = unsafe { Library::open(&options.library) }.map_err(Failure::refused)?;
    let mut function = library
        .function_as(&call.name, call.ty)
        .map_err(Failure::refused)?;
    if let Some(engine) = options.engine {
        function = function.with_engine(engine).map_err(Failure::refused)?;
    }

    let (result, errno) = invoke(&function, &call.arguments).map_err(Failure::refused)?;
    let mut output = print::result(&result, call.ty.result());
    if options.errno {
        output += &format!("{errno}\n");
    }
    if options.time {
        output += &time::table(&function, &call.arguments, options.engine);
    }
    Ok(output)
}

/// Reads the declarations and the arguments.
fn prepare(options: &Options) -> Result<Call, Failure> {
    let mut known = Declarations::default();
    if let Some(path) = &options.declarations {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::input(format!("cannot read {shown}: {error}")))?;
        known
            .extend(&text)
            .map_err(|error| Failure::input(format!("{shown}:{error}")))?;
    }
    let (name, ty) = prototype(&options.prototype, &mut known)?;
    let read = argument::all(&options.arguments, &name, ty, &known);
    let (ty, arguments) = read.map_err(Failure::input)?;
    check(&name, ty, &arguments)?;
    Ok(Call {
        name,
        ty,
        arguments,
    })
}

/// The function that `text` declares or, if it is a mere name, the one of that name in `known`.
fn prototype(text: &str, known: &mut Declarations) -> Result<(String, FnType), Failure> {
    if let Some(ty) = known.function(text) {
        return Ok((text.to_owned(), ty));
    }
    let blame = |error| Failure::input(format!("prototype:{error}"));
    let function = known.parse_function(text).map_err(blame)?;
    // Enumerators that the prototype defines can be used in the arguments.
    known.extend(text).map_err(blame)?;
    Ok(function)
}

/// Checks the values by the rules of the call itself, without a function to call.
fn check(name: &str, ty: FnType, arguments: &[Value<'static>]) -> Result<(), Failure> {
    let mut buffer = CallBuffer::new(ty);
    for (index, value) in arguments.iter().enumerate() {
        buffer
            .set(index, *value)
            .map_err(|error| Failure::input(format!("{name}: {error}")))?;
    }
    Ok(())
}

fn invoke(
    function: &Function,
    arguments: &[Value<'static>],
) -> farcall::Result<(OwnedValue, Errno)> {
    // SAFETY: who writes a prototype and arguments on the command line answers for them.
    let outcome = unsafe { function.call_values_errno(arguments)? };
    flush();
    Ok(outcome)
}

/// What the function printed through C's streams comes before its result.
fn flush() {
    let fflush = Library::this().and_then(|program| program.function("int fflush(void *stream)"));
    if let Ok(fflush) = fflush {
        // SAFETY: null stands for every stream that is open for output.
        let _ = unsafe { fflush.call::<_, i32>((std::ptr::null::<()>(),)) };
    }
}
