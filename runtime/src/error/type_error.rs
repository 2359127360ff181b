//! What is wrong with a type.
#![forbid(unsafe_code)]

use crate::types::{MAX_SIZE_POWER, Scalar};
use std::fmt;

/// Why a C type cannot exist or cannot be used where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TypeError {
    /// A parameter or field is `void`.
    Void {
        /// Which one.
        role: String,
    },
    /// A type of unknown size stands where a value is needed.
    Incomplete {
        /// The type.
        ty: String,
        /// What it was to be.
        role: String,
    },
    /// A record would contain itself.
    Recursive {
        /// The record.
        ty: String,
    },
    /// A complex number of what is no floating-point type.
    NoComplex {
        /// The type.
        ty: String,
    },
    /// A vector of a size or of lanes that is not supported.
    NoVector {
        /// The type of the lanes.
        element: String,
        /// How many there are.
        len: u64,
        /// What is supported.
        reason: &'static str,
    },
    /// An array or a function as a result.
    NotReturnable {
        /// The type.
        ty: String,
    },
    /// Extra arguments of a function that is declared without `...`.
    NotVariadic {
        /// The function's type.
        ty: String,
    },
    /// A record of bit-fields without names only.
    Empty {
        /// The record.
        ty: String,
    },
    /// A name that is known neither as an arithmetic type nor from the declarations.
    Unknown {
        /// The name.
        name: String,
        /// The known name that is most like it.
        nearest: Option<String>,
    },
    /// Two things of one name.
    Duplicate {
        /// `"field"`, `"struct"`, `"enumerator"`, …
        what: &'static str,
        /// Their name.
        name: String,
    },
    /// A bit-field that is not an integer, or wider than its type, or of width 0 with a name.
    BitField {
        /// Its name; empty for one without.
        name: String,
        /// Its type.
        ty: String,
        /// Its width in bits.
        width: u32,
        /// The bits that its type has; 0 if it cannot be a bit-field.
        most: u32,
    },
    /// A record that compilers lay out or pass in different ways.
    Ambiguous {
        /// The record.
        ty: String,
        /// What they disagree on, and what to write instead.
        why: &'static str,
    },
    /// An alignment that is not a power of two of at most 2^28.
    Alignment {
        /// The alignment in bytes.
        align: u64,
    },
    /// A storage of an enumeration that is no integer.
    Storage {
        /// The storage.
        storage: Scalar,
    },
    /// A constant that no storage of the enumeration holds.
    EnumRange {
        /// The constant.
        name: String,
        /// Its value.
        value: i128,
    },
    /// A type of more than 2^46 bytes, on 32-bit platforms 2^30.
    TooLarge {
        /// What is too large.
        what: String,
    },
    /// Nesting beyond the bound.
    TooDeep {
        /// The bound in levels.
        limit: u32,
    },
    /// More of something than is accepted.
    TooMany {
        /// `"parameters"`, …
        what: &'static str,
        /// How many there are.
        count: u64,
        /// How many are accepted.
        limit: u64,
    },
    /// A Rust record whose fields do not lie as C would lay them out.
    Layout {
        /// The Rust type.
        ty: String,
    },
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void { role } => {
                write!(
                    f,
                    "{role} has type void; leave it out, or write `void *` for a pointer"
                )
            }
            Self::Incomplete { ty, role } => write!(
                f,
                "{role} has type `{ty}`, whose size is unknown; define the type first, or pass a pointer to it"
            ),
            Self::Recursive { ty } => {
                write!(f, "`{ty}` contains itself; make the field a pointer to it")
            }
            Self::NoComplex { ty } => write!(
                f,
                "there is no complex `{ty}`; its parts are `float`, `double`, `long double` or `_Float16`"
            ),
            Self::NoVector {
                element,
                len,
                reason,
            } => write!(f, "a vector of {len} `{element}`: {reason}"),
            Self::NotReturnable { ty } => {
                write!(
                    f,
                    "a C function cannot return `{ty}`; return a pointer to it"
                )
            }
            Self::NotVariadic { ty } => write!(
                f,
                "`{ty}` takes no extra arguments; end its parameters with `...`"
            ),
            Self::Empty { ty } => {
                write!(
                    f,
                    "`{ty}` has no field with a name; name one of its bit-fields"
                )
            }
            Self::Unknown {
                name,
                nearest: Some(nearest),
            } => {
                write!(f, "unknown type `{name}`; did you mean `{nearest}`?")
            }
            Self::Unknown {
                name,
                nearest: None,
            } => {
                write!(
                    f,
                    "unknown type `{name}`; declare it first with typedef, struct or enum"
                )
            }
            Self::Duplicate { what, name } => write!(f, "there are two {what}s called `{name}`"),
            Self::BitField {
                name,
                ty,
                width,
                most,
            } => {
                let name = if name.is_empty() {
                    "without a name"
                } else {
                    name
                };
                match (*most, *width) {
                    (0, _) => write!(
                        f,
                        "bit-field {name} has type `{ty}`; only integers of at most 64 bits, enumerations and `_Bool` can be bit-fields"
                    ),
                    (_, 0) => write!(
                        f,
                        "bit-field {name} has no bits; leave its name out to end the unit before it"
                    ),
                    (most, width) => {
                        write!(f, "bit-field {name} has {width} bits; `{ty}` has {most}")
                    }
                }
            }
            Self::Ambiguous { ty, why } => {
                write!(f, "compilers do not agree on `{ty}`: {why}")
            }
            Self::Alignment { align } => {
                write!(
                    f,
                    "an alignment of {align} bytes; expected a power of two of at most 2^28"
                )
            }
            Self::Storage { storage } => {
                write!(
                    f,
                    "an enumeration stored as {storage}; expected an integer of at most 64 bits"
                )
            }
            Self::EnumRange { name, value } => {
                write!(
                    f,
                    "enumerator `{name}` = {value} does not fit into the enumeration's storage"
                )
            }
            Self::TooLarge { what } => write!(f, "{what} has more than 2^{MAX_SIZE_POWER} bytes"),
            Self::TooDeep { limit } => write!(f, "types are nested more than {limit} levels deep"),
            Self::TooMany { what, count, limit } => {
                write!(f, "{count} {what}; at most {limit} are accepted")
            }
            Self::Layout { ty } => write!(
                f,
                "the fields of `{ty}` do not lie as C lays them out; add #[repr(C)], or describe the C type instead"
            ),
        }
    }
}

impl std::error::Error for TypeError {}
