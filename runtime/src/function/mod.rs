//! Functions found at run time.
//!
//! Guarantee: a [`Function`] that exists can be called by its engine; what binding can refuse is
//! refused before.
#![allow(
    unsafe_code,
    reason = "a call is a promise about the function's declaration"
)]

mod call;
mod callback;
mod check;
#[cfg(feature = "jit")]
mod fast;
#[cfg(not(feature = "jit"))]
#[path = "nofast.rs"]
mod fast;
mod unwind;
mod values;
mod variadic;

pub(crate) use check::native;

use crate::backend::{self, Engine, Prepared};
use crate::convert::{CallSite, ForeignFn};
use crate::error::{ErrorKind, Result};
use crate::library::Library;
use crate::symbol::Symbol;
use crate::types::{Extend, FnType};
use crate::value::KindId;
#[cfg(doc)]
use crate::value::Value;
use fast::Fast;
use std::ffi::c_void;
use std::fmt;
use std::sync::atomic::{AtomicPtr, Ordering};

/// A C function with its address and its declared type, ready to be called.
///
/// There are three ways to call it, from fast to flexible:
/// [`typed`](Function::typed) gives a plain function pointer; [`call`](Function::call) takes a
/// tuple of Rust values; [`call_values`](Function::call_values) takes [`Value`]s whose kinds are
/// known at run time only. The first two are calls by rustc and need no engine, except that `call`
/// of a function that is declared with `...`, or has types that rustc does not pass as C does, goes
/// through one.
///
/// A C function that is declared without `...` but is variadic in truth cannot be told from others;
/// declare it as it is, or floats and small structs arrive in the wrong places.
///
/// ```
/// # #[cfg(target_os = "linux")] {
/// use farcall::{Library, values};
/// // SAFETY: loading libm runs no surprising code.
/// let libm = unsafe { Library::open("libm.so.6")? };
/// let pow = libm.function("double pow(double x, double y)")?;
/// // SAFETY: the declaration is that of the C standard.
/// let y: f64 = unsafe { pow.call((2.0, 10.0))? };
/// assert_eq!(y, 1024.0);
/// # #[cfg(any(feature = "jit", feature = "libffi"))] {
/// // SAFETY: as above.
/// let y = unsafe { pow.call_values(&values![2.0, 10.0])? };
/// assert_eq!(y.as_f64(), Some(1024.0));
/// # }
/// # }
/// # Ok::<(), farcall::Error>(())
/// ```
pub struct Function {
    target: *const c_void,
    ty: FnType,
    engine: Option<Prepared>,
    /// The engine that was asked for, if one was.
    asked: Option<Engine>,
    fast: Fast,
    /// The key of the call site whose types were last verified in full.
    verified: AtomicPtr<CallSite>,
    /// The same for a function that rustc alone cannot call.
    verified_apart: AtomicPtr<CallSite>,
    /// The kind of a scalar result and how it is completed.
    result: KindId,
    extend: Extend,
    name: Box<str>,
    library: Option<Library>,
}

// SAFETY: an address is a number, and every call of it is unsafe and answers for threads.
unsafe impl Send for Function {}
// SAFETY: as above; what is remembered between calls is atomic.
unsafe impl Sync for Function {}

impl Function {
    /// The function of type `ty` at `address`, called `name` in messages.
    ///
    /// # Safety
    /// `address` stays the address of a function for as long as it is called.
    ///
    /// # Errors
    /// As [`Library::function`] without the search.
    pub unsafe fn from_address(name: &str, address: *const c_void, ty: FnType) -> Result<Self> {
        if address.is_null() {
            let kind = ErrorKind::Symbol {
                reason: "its address is null".to_owned(),
            };
            return Err(crate::Error::from(kind).of(name));
        }
        Self::new(address, name.into(), None, ty, None)
    }

    /// The function of type `ty` at a symbol.
    ///
    /// # Errors
    /// - [`ErrorKind::Unsupported`]: no engine of this build can call a function of this type.
    /// - [`ErrorKind::TooLarge`]: its arguments take more than 1 MiB of stack.
    pub fn from_symbol(symbol: Symbol, ty: FnType) -> Result<Self> {
        let (library, address, name) = symbol.into_parts();
        Self::new(address, name, Some(library), ty, None)
    }

    fn new(
        target: *const c_void,
        name: Box<str>,
        library: Option<Library>,
        ty: FnType,
        asked: Option<Engine>,
    ) -> Result<Self> {
        let blame = |error: crate::Error| error.of_function(&name, library.as_ref());
        let prepared = match asked {
            None if Engine::none_is_built() => backend::check(ty).map(|()| None),
            asked => backend::prepare(ty, asked).map(Some),
        };
        let prepared = prepared.map_err(blame)?;
        Ok(Self {
            target,
            ty,
            engine: prepared,
            asked,
            fast: Fast::new(prepared, ty),
            verified: AtomicPtr::default(),
            verified_apart: AtomicPtr::default(),
            result: KindId::of(ty.result()).unwrap_or(KindId::VOID),
            extend: Extend::of(ty.result()),
            name,
            library,
        })
    }

    /// The same function, called through `engine` by [`Function::call_values`], call buffers and
    /// [`Function::call_unwind`].
    ///
    /// # Errors
    /// As [`Library::function`], said of that engine alone.
    pub fn with_engine(&self, engine: Engine) -> Result<Self> {
        let library = self.library.clone();
        Self::new(
            self.target,
            self.name.clone(),
            library,
            self.ty,
            Some(engine),
        )
    }

    /// The engine of calls whose types are known at run time only; `None` if this program was
    /// built without any.
    #[must_use]
    pub fn engine(&self) -> Option<Engine> {
        self.engine.map(Prepared::engine)
    }

    /// Its declared type.
    #[must_use]
    pub fn ty(&self) -> FnType {
        self.ty
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> *const c_void {
        self.target
    }

    /// The library that it comes from.
    #[must_use]
    pub fn library(&self) -> Option<&Library> {
        self.library.as_ref()
    }

    #[cold]
    pub(crate) fn blame(&self, error: crate::Error) -> crate::Error {
        error.of_function(&self.name, self.library.as_ref())
    }

    /// It as a plain function pointer of the Rust type `F`, which is checked once, here.
    ///
    /// Only types are checked: a plain pointer takes null also where the declaration forbids it, and
    /// stays valid only as long as the library is not closed.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// use farcall::Library;
    /// // SAFETY: loading libm runs no surprising code.
    /// let libm = unsafe { Library::open("libm.so.6")? };
    /// let pow = libm.function("double pow(double x, double y)")?;
    /// let pow = pow.typed::<unsafe extern "C" fn(f64, f64) -> f64>()?;
    /// // SAFETY: the declaration is that of the C standard.
    /// assert_eq!(unsafe { pow(2.0, 10.0) }, 1024.0);
    /// # }
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// A function that is declared with `...` is had as a pointer with `...`, whose extra arguments
    /// rustc passes:
    ///
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// use farcall::Library;
    /// use std::ffi::{c_char, c_int};
    /// type Snprintf = unsafe extern "C" fn(*mut c_char, usize, *const c_char, ...) -> c_int;
    /// let snprintf = Library::this()?
    ///     .function("int snprintf(char *to, size_t size, const char *format, ...)")?;
    /// let snprintf = snprintf.typed::<Snprintf>()?;
    /// let mut text = [0; 8];
    /// // SAFETY: the format asks for an int.
    /// let length = unsafe { snprintf(text.as_mut_ptr(), 8, c"%d".as_ptr(), 42) };
    /// assert_eq!(length, 2);
    /// # }
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`ErrorKind::Arity`], [`ErrorKind::Argument`], [`ErrorKind::Result`]: the declared type is
    ///   another.
    /// - [`ErrorKind::Convention`]: the calling conventions differ.
    /// - [`ErrorKind::Unsupported`]: rustc does not pass these types as C does: `long double`,
    ///   `_Float16`, vectors, and what holds them.
    /// - [`ErrorKind::Variadic`]: one of the types ends in `...`, the other does not.
    pub fn typed<F: ForeignFn>(&self) -> Result<F> {
        let check = check::pointer(self.ty, F::SITE, F::CONV, F::VARIADIC);
        check.map_err(|error| self.blame(error))?;
        // SAFETY: the declared type of the function is `F`; calling it is unsafe in its own right.
        Ok(unsafe { F::from_address(self.target) })
    }
}

impl Clone for Function {
    fn clone(&self) -> Self {
        Self {
            target: self.target,
            ty: self.ty,
            engine: self.engine,
            asked: self.asked,
            fast: self.fast.clone(),
            verified: AtomicPtr::new(self.verified.load(Ordering::Relaxed)),
            verified_apart: AtomicPtr::new(self.verified_apart.load(Ordering::Relaxed)),
            result: self.result,
            extend: self.extend,
            name: self.name.clone(),
            library: self.library.clone(),
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Function({} at {:p})",
            self.ty.declare(&self.name),
            self.target
        )
    }
}
