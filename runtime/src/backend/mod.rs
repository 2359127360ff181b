//! The engines that carry out run-time-typed calls.
//!
//! Guarantee: what is prepared for a function type is prepared once, and both engines take the same
//! slots and leave the same result: they are interchangeable in every call.
#![allow(
    unsafe_code,
    reason = "a call by address is a promise about what lies there"
)]

mod engine;
#[cfg(feature = "jit")]
pub(crate) mod jit;
#[cfg(feature = "jit")]
mod jit_upcall;
#[cfg(feature = "libffi")]
pub(crate) mod libffi;
#[cfg(feature = "libffi")]
mod libffi_record;
#[cfg(feature = "libffi")]
mod libffi_types;
#[cfg(feature = "libffi")]
mod libffi_upcall;
pub(crate) mod upcall;

pub use engine::Engine;

use crate::error::{ErrorKind, Result};
#[cfg(any(feature = "jit", feature = "libffi"))]
use crate::os;
use crate::types::{CallConv, FnType, Leaf, Scalar, Type, TypeKind};
use std::ffi::c_void;
#[cfg(any(feature = "jit", feature = "libffi"))]
use std::sync::OnceLock;

/// What each engine has prepared for one function type.
pub(crate) struct Engines {
    #[cfg(feature = "jit")]
    jit: OnceLock<jit::Prepared>,
    #[cfg(feature = "libffi")]
    libffi: OnceLock<libffi::Prepared>,
}

/// A function type as one engine calls it.
#[derive(Clone, Copy)]
pub(crate) enum Prepared {
    #[cfg(feature = "jit")]
    Jit(&'static jit::Prepared),
    #[cfg(feature = "libffi")]
    Libffi(&'static libffi::Prepared),
}

impl Engines {
    pub(crate) const fn new() -> Self {
        Self {
            #[cfg(feature = "jit")]
            jit: OnceLock::new(),
            #[cfg(feature = "libffi")]
            libffi: OnceLock::new(),
        }
    }
}

/// Refuses what no engine calls, whichever are built: bounds the stack that the arguments take if
/// none of them finds a register, and the result.
pub(crate) fn check(ty: FnType) -> Result<()> {
    /// The most bytes in each: 1 MiB.
    const LIMIT: u64 = 1 << 20;
    let too_large = |what: &str, size| ErrorKind::TooLarge {
        what: what.to_owned(),
        size,
        limit: LIMIT,
        unit: "bytes",
    };
    let mut types = ty
        .params()
        .iter()
        .map(|param| param.ty())
        .chain([ty.result()]);
    match ty.call_conv().resolve() {
        CallConv::Win64 => types.try_for_each(disputed)?,
        CallConv::SysV64 => types.try_for_each(intricate)?,
        CallConv::C => {}
    }
    let mut stack = 0u64;
    for param in ty.params() {
        let (size, align) = (param.ty().size().unwrap_or(0), param.ty().align());
        // Types have at most 2^46 bytes, and there are at most 256 of them.
        let align = align.max(8);
        stack = stack.next_multiple_of(align) + size.next_multiple_of(8);
        if align > LIMIT {
            return Err(too_large("the alignment of an argument", align).into());
        }
    }
    let (result, align) = (ty.result().size().unwrap_or(0), ty.result().align());
    if stack > LIMIT {
        Err(too_large("the stack that the arguments take", stack).into())
    } else if result > LIMIT || align > LIMIT {
        Err(too_large("the result", result.max(align)).into())
    } else {
        Ok(())
    }
}

/// Refuses what compilers do not agree on under Windows x64. Microsoft's knows neither type.
fn disputed(ty: Type) -> Result<()> {
    let why = match *ty.kind() {
        // clang passes them as vectors of 16 bytes, except for one lane.
        TypeKind::Vector { len: 2.., .. } if ty.is_direct() => "integer registers, clang in memory",
        TypeKind::Scalar {
            scalar: Scalar::F16,
            ..
        } => "integer registers, clang in vector registers",
        _ => return Ok(()),
    };
    Err(ErrorKind::Unsupported {
        what: format!("passing `{ty}` by value under Windows x64"),
        why: format!("gcc passes it in {why}; pass its address"),
    }
    .into())
}

/// Refuses unions of which it takes more than their scalars to know how System V passes them.
///
/// The merge of classes (section 3.2.3) depends on the order and the nesting of the fields where
/// X87 meets INTEGER: X87 and SSE make MEMORY, which stays, but INTEGER before them stays too.
fn intricate(ty: Type) -> Result<()> {
    let Some(record) = ty.record().filter(|record| record.size() <= 16) else {
        return Ok(());
    };
    let leaves = record.leaves().unwrap_or_default();
    let long = |leaf: &Leaf| leaf.scalar == Scalar::LongDouble && !leaf.scalar.is_direct();
    let whole = |leaf: &Leaf| leaf.lanes == 0 && !leaf.scalar.is_float();
    if !leaves.iter().any(long) || !leaves.iter().any(whole) {
        return Ok(());
    }
    Err(ErrorKind::Unsupported {
        what: format!("passing `{record}` by value"),
        why: "where a union of a `long double` and integers is passed depends on the order and \
              nesting of its members; pass its address"
            .to_owned(),
    }
    .into())
}

/// Prepares `ty` for one engine: the one that is asked for, else the one that `FARCALL_ENGINE`
/// forces, else generated code, and libffi where that is not to be had.
pub(crate) fn prepare(ty: FnType, engine: Option<Engine>) -> Result<Prepared> {
    check(ty)?;
    Engine::choose(engine, |engine| match engine {
        Engine::Jit => prepare_jit(ty),
        Engine::Libffi => prepare_libffi(ty),
    })
}

#[cfg(feature = "jit")]
fn prepare_jit(ty: FnType) -> Result<Prepared> {
    let ready = os::once(&ty.engines().jit, || jit::Prepared::new(ty))?;
    Ok(Prepared::Jit(ready))
}

#[cfg(not(feature = "jit"))]
fn prepare_jit(ty: FnType) -> Result<Prepared> {
    let _ = ty.engines();
    Err(Engine::Jit.missing("a run-time-typed call"))
}

#[cfg(feature = "libffi")]
fn prepare_libffi(ty: FnType) -> Result<Prepared> {
    let ready = os::once(&ty.engines().libffi, || libffi::Prepared::new(ty))?;
    Ok(Prepared::Libffi(ready))
}

#[cfg(not(feature = "libffi"))]
fn prepare_libffi(ty: FnType) -> Result<Prepared> {
    let _ = ty.engines();
    Err(Engine::Libffi.missing("a run-time-typed call"))
}

impl Prepared {
    pub(crate) fn engine(self) -> Engine {
        match self {
            #[cfg(feature = "jit")]
            Self::Jit(_) => Engine::Jit,
            #[cfg(feature = "libffi")]
            Self::Libffi(_) => Engine::Libffi,
        }
    }

    /// Whether its calls of functions of type `ty` can be unwound.
    #[cfg_attr(
        not(feature = "libffi"),
        expect(unused_variables, reason = "generated code always can")
    )]
    pub(crate) fn unwinds(self, ty: FnType) -> bool {
        match self {
            #[cfg(feature = "jit")]
            Self::Jit(_) => true,
            #[cfg(feature = "libffi")]
            Self::Libffi(_) => libffi::unwinds(ty),
        }
    }

    /// What the same engine has prepared for another type, if it has.
    #[cfg_attr(
        not(any(feature = "jit", feature = "libffi")),
        expect(unused_variables, reason = "there is no engine to ask")
    )]
    pub(crate) fn known(self, ty: FnType) -> Option<Self> {
        match self {
            #[cfg(feature = "jit")]
            Self::Jit(_) => ty.engines().jit.get().map(Self::Jit),
            #[cfg(feature = "libffi")]
            Self::Libffi(_) => ty.engines().libffi.get().map(Self::Libffi),
        }
    }

    /// What generated code has for it, if that is its engine.
    #[cfg(feature = "jit")]
    pub(crate) fn jit(self) -> Option<&'static jit::Prepared> {
        match self {
            Self::Jit(prepared) => Some(prepared),
            #[cfg(feature = "libffi")]
            Self::Libffi(_) => None,
        }
    }

    /// Calls `target` with the values in `slots`. Returns the bits of a direct result
    /// ([`Type::is_direct`]), those above it undefined; any other is written to `result`.
    ///
    /// # Safety
    /// - `target` is a function of the prepared type, sound to call with these values.
    /// - `slots` has a slot for each parameter: what is direct extended to 64 bits, or the address of
    ///   the bytes of anything else.
    /// - If the result is not direct, `result` points to writable memory of its size rounded up to a
    ///   multiple of 8, aligned for it and to 8.
    #[inline]
    #[cfg_attr(
        not(any(feature = "jit", feature = "libffi")),
        expect(unused_variables, reason = "there is no engine to hand them to")
    )]
    pub(crate) unsafe fn call(
        self,
        target: *const c_void,
        slots: *const u64,
        result: *mut u64,
    ) -> u64 {
        match self {
            #[cfg(feature = "jit")]
            // SAFETY: forwarded to the caller.
            Self::Jit(prepared) => unsafe { prepared.call(target, slots, result) },
            #[cfg(feature = "libffi")]
            // SAFETY: forwarded to the caller.
            Self::Libffi(prepared) => unsafe { prepared.call(target, slots, result) },
        }
    }
}
