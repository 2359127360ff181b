//! Do real libraries give their known answers, declared as in their manuals?
//!
//! A library that is not installed is named on standard error and not asked; with
//! `FARCALL_REQUIRE_LIBRARIES=1` its absence is a failure. Those of Windows are asked by
//! `windows_libraries.rs`.
#![cfg(unix)]

#[path = "real_libraries/chipmunk.rs"]
mod chipmunk;
#[path = "real_libraries/gmp.rs"]
mod gmp;
#[path = "real_libraries/gsl.rs"]
mod gsl;
#[path = "real_libraries/libc.rs"]
mod libc;
#[path = "real_libraries/libm.rs"]
mod libm;
#[path = "real_libraries/libuv.rs"]
mod libuv;
#[path = "real_libraries/libxml2.rs"]
mod libxml2;
#[path = "real_libraries/libxml2_handler.rs"]
mod libxml2_handler;
#[path = "real_libraries/openblas.rs"]
mod openblas;
#[cfg(target_os = "linux")]
#[path = "real_libraries/pthread.rs"]
mod pthread;
#[path = "real_libraries/sorting.rs"]
mod sorting;
#[path = "real_libraries/sqlite.rs"]
mod sqlite;
#[path = "real_libraries/sqlite_closures.rs"]
mod sqlite_closures;
#[path = "real_libraries/sqlite_failures.rs"]
mod sqlite_failures;
#[path = "real_libraries/sqlite_handlers.rs"]
mod sqlite_handlers;
#[path = "real_libraries/zlib.rs"]
mod zlib;

use farcall::callback::CallbackBuilder;
use farcall::{
    Callback, Declarations, Engine, ErrorKind, FnType, Function, Library, OwnedValue, Value,
    Variable,
};

/// A library with its declarations, and the engine of its calls.
#[derive(Clone)]
struct Api {
    library: Library,
    declarations: Declarations,
    engine: Option<Engine>,
}

impl Api {
    /// The library called `name`, which is in the Debian package `package`.
    fn open(name: &str, package: &str, declarations: &str) -> Option<Self> {
        // SAFETY: libraries of the system, whose initialisers need nothing.
        let library = match unsafe { Library::open(name) } {
            Ok(library) => library,
            Err(error) if std::env::var_os("FARCALL_REQUIRE_LIBRARIES").is_some() => {
                panic!("{error}\nit is in the Debian package {package}")
            }
            Err(_) => {
                let why = format!("not installed; on Debian: apt-get install {package}");
                support::not_asked(&format!("the library {name}"), &why);
                return None;
            }
        };
        let declarations = Declarations::parse(declarations).unwrap();
        Some(Self {
            library,
            declarations,
            engine: None,
        })
    }

    /// It once for each engine of this build.
    fn engines(&self) -> impl Iterator<Item = Self> {
        support::engines().iter().map(|&engine| Self {
            engine: Some(engine),
            ..self.clone()
        })
    }

    /// It once for each engine of this build that C can call closures through.
    fn callback_engines(&self) -> impl Iterator<Item = Self> {
        self.engines().filter(|api| {
            let probe = api
                .builder()
                .new(FnType::parse("void f(void)").unwrap(), |_| ());
            let Err(error) = probe else { return true };
            assert!(
                matches!(error.kind(), ErrorKind::Unsupported { .. }),
                "{error}"
            );
            support::not_asked("callbacks", &error.to_string());
            false
        })
    }

    /// A callback that the engine is to make.
    fn builder(&self) -> CallbackBuilder {
        let builder = Callback::builder().of_library(&self.library);
        match self.engine {
            None => builder,
            Some(engine) => builder.engine(engine),
        }
    }

    fn function(&self, name: &str) -> Function {
        let function = self.library.function_in(&self.declarations, name).unwrap();
        match self.engine {
            None => function,
            Some(engine) => function.with_engine(engine).unwrap(),
        }
    }

    /// Calls a function three times over: its trampolines are compiled by the first call.
    fn pure(&self, name: &str, arguments: &[Value<'_>]) -> OwnedValue {
        let function = self.function(name);
        // SAFETY: the declarations are those of the manuals.
        let call = || unsafe { function.call_values(arguments) }.unwrap();
        let seen = |value: Value<'_>| (value.to_string(), value.as_i64());
        let (first, second) = (call(), call());
        let expected = seen(first.as_value());
        assert_eq!(expected, seen(second.as_value()), "{function:?}");
        let mut buffer = function.buffer();
        for (index, argument) in arguments.iter().enumerate() {
            buffer.set(index, *argument).unwrap();
        }
        // SAFETY: as above.
        unsafe { buffer.call(&function) }.unwrap();
        assert_eq!(expected, seen(buffer.result()), "{function:?}");
        first
    }

    /// Calls a function once.
    fn call(&self, name: &str, arguments: &[Value<'_>]) -> OwnedValue {
        // SAFETY: the declarations are those of the manuals.
        unsafe { self.function(name).call_values(arguments) }.unwrap()
    }

    /// Calls a function whose result is an integer, once.
    fn int(&self, name: &str, arguments: &[Value<'_>]) -> i64 {
        self.call(name, arguments).as_i64().unwrap()
    }

    /// The text that a call returns.
    fn text(&self, name: &str, arguments: &[Value<'_>]) -> String {
        let result = self.call(name, arguments);
        // SAFETY: the functions that are asked return C strings that are valid for long enough.
        let text = unsafe { result.as_value().as_c_str() }.expect("a string");
        text.to_str().unwrap().to_owned()
    }

    fn variable(&self, name: &str) -> Variable {
        self.library.variable_in(&self.declarations, name).unwrap()
    }
}
