//! Arguments and result of one call, filled by the host and used again.
//!
//! Guarantee: every slot always holds a value of its parameter's type, zero before it is set.
#![allow(
    unsafe_code,
    reason = "records are kept at addresses that the slots hold"
)]

use crate::error::{Error, ErrorKind, Position, Result};
use crate::function::Function;
use crate::types::{FnType, ForeignType, RustType};
use crate::value::{KindId, OwnedValue, Value, fit, load, store};
use std::fmt;

/// A buffer for the arguments and the result of calls of one function type.
///
/// A host that calls the same function again and again fills it and calls with
/// [`CallBuffer::call`]; nothing is allocated after it was made, and nothing is checked twice.
///
/// ```
/// # #[cfg(all(target_os = "linux", any(feature = "jit", feature = "libffi")))] {
/// use farcall::Library;
/// // SAFETY: loading libm runs no surprising code.
/// let libm = unsafe { Library::open("libm.so.6")? };
/// let pow = libm.function("double pow(double x, double y)")?;
/// let mut buffer = pow.buffer();
/// buffer.set(0, 2.0)?;
/// for y in 1..4 {
///     buffer.set(1, f64::from(y))?;
///     // SAFETY: the declaration is that of the C standard.
///     unsafe { buffer.call(&pow)? };
///     assert_eq!(buffer.result().as_f64(), Some(2f64.powi(y)));
/// }
/// # }
/// # Ok::<(), farcall::Error>(())
/// ```
pub struct CallBuffer {
    ty: FnType,
    slots: Box<[u64]>,
    /// The arguments whose slots have their addresses, by position.
    records: Box<[Option<OwnedValue>]>,
    result: OwnedValue,
    /// Whether null is allowed for all parameters and the result is none or direct.
    simple: bool,
}

impl CallBuffer {
    /// A buffer for calls of this type, with all arguments zero.
    #[must_use]
    pub fn new(ty: FnType) -> Self {
        let zero = |ty| OwnedValue::zero(KindId::of(ty).unwrap_or(KindId::VOID));
        let zeroed = |param: &crate::Param| (!param.ty().is_direct()).then(|| zero(param.ty()));
        let records: Box<[_]> = ty.params().iter().map(zeroed).collect();
        let result = zero(ty.result());
        let slots = records
            .iter()
            .map(|record| record.as_ref().map_or(0, address))
            .collect();
        Self {
            ty,
            slots,
            records,
            result,
            simple: !ty.has_non_null() && (ty.result().is_direct() || ty.result().is_void()),
        }
    }

    /// The type of the calls that it is for.
    #[must_use]
    pub fn ty(&self) -> FnType {
        self.ty
    }

    /// Sets the argument with this index, counted from 0, by the rules of
    /// [`Function::call_values`]; a record is copied.
    ///
    /// # Errors
    /// As [`Function::call_values`], and [`ErrorKind::Arity`] if there is no such parameter, or for a
    /// variadic function [`ErrorKind::Unsupported`].
    #[inline]
    pub fn set<'v>(&mut self, index: usize, value: impl Into<Value<'v>>) -> Result<()> {
        let value = value.into();
        let Some(param) = self.ty.params().get(index) else {
            return Err(self.no_such(index));
        };
        let position = || Position::Argument {
            number: index + 1,
            name: param.name(),
        };
        let extra = index >= self.ty.named().len();
        let value = if extra { value.promoted() } else { value };
        let room = &mut 0;
        let bits = fit(value, param.ty(), room, position)?;
        match &mut self.records[index] {
            None => self.slots[index] = bits,
            Some(record) => store(param.ty(), bits, record.bytes_mut()),
        }
        Ok(())
    }

    /// Sets the argument with this index without any check: the fastest way for a host that has
    /// checked the declaration itself.
    ///
    /// # Safety
    /// - `index` is that of a parameter.
    /// - The parameter is a scalar of at most 8 bytes, and `T` a scalar of its size, kind and
    ///   signedness.
    #[inline(always)]
    pub unsafe fn set_unchecked<T: ForeignType>(&mut self, index: usize, value: T) {
        if let RustType::Scalar(scalar) = T::TYPE
            && scalar.is_direct()
        {
            let address = (&raw const value).cast::<u8>();
            // SAFETY: a type that is described as a scalar has its bytes.
            let bytes = unsafe { std::slice::from_raw_parts(address, scalar.size()) };
            // SAFETY: forwarded to the caller.
            *unsafe { self.slots.get_unchecked_mut(index) } = load(scalar, bytes);
        }
    }

    /// The bytes of the argument with this index, to be filled in place, if it is a record, a complex
    /// number or of more than 8 bytes; otherwise empty.
    pub fn record_mut(&mut self, index: usize) -> &mut [u8] {
        match self.records.get_mut(index) {
            Some(Some(record)) => record.bytes_mut(),
            _ => &mut [],
        }
    }

    /// Calls `function` with the arguments; the result is read with [`CallBuffer::result`].
    ///
    /// # Safety
    /// As [`Function::call`].
    ///
    /// # Errors
    /// - [`ErrorKind::Conversion`]: `function` has another type than the buffer; the names of the
    ///   parameters are part of the type.
    /// - [`ErrorKind::Null`]: a pointer that must not be null was not set.
    /// - [`ErrorKind::Unsupported`]: this program was built without an engine.
    #[inline]
    pub unsafe fn call(&mut self, function: &Function) -> Result<()> {
        if function.ty() == self.ty && self.simple {
            // SAFETY: there is a slot for each parameter, with a value of its type, and the result
            // is a scalar; the rest is forwarded to the caller.
            if let Some(bits) = unsafe { function.call_scalar(self.slots.as_ptr())? } {
                self.result.set_bits(bits);
                return Ok(());
            }
        }
        // SAFETY: forwarded to the caller.
        unsafe { self.call_slowly(function) }
    }

    #[inline(never)]
    unsafe fn call_slowly(&mut self, function: &Function) -> Result<()> {
        if function.ty() != self.ty {
            return Err(self.wrong_type(function));
        }
        function.check_nulls(&self.slots)?;
        let place = self.result.memory();
        // SAFETY: there is a slot for each parameter, with a value of its type, and memory for a
        // record as result; the rest is forwarded to the caller.
        let bits = unsafe { function.call_slots(self.slots.as_ptr(), place)? };
        if place.is_null() {
            self.result.set_bits(bits);
        }
        Ok(())
    }

    /// The result of the last call; zero before the first.
    #[must_use]
    #[inline]
    pub fn result(&self) -> Value<'_> {
        self.result.as_value()
    }

    #[cold]
    fn no_such(&self, index: usize) -> Error {
        if self.ty.is_open() {
            let why = "the types of a buffer are fixed; give those of extra arguments to \
                       `with_extra`, and call what it returns";
            return ErrorKind::Unsupported {
                what: format!(
                    "argument {} in a buffer for `{}`",
                    index.saturating_add(1),
                    self.ty
                ),
                why: why.to_owned(),
            }
            .into();
        }
        ErrorKind::Arity {
            expected: self.ty.params().len(),
            variadic: false,
            found: index.saturating_add(1),
        }
        .into()
    }

    #[cold]
    fn wrong_type(&self, function: &Function) -> Error {
        let (expected, found) = (function.ty().to_string(), self.ty.to_string());
        let found = format!("a buffer for `{found}`");
        function.blame(
            ErrorKind::Conversion {
                expected: format!("a buffer for `{expected}`"),
                found,
            }
            .into(),
        )
    }
}

fn address(record: &OwnedValue) -> u64 {
    record.as_value().bits()
}

impl Function {
    /// A [`CallBuffer`] for calls of it; extra arguments have places in that of
    /// [`Function::with_extra`] only.
    #[must_use]
    pub fn buffer(&self) -> CallBuffer {
        CallBuffer::new(self.ty())
    }
}

impl fmt::Debug for CallBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallBuffer({})", self.ty)
    }
}
