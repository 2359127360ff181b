//! Calls of functions that are declared with `...`.
//!
//! Guarantee: extra arguments are promoted as C promotes them, and passed by an engine that was
//! prepared for exactly their kinds. A list of kinds that was passed once is found again without a
//! lock and without allocation.
//!
//! rustc calls variadic functions only through pointer types that say how many parameters are named,
//! which here is known at run time only; the engines are told. So every such call goes through one.
#![allow(
    unsafe_code,
    reason = "a call is a promise about the function's declaration"
)]

use super::fast::Fast;
use super::{Function, check};
use crate::backend::{self, Prepared};
use crate::convert::{Arguments, CallResult, CallSite};
use crate::errno::Capture;
#[cfg(doc)]
use crate::error::ErrorKind;
use crate::error::Result;
use crate::types::{FnType, RustType, Scalar, Type};
use crate::value::{OwnedValue, Value};

/// The most arguments in a tuple.
const TUPLE: usize = 16;

impl Function {
    /// The same variadic function for calls with extra arguments of these types and no others: they
    /// are checked like those of named parameters, calls with values are as fast as those of other
    /// functions, and [`Function::buffer`] has a place for each. See [`FnType::with_extra`].
    ///
    /// ```
    /// # #[cfg(all(target_os = "linux", any(feature = "jit", feature = "libffi")))] {
    /// use farcall::{Library, Type, values};
    /// let snprintf = Library::this()?
    ///     .function("int snprintf(char *to, size_t size, const char *format, ...)")?;
    /// let wide = snprintf.with_extra(&[Type::LONG_LONG])?;
    /// let mut text = [0u8; 8];
    /// // SAFETY: the format asks for what the type says.
    /// unsafe { wide.call_values(&values![&mut text[..], 8, c"%lld", 5])? };
    /// assert_eq!(&text[..2], b"5\0");
    /// # }
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`ErrorKind::Type`]: what [`FnType::with_extra`] refuses.
    /// - [`ErrorKind::Unsupported`], [`ErrorKind::TooLarge`], [`ErrorKind::Memory`]: no engine can
    ///   make such calls.
    pub fn with_extra(&self, types: &[Type]) -> Result<Self> {
        let ty = self.ty.with_extra(types);
        let ty = ty.map_err(|error| self.blame(error.into()))?;
        let (name, library) = (self.name.clone(), self.library.clone());
        Self::new(self.target, name, library, ty, self.asked)
    }

    /// As [`Function::call`].
    ///
    /// # Safety
    /// As [`Function::call`].
    pub(super) unsafe fn call_variadic<A: Arguments, R: CallResult>(
        &self,
        site: &'static CallSite,
        arguments: A,
        capture: Capture<'_>,
    ) -> Result<R> {
        let engine = self.engine_for_site(site);
        arguments.with_slots(|slots| {
            let mut promoted = [0; TUPLE];
            let slots = self.promote(site, slots, &mut promoted);
            let engine = engine.map_err(|error| {
                let better = check::site_values(self.ty, site, slots).err();
                self.blame(better.unwrap_or(error))
            })?;
            self.check_nulls(slots)?;
            // SAFETY: the types were verified and there is a slot for each; the rest is forwarded
            // to the caller.
            Ok(unsafe { self.call_engine(engine, slots, capture) })
        })
    }

    /// The slots with extra `f32`s as doubles; what else is promoted is extended already.
    fn promote<'s>(
        &self,
        site: &CallSite,
        slots: &'s [u64],
        promoted: &'s mut [u64; TUPLE],
    ) -> &'s [u64] {
        let named = self.ty.named().len();
        let slots = slots.iter().zip(site.params).enumerate();
        let mut count = 0;
        for ((index, (slot, ty)), to) in slots.zip(promoted.iter_mut()) {
            *to = match ty {
                RustType::Scalar(Scalar::F32) if index >= named => {
                    f64::from(f32::from_bits(*slot as u32)).to_bits()
                }
                _ => *slot,
            };
            count += 1;
        }
        &promoted[..count]
    }

    /// A call with extra values whose list of kinds was passed before, if they and all others are
    /// of exactly the kinds that are passed and generated code can look at them; otherwise nothing
    /// was called.
    ///
    /// # Safety
    /// As [`Function::call`].
    #[inline(never)]
    pub(super) unsafe fn call_extra(&self, arguments: &[Value<'_>]) -> Option<OwnedValue> {
        if !self.ty.is_open() {
            return None;
        }
        let extra = arguments.get(self.ty.params().len()..)?;
        let call = self.ty.variants().of_kinds(kinds(extra))?;
        let engine = self.engine?.known(call)?;
        // SAFETY: the kinds of the extra values are those of `call`, which is a type that the
        // function has; the rest is forwarded to the caller.
        let bits = unsafe { Fast::call_prepared(engine, call, self.target, arguments) }?;
        Some(OwnedValue::scalar(self.result, bits))
    }

    /// What is prepared for calls with these Rust types, which are verified the first time.
    fn engine_for_site(&self, site: &'static CallSite) -> Result<Prepared> {
        let address = std::ptr::from_ref(site).addr();
        if let Some(call) = self.ty.variants().of_site(address) {
            return self.engine_for(call);
        }
        check::site(self.ty, site)?;
        let extra = site.params.get(self.ty.params().len()..);
        let types = extra.unwrap_or_default().iter().map(|ty| ty.to_type());
        let call = self.ty.with_extra(&types.collect::<Result<Vec<_>, _>>()?)?;
        let engine = self.engine_for(call)?;
        self.ty.variants().add_site(address, call);
        Ok(engine)
    }

    /// What is prepared for calls with these extra values.
    pub(super) fn engine_for_values(&self, extra: &[Value<'_>]) -> Result<Prepared> {
        let known = self.ty.variants().of_kinds(kinds(extra));
        let call = match known {
            Some(call) => call,
            None => {
                let types: Vec<_> = extra.iter().map(|value| value.ty()).collect();
                self.ty.with_extra(&types)?
            }
        };
        let engine = self.engine_for(call)?;
        Fast::warm_prepared(engine, call);
        if known.is_none() {
            self.ty.variants().add_kinds(kinds(extra).collect(), call);
        }
        Ok(engine)
    }

    /// What is prepared for calls of type `call`: by the engine of this function, or if code for it
    /// is refused and no engine was asked for, by the other.
    fn engine_for(&self, call: FnType) -> Result<Prepared> {
        match self.engine.and_then(|engine| engine.known(call)) {
            Some(engine) => Ok(engine),
            None => backend::prepare(call, self.asked),
        }
    }
}

/// The kinds of extra values as they are passed.
fn kinds(extra: &[Value<'_>]) -> impl Iterator<Item = u32> + Clone {
    extra.iter().map(|value| value.kind().promoted().number())
}
