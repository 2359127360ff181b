//! The callbacks of one function type, one use and one engine: they share their records.
//!
//! Guarantee: a record belongs to one family for ever, so that whoever comes late finds in it what
//! belongs to the same function type and is entered in the same way.
#![allow(unsafe_code, reason = "slots are given back on a promise")]

use super::block::Head;
use super::fallback::Fallback;
use super::handler::{Entering, handler};
use super::pool::{Slot, SlotPool};
use super::record::Record;
use crate::backend::Engine;
use crate::backend::upcall::Source;
use crate::error::{ErrorKind, Result};
use crate::os;
use crate::types::{FnType, Type};
use crate::value::KindId;
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

/// What tells the families of a function type apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Use {
    /// Whether any thread may enter.
    pub(crate) shared: bool,
    /// Whether shims of typed closures may stand behind the stubs.
    pub(crate) typed: bool,
}

/// See the module.
pub(crate) struct Family {
    pub(super) ty: FnType,
    of: Use,
    slots: SlotPool<Source>,
    pub(super) arity: usize,
    /// The kind of a result in one word of which every value is accepted.
    pub(super) result: Option<KindId>,
    /// What C gets unless something else is asked for.
    pub(super) zero: &'static Fallback,
}

/// A slot that was taken, and its stub.
pub(super) type Taken = (Slot, *const c_void);

/// The families of one function type: by engine, and by [`Use`].
pub(crate) struct Families(OnceLock<Box<[OnceLock<Family>; 8]>>);

impl Families {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The place of a family, whether it is there or not.
    fn place(&self, engine: Engine, of: Use) -> &OnceLock<Family> {
        let index = usize::from(engine == Engine::Libffi)
            + 2 * usize::from(of.shared)
            + 4 * usize::from(of.typed);
        let places = match self.0.get() {
            Some(places) => places,
            None => os::without_forks(|| self.0.get_or_init(Box::default)),
        };
        &places[index]
    }
}

impl Family {
    /// The family of callbacks of type `ty`: with the engine that is asked for, else the one that
    /// `FARCALL_ENGINE` forces, else generated code, and libffi where that is not to be had.
    ///
    /// # Errors
    /// As [`Callback::new`](super::Callback::new).
    pub(super) fn of(ty: FnType, of: Use, engine: Option<Engine>) -> Result<&'static Self> {
        check(ty)?;
        Engine::choose(engine, |engine| Self::with(ty, of, engine))
    }

    fn with(ty: FnType, of: Use, engine: Engine) -> Result<&'static Self> {
        os::once(ty.families().place(engine, of), || {
            Ok(Self {
                ty,
                of,
                slots: SlotPool::new(Source::new(ty, of, engine)?),
                arity: ty.params().len(),
                result: plain_result(ty.result()),
                zero: Fallback::zero(ty),
            })
        })
    }

    /// The engine behind its stubs.
    pub(super) fn engine(&self) -> Engine {
        self.slots.source().engine()
    }

    /// Whether any thread may enter its callbacks.
    pub(super) fn is_shared(&self) -> bool {
        self.of.shared
    }

    /// A slot that no callback has, and its family: this one, or libffi's where executable memory is
    /// refused by now, unless an engine was asked for.
    ///
    /// # Errors
    /// As [`Callback::new`](super::Callback::new).
    pub(super) fn slot(&'static self, asked: Option<Engine>) -> Result<(&'static Self, Taken)> {
        let refused = match self.take() {
            Err(error) if matches!(error.kind(), ErrorKind::Memory { .. }) => error,
            taken => return taken.map(|taken| (self, taken)),
        };
        if Engine::asked(asked)?.is_some()
            || self.engine() == Engine::Libffi
            || !cfg!(feature = "libffi")
        {
            return Err(refused);
        }
        let other = Self::with(self.ty, self.of, Engine::Libffi)?;
        other.take().map(|taken| (other, taken))
    }

    /// A slot of this family that no callback has.
    fn take(&self) -> Result<Taken> {
        let slot = self.slots.take()?;
        match self.slots.source().stub(slot.record()) {
            Ok(stub) => Ok((slot, stub)),
            Err(error) => {
                // SAFETY: it was taken here, and nobody has heard of it.
                unsafe { self.slots.put(slot) };
                Err(error)
            }
        }
    }

    /// Gives the slot of a record back.
    ///
    /// # Safety
    /// It was taken from this family, its callback was dropped, nobody is inside, and no one else
    /// gives it back.
    pub(super) unsafe fn put(&self, record: &'static Record) {
        // SAFETY: forwarded to the caller.
        let slot = unsafe { Slot::of(NonNull::from(record).cast()) };
        // SAFETY: as above.
        unsafe { self.slots.put(slot) };
    }

    /// Brings the closure of `block` to life behind its stub. `shim` is for trailing stubs.
    pub(super) fn install(
        &self,
        record: &Record,
        block: *mut Head,
        (entering, shim): (Entering, *const ()),
        fallback: &'static Fallback,
    ) {
        let handler = handler(self.ty.call_conv(), entering);
        let shim = self.slots.source().trampoline().unwrap_or(shim);
        record.handler.store(handler.cast_mut(), Ordering::Release);
        record.shim.store(shim.cast_mut(), Ordering::Release);
        if self.of.shared {
            record.share(block, fallback);
        } else {
            record.confine(block, fallback);
        }
    }
}

fn plain_result(ty: Type) -> Option<KindId> {
    let kind = KindId::of(ty).filter(|_| ty.is_direct())?;
    (!ty.is_non_null()).then_some(kind)
}

fn check(ty: FnType) -> Result<()> {
    if ty.is_variadic() {
        return Err(ErrorKind::Unsupported {
            what: "a callback with `...`".to_owned(),
            why: "no engine knows how many arguments arrive; take a `va_list` pointer where C \
                  offers one, or write the function in C"
                .to_owned(),
        }
        .into());
    }
    crate::backend::check(ty)
}
