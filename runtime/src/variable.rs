//! Exported variables.
//!
//! Guarantee: a read or write touches exactly the bytes of the declared type, at any alignment.
#![allow(
    unsafe_code,
    reason = "a variable is memory at an address that a library gave"
)]

use crate::convert::{CallResult, slot};
use crate::error::{ErrorKind, Position, Result};
use crate::symbol::Symbol;
use crate::types::{ForeignResult, ForeignType, RustType, Type};
use crate::value::{Object, OwnedValue, Value, fit, store};
use std::ffi::c_void;
use std::fmt;

/// A variable that a library exports, with its declared type.
///
/// ```
/// # #[cfg(target_os = "linux")] {
/// use farcall::Library;
/// let stdout = Library::this()?.variable("extern void *stdout")?;
/// // SAFETY: the declaration is that of the C library; nobody writes it meanwhile.
/// let stream: *const () = unsafe { stdout.get()? };
/// assert!(!stream.is_null());
/// # }
/// # Ok::<(), farcall::Error>(())
/// ```
#[derive(Clone)]
pub struct Variable {
    symbol: Symbol,
    ty: Type,
    size: usize,
}

impl Variable {
    /// The variable of type `ty` at a symbol.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] if the type has no size: `void`, a function, or known by name only.
    pub fn from_symbol(symbol: Symbol, ty: Type) -> Result<Self> {
        match ty.require_size("the variable") {
            Ok(size) => Ok(Self {
                symbol,
                ty,
                size: size as usize,
            }),
            Err(error) => Err(symbol.blame(error.into())),
        }
    }

    /// Its declared type.
    #[must_use]
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.symbol.name()
    }

    /// Its address; never null.
    #[must_use]
    pub fn address(&self) -> *mut c_void {
        self.symbol.address().cast_mut()
    }

    /// Its content as it is now, arrays included.
    ///
    /// # Safety
    /// - The declaration is that of the variable.
    /// - Nothing writes to it for `'a`, and it is not closed with its library.
    /// - If it is thread-local, its thread is the one that looked it up, and runs for `'a`.
    #[must_use]
    pub unsafe fn object<'a>(&self) -> Object<'a> {
        let address = self.address().cast::<u8>();
        // SAFETY: forwarded to the caller.
        Object::new(self.ty, unsafe {
            std::slice::from_raw_parts(address, self.size)
        })
    }

    /// Reads its value.
    ///
    /// # Safety
    /// - The declaration is that of the variable.
    /// - Nothing writes to it meanwhile.
    /// - If it is thread-local, this is the thread that looked it up.
    ///
    /// # Errors
    /// [`ErrorKind::Conversion`] if it is an array, which is not a value in C; see
    /// [`Variable::object`].
    pub unsafe fn read(&self) -> Result<OwnedValue> {
        // SAFETY: forwarded to the caller.
        let object: Object<'_> = unsafe { self.object() };
        match object.value() {
            Some(value) => Ok(OwnedValue::copy_of(value)),
            None => {
                let expected = "a scalar or record".to_owned();
                let found = format!("the array `{}`", self.ty);
                Err(self
                    .symbol
                    .blame(ErrorKind::Conversion { expected, found }.into()))
            }
        }
    }

    /// Writes a value, by the rules for arguments of its type.
    ///
    /// # Safety
    /// - The declaration is that of the variable, and the variable is not `const`.
    /// - Nothing reads or writes it meanwhile, and the library accepts the value.
    /// - If it is thread-local, this is the thread that looked it up.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`], [`ErrorKind::Range`], [`ErrorKind::Null`]: the value is not of the
    /// declared type. Nothing was written.
    pub unsafe fn write<'v>(&self, value: impl Into<Value<'v>>) -> Result<()> {
        let room = &mut 0;
        let bits = fit(value.into(), self.ty, room, || Position::Variable)
            .map_err(|error| self.symbol.blame(error))?;
        // SAFETY: forwarded to the caller.
        let bytes =
            unsafe { std::slice::from_raw_parts_mut(self.address().cast::<u8>(), self.size) };
        store(self.ty, bits, bytes);
        Ok(())
    }

    /// Reads its value as a Rust type.
    ///
    /// # Safety
    /// As [`Variable::read`].
    ///
    /// # Errors
    /// [`ErrorKind::Variable`] if the declared type is another.
    pub unsafe fn get<T: ForeignResult>(&self) -> Result<T> {
        self.check(<T as CallResult>::TYPE)?;
        // SAFETY: the declared type is that of `T`, every bit pattern of which is valid.
        Ok(unsafe { self.address().cast::<T>().read_unaligned() })
    }

    /// Writes its value as a Rust type.
    ///
    /// # Safety
    /// As [`Variable::write`].
    ///
    /// # Errors
    /// - [`ErrorKind::Variable`]: the declared type is another.
    /// - [`ErrorKind::Null`]: the value is null where the declaration forbids it.
    pub unsafe fn set<T: ForeignType>(&self, value: T) -> Result<()> {
        self.check(T::TYPE)?;
        if self.ty.is_non_null() && slot(&value) == 0 {
            let (position, expected) = (Position::Variable, self.ty.to_string());
            return Err(self
                .symbol
                .blame(ErrorKind::Null { position, expected }.into()));
        }
        // SAFETY: the declared type is that of `T`; the rest is forwarded to the caller.
        unsafe { self.address().cast::<T>().write_unaligned(value) };
        Ok(())
    }

    fn check(&self, found: RustType) -> Result<()> {
        if found.is_compatible(self.ty) {
            return Ok(());
        }
        let (expected, found) = (self.ty.to_string(), found.to_string());
        Err(self
            .symbol
            .blame(ErrorKind::Variable { expected, found }.into()))
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Variable({} at {:p})",
            self.ty.declare(self.name()),
            self.address()
        )
    }
}
