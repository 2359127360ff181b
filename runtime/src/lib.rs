//! Call C libraries found at run time, at native speed.
#![deny(unsafe_code)]

mod backend;
mod bind;
mod buffer;
mod convert;
mod ctext;
mod errno;
mod error;
mod function;
mod library;
mod os;
mod search;
mod symbol;
mod types;
mod value;
mod variable;

pub use backend::Engine;
pub use buffer::CallBuffer;
pub use convert::{Argument, Arguments, CallResult, ForeignFn};
pub use ctext::{Declarations, SyntaxError};
pub use errno::Errno;
pub use error::{Attempt, CloseError, Error, ErrorKind, Position, Result, StillInUse, TypeError};
pub use function::Function;
pub use library::{Library, OpenFlags, OpenOptions};
pub use symbol::Symbol;
pub use types::{
    CallConv, EnumType, Field, FnType, FnTypeBuilder, ForeignRecord, ForeignResult, ForeignType,
    Param, RecordBuilder, RecordKind, RecordType, RustField, RustType, Scalar, Type, TypeKind,
};
pub use value::{Object, OwnedValue, Value, ValueView};
pub use variable::Variable;

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
