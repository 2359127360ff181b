//! Values that own what they hold.
//!
//! Guarantee: an [`OwnedValue`] is a [`Value`] whose bytes, if it has them by their address, lie in
//! memory of its own, aligned as its type asks.
#![allow(
    unsafe_code,
    reason = "records are kept in memory with their own alignment"
)]

use super::object::Place;
use super::{KindId, Object, Value, ValueView, fit};
use crate::error::{ErrorKind, Position, Result};
use crate::types::RecordType;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::fmt;
use std::ptr::NonNull;

/// A C value that outlives the call it came from: the result of
/// [`Function::call_values`](crate::Function::call_values), or a record that is being filled.
///
/// Only records, complex numbers and what has more than 8 bytes take memory of the heap.
///
/// ```
/// use farcall::{OwnedValue, RecordKind, RecordType, Type, Value};
/// let point = RecordType::builder(RecordKind::Struct, Some("point"))
///     .field("x", Type::DOUBLE).field("y", Type::DOUBLE).build()?;
/// let mut place = OwnedValue::zeroed(point);
/// place.set("x", 1.5)?;
/// assert_eq!(place.to_string(), "{ x: 1.5, y: 0.0 }");
/// # Ok::<(), farcall::Error>(())
/// ```
pub struct OwnedValue(Value<'static>);

// SAFETY: a record's memory belongs to the value alone; addresses in it are plain numbers to us.
unsafe impl Send for OwnedValue {}
// SAFETY: shared access only reads.
unsafe impl Sync for OwnedValue {}

/// The memory of a value that is not in its slot: its size rounded up to 8, so that result registers
/// can be stored whole.
fn layout(kind: KindId) -> Layout {
    let (size, align) = kind.extent().unwrap_or((8, 8));
    // Sizes and alignments of records are bounded far below what `Layout` refuses.
    Layout::from_size_align(size.next_multiple_of(8).max(8), align.max(8))
        .unwrap_or(Layout::new::<u64>())
}

impl OwnedValue {
    /// No value: the result of a function that returns `void`.
    pub const VOID: Self = Self(Value::VOID);

    /// `bits` must be a scalar of `kind`, extended to 64 bits.
    #[inline(always)]
    pub(crate) const fn scalar(kind: KindId, bits: u64) -> Self {
        Self(Value::raw(kind, bits))
    }

    /// A record whose bytes are all zero.
    ///
    /// As with a `Vec`, the process ends if there is no memory for it.
    #[must_use]
    pub fn zeroed(ty: RecordType) -> Self {
        Self::zero(KindId::of_record(ty))
    }

    /// The value of this kind whose bits are all zero.
    pub(crate) fn zero(kind: KindId) -> Self {
        if !kind.is_by_address() {
            return Self::scalar(kind, 0);
        }
        let layout = layout(kind);
        // SAFETY: the layout has at least 8 bytes.
        let Some(memory) = NonNull::new(unsafe { alloc_zeroed(layout) }) else {
            handle_alloc_error(layout)
        };
        Self(Value::raw(kind, memory.as_ptr() as u64))
    }

    /// A record with its fields set in order; fields beyond `fields` are zero.
    ///
    /// # Errors
    /// As [`OwnedValue::set`], and [`ErrorKind::Arity`] if there are more values than fields.
    pub fn record(ty: RecordType, fields: &[Value<'_>]) -> Result<Self> {
        let (expected, found) = (ty.members().count(), fields.len());
        if found > expected {
            return Err(ErrorKind::Arity {
                expected,
                variadic: false,
                found,
            }
            .into());
        }
        let mut record = Self::zeroed(ty);
        for (field, value) in ty.members().zip(fields) {
            let position = || Position::Field {
                name: field.name().unwrap_or("").to_owned(),
            };
            Place::of(field).set(*value, record.bytes_mut(), position)?;
        }
        Ok(record)
    }

    /// Sets the field `path`, as in `"x"`, `"corner.x"`, `"items[2].x"`; an empty path is the
    /// whole value.
    ///
    /// # Errors
    /// - [`ErrorKind::Field`]: there is no such field or element.
    /// - Whatever an argument of the field's type would refuse.
    pub fn set<'v>(&mut self, path: &str, value: impl Into<Value<'v>>) -> Result<()> {
        let place = super::object::resolve(self.as_value().ty(), path)?;
        let position = || Position::Field {
            name: path.to_owned(),
        };
        if self.0.kind().is_by_address() {
            return place.set(value.into(), self.bytes_mut(), position);
        }
        self.set_bits(fit(value.into(), place.ty, &mut 0, position)?);
        Ok(())
    }

    /// A copy of a value and of the bytes of its record.
    pub(crate) fn copy_of(value: Value<'_>) -> Self {
        match value.bytes() {
            None => Self(Value::raw(value.kind(), value.bits())),
            Some(bytes) => {
                let mut copy = Self::zero(value.kind());
                copy.bytes_mut().copy_from_slice(bytes);
                copy
            }
        }
    }

    /// Sets the bits of what is in its slot, extended to 64 bits.
    #[inline(always)]
    pub(crate) fn set_bits(&mut self, bits: u64) {
        self.0 = Value::raw(self.0.kind(), bits);
    }

    /// It as a borrowed value, as arguments are.
    #[must_use]
    #[inline]
    pub fn as_value(&self) -> Value<'_> {
        self.0
    }

    /// It as an enumeration to match on.
    #[must_use]
    pub fn view(&self) -> ValueView<'_> {
        self.as_value().view()
    }

    /// See [`Value::as_i64`].
    #[must_use]
    #[inline]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_value().as_i64()
    }

    /// See [`Value::as_u64`].
    #[must_use]
    #[inline]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_value().as_u64()
    }

    /// See [`Value::as_f64`].
    #[must_use]
    #[inline]
    pub fn as_f64(&self) -> Option<f64> {
        self.as_value().as_f64()
    }

    /// See [`Value::as_bool`].
    #[must_use]
    #[inline]
    pub fn as_bool(&self) -> Option<bool> {
        self.as_value().as_bool()
    }

    /// See [`Value::as_pointer`].
    #[must_use]
    #[inline]
    pub fn as_pointer(&self) -> Option<*mut std::ffi::c_void> {
        self.as_value().as_pointer()
    }

    /// See [`Value::as_c_str`].
    ///
    /// # Safety
    /// The pointer is null or points to bytes that end in a NUL and stay unchanged for as long as
    /// the value is borrowed.
    #[must_use]
    pub unsafe fn as_c_str(&self) -> Option<&std::ffi::CStr> {
        // SAFETY: forwarded to the caller.
        unsafe { self.as_value().as_c_str() }
    }

    /// See [`Value::as_record`].
    #[must_use]
    pub fn as_record(&self) -> Option<Object<'_>> {
        self.as_value().as_record()
    }

    /// The bytes of a record, of a number or vector of more than 8 bytes, or of a complex number;
    /// empty for every other kind.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let Some((size, _)) = self.0.kind().extent() else {
            return &mut [];
        };
        // SAFETY: the memory is this value's own and as long as its kind; `&mut self` is the only
        // access.
        unsafe { std::slice::from_raw_parts_mut(self.0.bits() as *mut u8, size) }
    }

    /// The address of the memory that [`OwnedValue::bytes_mut`] is, to be filled by a call: aligned for its type, and its size
    /// rounded up to a multiple of 8.
    pub(crate) fn memory(&mut self) -> *mut u64 {
        if self.0.kind().is_by_address() {
            self.0.bits() as *mut u64
        } else {
            std::ptr::null_mut()
        }
    }
}

impl Drop for OwnedValue {
    #[inline]
    fn drop(&mut self) {
        if self.0.kind().is_by_address() {
            free(self.0);
        }
    }
}

#[cold]
fn free(value: Value<'static>) {
    // SAFETY: what has an address was allocated by `zero` with this layout, and is freed once.
    unsafe { dealloc(value.bits() as *mut u8, layout(value.kind())) };
}

impl From<Value<'_>> for OwnedValue {
    /// A copy of the value, and of the bytes of its record.
    fn from(value: Value<'_>) -> Self {
        Self::copy_of(value)
    }
}

impl Clone for OwnedValue {
    fn clone(&self) -> Self {
        Self::copy_of(self.as_value())
    }
}

impl fmt::Display for OwnedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_value().fmt(f)
    }
}

impl fmt::Debug for OwnedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_value().fmt(f)
    }
}
