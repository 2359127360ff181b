//! Function types as signatures of the code generator.
//!
//! Guarantee: the layouts handed to the generator are those of the C types, scalar by scalar.
#![allow(
    unsafe_code,
    reason = "calling a trampoline is a promise about its target and slots"
)]

use crate::error::{ErrorKind, Result};
use crate::os;
use crate::types::{self, CallConv, FnType, Scalar, Type, TypeKind};
use crate::value::KindId;
use farcall_jit::abi::{Abi, CallPlan};
use farcall_jit::layout::{self, Layout, Leaf, Record, Signature};
use farcall_jit::trampoline::{Form, Guard, Results};
use farcall_jit::{self as jit, Downcall, Pick, ScalarCall};
use std::ffi::c_void;
use std::sync::OnceLock;

/// A function type's trampolines.
pub(crate) struct Prepared {
    unchecked: Downcall,
    /// Compiled by the first checked call; `None` if executable memory was refused then.
    checked: OnceLock<Option<Downcall>>,
    /// Whether the result is in one register, but not one that a slot holds.
    store: bool,
    pick: Pick,
}

impl Prepared {
    pub(crate) fn new(ty: FnType) -> Result<Self> {
        let plan = plan(ty)?;
        let unchecked = Downcall::compile(&plan, Form::Unchecked)?;
        let one = matches!(Results::of(&plan), Results::One(_));
        let store = one && !ty.result().is_direct();
        Ok(Self {
            unchecked,
            checked: OnceLock::new(),
            store,
            pick: Pick::of(&plan),
        })
    }

    /// The trampoline that checks the kinds of `ty`'s arguments.
    pub(crate) fn checked(&self, ty: FnType) -> Option<Downcall> {
        let compile = || Downcall::compile(&plan(ty).ok()?, Form::Checked(&guards(ty)?)).ok();
        match self.checked.get() {
            Some(ready) => *ready,
            None => *os::without_forks(|| self.checked.get_or_init(compile)),
        }
    }

    /// How a scalar result is picked.
    pub(crate) fn pick(&self) -> Pick {
        self.pick
    }

    /// The unchecked form as a scalar call, if the result is a scalar or nothing and the
    /// convention the host's.
    pub(crate) fn scalar(&self) -> Option<ScalarCall> {
        if self.store {
            None
        } else {
            self.unchecked.scalar()
        }
    }

    /// See [`super::Prepared::call`].
    #[inline]
    pub(super) unsafe fn call(
        &self,
        target: *const c_void,
        slots: *const u64,
        result: *mut u64,
    ) -> u64 {
        let unused = std::ptr::null_mut();
        // SAFETY: forwarded to the caller; the unchecked form reports no mismatch.
        let bits = unsafe { self.unchecked.invoke(target, slots.cast(), result, unused) };
        if self.store {
            // SAFETY: the caller provides at least 8 bytes for what is not direct.
            unsafe { result.write(bits) };
        }
        bits
    }
}

/// The plan of calls of this type.
pub(crate) fn plan(ty: FnType) -> Result<CallPlan> {
    Ok(abi(ty.call_conv())?.plan(&signature(ty)?)?)
}

/// What the checked form demands of the arguments of `ty`.
pub(crate) fn guards(ty: FnType) -> Option<Vec<Guard>> {
    let guard = |ty: Type| {
        Some(Guard {
            kind: KindId::of(ty)?.number(),
            non_null: ty.is_non_null(),
        })
    };
    ty.params().iter().map(|param| guard(param.ty())).collect()
}

/// The convention's table.
pub(crate) fn abi(conv: CallConv) -> Result<&'static Abi> {
    Ok(match conv {
        CallConv::C => Abi::host()?,
        CallConv::SysV64 => &jit::abi::SYSV_X64,
        CallConv::Win64 => &jit::abi::WIN_X64,
    })
}

/// What the machine sees of `ty`.
pub(crate) fn signature(ty: FnType) -> Result<Signature> {
    let params = ty
        .params()
        .iter()
        .map(|param| lower(param.ty()))
        .collect::<Result<_>>()?;
    let result = if ty.result().is_void() {
        None
    } else {
        Some(lower(ty.result())?)
    };
    Ok(Signature {
        params,
        result,
        fixed: ty.is_variadic().then(|| ty.named().len()),
    })
}

fn lower(ty: Type) -> Result<Layout> {
    let record = |size, align, leaves: &[types::Leaf]| {
        let leaves: Vec<_> = leaves.iter().map(lower_leaf).collect();
        Record::new(size, align, leaves)
    };
    let part = |offset, scalar| types::Leaf {
        offset,
        scalar,
        lanes: 0,
    };
    match (*ty.kind(), ty.scalar()) {
        (_, Some(scalar)) => Ok(Layout::Scalar(lower_scalar(scalar))),
        (TypeKind::Record(whole), _) => {
            let leaves = whole.leaves().unwrap_or_default();
            let lowered = record(whole.size(), whole.align(), leaves)?;
            let natural = whole.natural_align();
            Ok(Layout::Record(lowered.with_natural_align(natural)))
        }
        (TypeKind::Complex { part: of }, _) => match of.scalar().unwrap_or(Scalar::F64) {
            Scalar::LongDouble if X87 => Ok(Layout::Scalar(layout::Scalar::C80)),
            scalar => {
                let size = scalar.size() as u64;
                let parts = [part(0, scalar), part(size, scalar)];
                let lowered = record(2 * size, scalar.align() as u64, &parts)?;
                Ok(Layout::Record(lowered))
            }
        },
        (TypeKind::Vector { .. }, _) => Ok(Layout::Scalar(match ty.is_direct() {
            true => layout::Scalar::V64,
            false => layout::Scalar::V128,
        })),
        // A function type has values only; this is for what is added to it.
        _ => Err(ErrorKind::Unsupported {
            what: format!("passing `{ty}` by value"),
            why: "no engine passes it".to_owned(),
        }
        .into()),
    }
}

fn lower_leaf(leaf: &types::Leaf) -> Leaf {
    Leaf {
        offset: leaf.offset as u32,
        scalar: match (leaf.lanes, leaf.size()) {
            (0, _) => lower_scalar(leaf.scalar),
            (_, 8) => layout::Scalar::V64,
            _ => layout::Scalar::V128,
        },
    }
}

/// Whether a `long double` that is no `double` is the x87's.
const X87: bool = cfg!(all(
    any(target_arch = "x86", target_arch = "x86_64"),
    not(target_os = "android")
));

fn lower_scalar(scalar: Scalar) -> layout::Scalar {
    match scalar {
        Scalar::Bool | Scalar::U8 => layout::Scalar::U8,
        Scalar::I8 => layout::Scalar::I8,
        Scalar::I16 => layout::Scalar::I16,
        Scalar::U16 => layout::Scalar::U16,
        Scalar::I32 => layout::Scalar::I32,
        Scalar::U32 => layout::Scalar::U32,
        Scalar::I64 => layout::Scalar::I64,
        Scalar::U64 | Scalar::Pointer => layout::Scalar::U64,
        Scalar::F16 => layout::Scalar::F16,
        Scalar::F32 => layout::Scalar::F32,
        Scalar::F64 => layout::Scalar::F64,
        Scalar::I128 => layout::Scalar::I128,
        Scalar::U128 => layout::Scalar::U128,
        Scalar::LongDouble if scalar.is_direct() => layout::Scalar::F64,
        Scalar::LongDouble if X87 => layout::Scalar::F80,
        Scalar::LongDouble => layout::Scalar::F128,
    }
}

impl From<jit::Error> for ErrorKind {
    fn from(error: jit::Error) -> Self {
        match error {
            jit::Error::Unsupported { what, why } => Self::Unsupported { what, why },
            jit::Error::TooLarge {
                what,
                size,
                limit,
                unit,
            } => Self::TooLarge {
                what,
                size,
                limit,
                unit,
            },
            error => Self::Memory {
                reason: error.to_string(),
            },
        }
    }
}
