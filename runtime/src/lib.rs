//! Call C libraries found at run time, at native speed.
//!
//! Open a [`Library`], bind a [`Function`] by its C prototype, call it:
//!
//! ```
//! # #[cfg(target_os = "linux")] {
//! use farcall::Library;
//! // Loading libm runs nothing that could surprise.
//! let libm = unsafe { Library::open("libm.so.6")? };
//! let pow = libm.function("double pow(double x, double y)")?;
//! // The declaration is that of the C standard.
//! let y: f64 = unsafe { pow.call((2.0, 10.0))? };
//! assert_eq!(y, 1024.0);
//! # }
//! # Ok::<(), farcall::Error>(())
//! ```
//!
//! | to | see |
//! |---|---|
#![cfg_attr(
    feature = "macros",
    doc = "| declare a library and call its functions as methods | [`foreign_lib`], [`IntoForeign`], [`FromForeign`], [`Declaration`] |"
)]
//! | find a library | [`Library::open`], [`Library::open_any`], [`Library::options`], [`Library::this`] |
//! | say what it exports | [`Library::function`], [`Library::variable`], [`Declarations`], [`FnType::builder`] |
//! | call with Rust types | [`Function::call`], [`Function::typed`], [`ForeignType`], [`ForeignResult`] |
//! | call with values typed at run time | [`Function::call_values`], [`Value`], [`OwnedValue`], [`CallBuffer`] |
//! | pass numbers and vectors that Rust has not | [`LongDouble`], [`Complex`], [`F16`], [`Vector`], [`Value::of`] |
//! | pass extra arguments to a variadic function | [`Function::call`], [`Function::with_extra`] |
//! | let C call closures | [`Callback`], [`Function::callback`], [`callback::scope`], [`callback::Dispatcher`] |
//! | learn what C left in `errno`, or for `GetLastError` on Windows | [`Function::call_errno`], `Function::call_last_error` |
//! | let exceptions pass | [`Function::call_unwind`] |
//! | know or choose what carries out a call | [`Function::engine`], [`Function::with_engine`], [`Engine`] |
//!
//! # What each layer guarantees
//!
//! - **Types**: a type that exists is complete, bounded, and laid out as the C compiler lays it out.
//! - **C text**: any text gives the types that C gives it, or an error with its place.
//! - **Values**: a value is always a valid value of its kind.
//! - **Calls**: nothing is called before number, kinds and ranges of the arguments were checked, by
//!   the same rules whichever way and engine is used. What the function does with them is up to the
//!   declaration being true, which is why calls are `unsafe`.
//! - **Callbacks**: a closure runs only while it is alive and on a thread where it may; no panic crosses
//!   C; what C holds stays callable for ever.
//! - **Libraries**: nothing that was made from a library outlives it, unless it is a plain pointer.
//!
//! Types, and the code that calls need, are kept for the life of the program; a program that keeps
//! making new types without end grows.
#![deny(unsafe_code)]

#[cfg(feature = "macros")]
#[path = "private.rs"]
#[doc(hidden)]
pub mod __private;
mod backend;
mod bind;
mod buffer;
pub mod callback;
mod convert;
mod ctext;
#[cfg(feature = "macros")]
mod declaration;
mod errno;
mod error;
#[cfg(feature = "macros")]
mod foreign;
mod function;
#[cfg(feature = "jit")]
pub mod inspect;
mod library;
#[cfg(feature = "macros")]
mod load;
mod number;
mod os;
mod search;
mod site;
#[cfg(feature = "macros")]
mod slot;
#[cfg(feature = "macros")]
mod spelling;
mod symbol;
mod types;
mod value;
mod variable;

pub use backend::Engine;
pub use buffer::CallBuffer;
pub use callback::Callback;
pub use convert::{Argument, Arguments, CallResult, ForeignFn};
pub use ctext::{Declarations, SyntaxError};
#[cfg(feature = "macros")]
pub use declaration::{
    Declaration, FunctionDeclaration, ParamDeclaration, Presence, VariableDeclaration,
};
pub use errno::Errno;
#[cfg(windows)]
pub use errno::LastError;
pub use error::{
    Attempt, CloseError, Error, ErrorKind, MissingSymbol, Position, Result, StillInUse, TypeError,
};
#[cfg(feature = "macros")]
pub use foreign::{
    Absent, FromForeign, IntoForeign, NullableArgument, NullableResult, Refusal, VariadicArgument,
    VariadicArguments,
};
pub use function::Function;
pub use library::{Library, OpenFlags, OpenOptions};
pub use number::{Complex, F16, Lanes, LongDouble, ParseLongDoubleError, Vector};
pub use symbol::Symbol;
pub use types::{
    BitField, BitRules, CallConv, EnumType, Field, FnType, FnTypeBuilder, ForeignRecord,
    ForeignResult, ForeignType, Param, RecordBuilder, RecordKind, RecordType, RustField, RustType,
    Scalar, Type, TypeKind,
};
pub use value::{Object, OwnedValue, Value, ValueView, VectorView, Wide};
pub use variable::Variable;

#[doc = include_str!("foreign_lib.md")]
#[cfg(feature = "macros")]
pub use farcall_macros::foreign_lib;
/// Implements the traits of the same names for records, wrappers and enums.
///
/// ```
/// use farcall::{ForeignResult, ForeignType};
///
/// #[derive(ForeignType, ForeignResult)]
/// #[repr(C)]
/// struct Quotient {
///     quot: i32,
///     rem: i32,
/// }
///
/// let c = Quotient::TYPE.to_type()?;
/// assert_eq!(c.to_string(), "struct Quotient");
/// # Ok::<(), farcall::TypeError>(())
/// ```
#[cfg(feature = "macros")]
pub use farcall_macros::{ForeignResult, ForeignType};

/// The code blocks of the README.
#[cfg(all(doctest, target_os = "linux", feature = "macros", feature = "jit"))]
#[doc = include_str!("../../README.md")]
struct Readme;
