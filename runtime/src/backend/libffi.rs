//! Function types as libffi's call interfaces.
//!
//! Guarantee: libffi sees types of the size, alignment and register classes of the C types; what it
//! cannot pass is refused when the function is bound.
#![allow(unsafe_code, reason = "libffi is a C library")]

use super::libffi_types::{ALIGN_LIMIT, check, lower, lower_argument};
use crate::error::{ErrorKind, Result};
use crate::types::{CallConv, FnType};
use libffi::raw;
use std::ffi::c_void;
use std::hint::black_box;
use std::mem::MaybeUninit;

/// The call interface of a function type; lives as long as the type, for ever.
pub(crate) struct Prepared {
    cif: raw::ffi_cif,
    /// For each parameter, whether its slot holds its address.
    by_address: Box<[bool]>,
    /// Whether the result goes to memory of the caller's.
    is_large: bool,
    /// A bound on the stack that libffi copies arguments to.
    stack: usize,
}

// SAFETY: the call interface is only read after it is made; what it points to is leaked.
unsafe impl Send for Prepared {}
// SAFETY: as above.
unsafe impl Sync for Prepared {}

unsafe extern "C-unwind" {
    /// libffi's own `ffi_call`, declared as a function that C++ exceptions may pass.
    fn ffi_call(
        cif: *mut raw::ffi_cif,
        target: *const c_void,
        result: *mut c_void,
        values: *mut *mut c_void,
    );
}

impl Prepared {
    pub(crate) fn new(ty: FnType) -> Result<Self> {
        let abi = abi(ty.call_conv())?;
        let params = ty.params().iter().map(|param| param.ty());
        params.clone().try_for_each(|ty| check(ty, abi, false))?;
        check(ty.result(), abi, true)?;
        let types: Vec<_> = params.clone().map(|ty| lower_argument(ty, abi)).collect();
        let result = lower(ty.result(), abi);
        let count = types.len() as u32;
        let types = Box::leak(types.into_boxed_slice()).as_mut_ptr();
        let mut cif = raw::ffi_cif::default();
        let at = &raw mut cif;
        let status = if ty.is_variadic() {
            let named = ty.named().len() as u32;
            // SAFETY: as below, and `named` of them are named.
            unsafe { raw::ffi_prep_cif_var(at, abi, named, count, result, types) }
        } else {
            // SAFETY: the types are valid and leaked, and there are `count` of them.
            unsafe { raw::ffi_prep_cif(at, abi, count, result, types) }
        };
        if status != raw::ffi_status_FFI_OK {
            return Err(unsupported(
                format!("`{ty}`"),
                format!("libffi's status {status}"),
            ));
        }
        let by_address = params.map(|ty| !ty.is_direct()).collect();
        Ok(Self {
            cif,
            by_address,
            is_large: !ty.result().is_direct() && !ty.result().is_void(),
            stack: stack(ty),
        })
    }

    /// The call interface.
    pub(super) fn cif(&self) -> raw::ffi_cif {
        self.cif
    }

    /// See [`super::Prepared::call`].
    pub(super) unsafe fn call(
        &self,
        target: *const c_void,
        slots: *const u64,
        result: *mut u64,
    ) -> u64 {
        if self.by_address.len() <= 16 {
            // SAFETY: forwarded to the caller.
            return unsafe { self.call_some::<16>(target, slots, result) };
        }
        // SAFETY: forwarded to the caller.
        unsafe { self.call_some::<{ FnType::MAX_PARAMS }>(target, slots, result) }
    }

    /// As [`Prepared::call`], for at most `N` parameters.
    unsafe fn call_some<const N: usize>(
        &self,
        target: *const c_void,
        slots: *const u64,
        result: *mut u64,
    ) -> u64 {
        let mut values = [std::ptr::null_mut::<c_void>(); N];
        for (index, (value, by_address)) in values.iter_mut().zip(&self.by_address).enumerate() {
            // SAFETY: the caller provides a slot for each parameter.
            let slot = unsafe { slots.add(index) };
            *value = if *by_address {
                // SAFETY: as above.
                (unsafe { slot.read() }) as *mut c_void
            } else {
                low_bytes(slot)
            };
        }
        let mut bits = 0u64;
        let place = if self.is_large { result } else { &raw mut bits };
        if self.stack > PROBE {
            probe(self.stack);
        }
        let cif = (&raw const self.cif).cast_mut();
        // SAFETY: forwarded to the caller; libffi reads the call interface only.
        unsafe { ffi_call(cif, target, place.cast(), values.as_mut_ptr()) };
        bits
    }
}

/// The address of the value in a slot, whose scalar may be narrower than the slot.
fn low_bytes(slot: *const u64) -> *mut c_void {
    const {
        assert!(
            cfg!(target_endian = "little"),
            "slots are read as narrower scalars"
        )
    };
    slot.cast_mut().cast()
}

/// Whether libffi's calls of functions of type `ty` can be unwound: it has unwind tables for the
/// platform's own convention only.
pub(crate) fn unwinds(ty: FnType) -> bool {
    ty.call_conv().resolve() == CallConv::C.resolve()
}

pub(super) fn unsupported(what: String, why: impl Into<String>) -> crate::Error {
    ErrorKind::Unsupported {
        what,
        why: why.into(),
    }
    .into()
}

fn abi(conv: CallConv) -> Result<raw::ffi_abi> {
    match conv {
        CallConv::C => Ok(raw::ffi_abi_FFI_DEFAULT_ABI),
        #[cfg(all(target_arch = "x86_64", unix))]
        CallConv::SysV64 => Ok(raw::ffi_abi_FFI_UNIX64),
        #[cfg(all(target_arch = "x86_64", unix))]
        CallConv::Win64 => Ok(raw::ffi_abi_FFI_WIN64),
        #[cfg(all(target_arch = "x86_64", windows))]
        CallConv::Win64 => Ok(raw::ffi_abi_FFI_WIN64),
        #[cfg(not(all(target_arch = "x86_64", unix)))]
        _ => Err(unsupported(
            format!("the {conv:?} convention through libffi"),
            format!("libffi has it not on {}", std::env::consts::ARCH),
        )),
    }
}

/// The most stack that may be taken in one step without missing the guard page of a stack.
const PROBE: usize = 2048;

/// Touches the stack that libffi is about to take, page by page, which it does not do itself: a
/// stack that is too small ends at its guard page, whatever lies below that.
#[inline(never)]
fn probe(bytes: usize) {
    let mut step = MaybeUninit::<[u8; PROBE]>::uninit();
    // SAFETY: the array is as large.
    unsafe { step.as_mut_ptr().cast::<u8>().write_volatile(0) };
    if bytes > PROBE {
        probe(bytes - PROBE);
    }
    // Keeps the array, and with it the frame, to the end.
    black_box(&mut step);
}

/// How much stack the arguments and a copy of the result take at most, in bytes.
fn stack(ty: FnType) -> usize {
    let params = ty.params().iter().map(|param| param.ty());
    // Each may be padded to the largest alignment.
    let sizes = params
        .chain([ty.result()])
        .map(|ty| ty.size().unwrap_or(0) + ALIGN_LIMIT);
    sizes.sum::<u64>() as usize
}
