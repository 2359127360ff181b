//! The command line.

use crate::Failure;
use farcall::Engine;
use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Calls a function of a C library and prints its result.

usage: call [OPTIONS] [--] LIBRARY PROTOTYPE [ARGUMENT...]

  LIBRARY          a path, a file name (libm.so.6) or a bare name (m)
  PROTOTYPE        the function's C declaration: 'double pow(double, double)'
  ARGUMENT         one for each parameter, see below; a `--` before the first is skipped

options
  --engine NAME    make the call with `jit` or with `libffi`
  --errno          print what the call left in errno, on a line of its own
  --time           print how long a call takes; it is made many times for that
  --decl FILE      read C declarations for the prototype to use; if they declare the function,
                   PROTOTYPE can be its name alone
  --help           print this

arguments
  numbers          7  -1  0x1f  0o17  0b11  2.5  1e-3  inf  nan
  characters       'a'  '\\n'
  _Bool            true  false
  enumerators      by their names, wherever an integer is expected
  char *           bare text, or \"text\" with C's escapes, or null
  other pointers   null  0x7ffe12345678, and \"text\" for bytes and void
  structs          {1, 2}  {x: 1, y: 2}; the fields left out of the latter are zero
  arrays in them   [1, 2, 3], or \"text\" for char

extra arguments of a variadic function, whose types are read off their looks
  int              7  -1  0x1f  'a', enumerators; those that do not fit are long long
  double           2.5  1e-3  inf  nan
  char *           bare text, unless it starts like a number; \"text\", null
  others           a type in front as in C: (size_t)7  (void *)0x7ffe12345678  (struct point){1, 2}

The result stands alone on standard output: floats so that they read back exactly, enums by name if
the value has one, `char *` as the text it points to (also inside structs, not in unions), other
pointers as 0x... or null, structs as { name: value, ... }, nothing for void.

The status is 0 after a call, 1 if the library or the function is not there or cannot be called, 2
if the command line, a declaration or an argument cannot be read.
";

/// What the command line asks for.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) engine: Option<Engine>,
    pub(crate) errno: bool,
    pub(crate) time: bool,
    pub(crate) declarations: Option<PathBuf>,
    pub(crate) library: OsString,
    pub(crate) prototype: String,
    pub(crate) arguments: Vec<String>,
}

/// Reads the command line; `None` if it asks for help. Options come before the library, so that
/// whatever follows the prototype can be an argument.
pub(crate) fn parse(words: impl Iterator<Item = OsString>) -> Result<Option<Options>, Failure> {
    let mut words = words.peekable();
    let mut options = Options::default();
    while let Some(word) = words.next_if(|word| word.as_encoded_bytes().starts_with(b"-")) {
        let word = text(word, "an option")?;
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (word.as_str(), None),
        };
        let flag = !matches!(name, "--engine" | "--decl");
        if flag && value.is_some() {
            return Err(usage(format!("{name} takes no value")));
        }
        let mut value = || {
            let next = value.clone().or_else(|| words.next());
            next.ok_or_else(|| usage(format!("{name} needs a value")))
        };
        match name {
            "--" => break,
            "--help" | "-h" => return Ok(None),
            "--errno" => options.errno = true,
            "--time" => options.time = true,
            "--engine" => options.engine = Some(engine(&value()?)?),
            "--decl" => options.declarations = Some(value()?.into()),
            _ => return Err(usage(format!("there is no option `{name}`"))),
        }
    }
    options.library = words.next().ok_or_else(|| usage("LIBRARY is missing"))?;
    let prototype = words.next().ok_or_else(|| usage("PROTOTYPE is missing"))?;
    options.prototype = text(prototype, "the prototype")?;
    if options.prototype.starts_with("--") {
        let found = &options.prototype;
        return Err(usage(format!(
            "PROTOTYPE is `{found}`; options come before LIBRARY"
        )));
    }
    words.next_if(|word| word == "--");
    for (number, word) in (1..).zip(words) {
        options
            .arguments
            .push(text(word, &format!("argument {number}"))?);
    }
    Ok(Some(options))
}

fn engine(name: &OsString) -> Result<Engine, Failure> {
    match name.to_str() {
        Some("jit") => Ok(Engine::Jit),
        Some("libffi") => Ok(Engine::Libffi),
        _ => {
            let name = name.display();
            Err(usage(format!(
                "there is no engine `{name}`; write jit or libffi"
            )))
        }
    }
}

fn text(word: OsString, what: &str) -> Result<String, Failure> {
    word.into_string().map_err(|word| {
        let word = word.display();
        Failure::input(format!(
            "{what} is not UTF-8: `{word}`; write such bytes as escapes: \"\\377\""
        ))
    })
}

fn usage(message: impl std::fmt::Display) -> Failure {
    Failure::input(format!(
        "{message}\nusage: call [OPTIONS] [--] LIBRARY PROTOTYPE [ARGUMENT...]; see --help"
    ))
}
