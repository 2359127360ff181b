//! Call C libraries found at run time, at native speed.
#![deny(unsafe_code)]

mod backend;
mod ctext;
mod error;
mod types;

pub use ctext::SyntaxError;
pub use error::{Attempt, Error, ErrorKind, Position, Result, TypeError};
pub use types::{
    CallConv, EnumType, Field, FnType, FnTypeBuilder, ForeignRecord, ForeignResult, ForeignType,
    Param, RecordBuilder, RecordKind, RecordType, RustField, RustType, Scalar, Type, TypeKind,
};
