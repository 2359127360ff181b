//! Arrays, complex numbers and vectors: types that consist of others without being records.
#![forbid(unsafe_code)]

use super::{MAX_SIZE, Scalar, Type, TypeKind, check_depth};
use crate::error::TypeError;

impl Type {
    /// An array of `len` elements of it.
    ///
    /// # Errors
    /// [`TypeError::Incomplete`] if it has no size, [`TypeError::TooLarge`] if the array would
    /// have more than 2^46 bytes, [`TypeError::TooDeep`] beyond 64 levels of nesting.
    pub fn array(self, len: u64) -> Result<Self, TypeError> {
        let size = self.require_size("an array element")?;
        match size.checked_mul(len) {
            Some(size) if size <= MAX_SIZE => {}
            _ => {
                return Err(TypeError::TooLarge {
                    what: format!("an array of {len} {self}"),
                });
            }
        }
        check_depth(self.depth() + 1)?;
        Ok(Self::intern(TypeKind::Array { element: self, len }))
    }

    /// The complex type whose two parts have this type: `double _Complex` of `double`.
    ///
    /// ```
    /// use farcall::Type;
    /// assert_eq!(Type::DOUBLE.complex()?.to_string(), "double _Complex");
    /// # Ok::<(), farcall::TypeError>(())
    /// ```
    ///
    /// # Errors
    /// [`TypeError::NoComplex`] if it is no floating-point type.
    pub fn complex(self) -> Result<Self, TypeError> {
        match self.scalar() {
            Some(scalar) if scalar.is_float() => Ok(Self::intern(TypeKind::Complex { part: self })),
            _ => Err(TypeError::NoComplex {
                ty: self.to_string(),
            }),
        }
    }

    /// The vector of `len` lanes of this type, 8 or 16 bytes together.
    ///
    /// ```
    /// use farcall::Type;
    /// let m128 = Type::FLOAT.vector(4)?;
    /// assert_eq!(m128.to_string(), "float __attribute__((vector_size(16)))");
    /// # Ok::<(), farcall::TypeError>(())
    /// ```
    ///
    /// # Errors
    /// [`TypeError::NoVector`] if it is no integer of at most 64 bits, `float` or `double`, if the
    /// lanes do not make 8 or 16 bytes, or if there is one lane of a `double`.
    pub fn vector(self, len: u64) -> Result<Self, TypeError> {
        let refuse = |reason| TypeError::NoVector {
            element: self.to_string(),
            len,
            reason,
        };
        let scalar = match self.scalar() {
            Some(scalar @ (Scalar::F32 | Scalar::F64)) => scalar,
            Some(scalar) if scalar.is_integer() && scalar.is_direct() => scalar,
            _ => {
                return Err(refuse(
                    "its lanes are integers of at most 64 bits, `float` or `double`",
                ));
            }
        };
        match len.checked_mul(scalar.size() as u64) {
            Some(8) if scalar == Scalar::F64 => {
                Err(refuse("gcc and clang do not agree on how it is passed"))
            }
            Some(8 | 16) => Ok(Self::intern(TypeKind::Vector { element: self, len })),
            _ => Err(refuse(
                "only vectors of 8 and 16 bytes are supported; pass its address",
            )),
        }
    }
}
