//! Function types as libffi's call interfaces.
//!
//! Guarantee: libffi sees types of the size, alignment and register classes of the C types; what it
//! cannot pass is refused when the function is bound.
#![allow(unsafe_code, reason = "libffi is a C library")]

use crate::error::{ErrorKind, Result};
use crate::types::{CallConv, FnType, Leaf, RecordType, Scalar, Type};
use libffi::raw;
use std::ffi::c_void;
use std::hint::black_box;
use std::mem::MaybeUninit;

/// The largest alignment that libffi keeps for values on the stack.
const ALIGN_LIMIT: u64 = 16;

/// The call interface of a function type; lives as long as the type, for ever.
pub(crate) struct Prepared {
    cif: raw::ffi_cif,
    /// For each parameter, whether its slot holds the address of a record.
    by_address: Box<[bool]>,
    is_record: bool,
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
        params.clone().chain([ty.result()]).try_for_each(check)?;
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
        let by_address = params.map(|ty| ty.record().is_some()).collect();
        Ok(Self {
            cif,
            by_address,
            is_record: ty.result().record().is_some(),
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
        let place = if self.is_record {
            result
        } else {
            &raw mut bits
        };
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

fn unsupported(what: String, why: impl Into<String>) -> crate::Error {
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

/// Refuses what libffi cannot pass, before anything is made for it.
fn check(ty: Type) -> Result<()> {
    let Some(record) = ty.record() else {
        return Ok(());
    };
    let refuse = |why: String| {
        Err(unsupported(
            format!("passing `{record}` by value through libffi"),
            why,
        ))
    };
    if record.size() == 0 {
        return refuse("libffi has no type without bytes".to_owned());
    }
    if record.align() > ALIGN_LIMIT {
        return refuse(format!(
            "libffi does not keep alignments above {ALIGN_LIMIT} bytes"
        ));
    }
    if cfg!(not(target_arch = "x86_64")) && !is_plain(record) {
        return refuse(format!(
            "it is not known how {} passes it",
            std::env::consts::ARCH
        ));
    }
    Ok(())
}

/// Whether libffi lays the record out by itself as C does, or holds it for bytes as C does: what
/// its lowering for other processors than x86-64 is known to be right for.
fn is_plain(record: RecordType) -> bool {
    let leaves = record.leaves().unwrap_or_default();
    if overlap(leaves) {
        return leaves.iter().all(|leaf| !leaf.scalar.is_float());
    }
    let mut end = 0u64;
    leaves.iter().all(|leaf| {
        let start = end.next_multiple_of(leaf.scalar.align() as u64);
        end = leaf.offset + leaf.scalar.size() as u64;
        leaf.offset == start
    })
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

fn lower(ty: Type, abi: raw::ffi_abi) -> *mut raw::ffi_type {
    match (ty.scalar(), ty.record()) {
        (Some(scalar), _) => lower_scalar(scalar),
        (None, Some(record)) => lower_record(record, abi),
        (None, None) => &raw mut raw::ffi_type_void,
    }
}

/// An integer argument takes a whole register or eightbyte on x86-64, and its slot holds it extended
/// to that size: passed like this it arrives extended, which libffi itself sees to in part only.
fn lower_argument(ty: Type, abi: raw::ffi_abi) -> *mut raw::ffi_type {
    match ty.scalar() {
        Some(scalar) if cfg!(target_arch = "x86_64") && !scalar.is_float() => {
            &raw mut raw::ffi_type_uint64
        }
        _ => lower(ty, abi),
    }
}

fn lower_scalar(scalar: Scalar) -> *mut raw::ffi_type {
    match scalar {
        Scalar::Bool | Scalar::U8 => &raw mut raw::ffi_type_uint8,
        Scalar::I8 => &raw mut raw::ffi_type_sint8,
        Scalar::I16 => &raw mut raw::ffi_type_sint16,
        Scalar::U16 => &raw mut raw::ffi_type_uint16,
        Scalar::I32 => &raw mut raw::ffi_type_sint32,
        Scalar::U32 => &raw mut raw::ffi_type_uint32,
        Scalar::I64 => &raw mut raw::ffi_type_sint64,
        Scalar::U64 => &raw mut raw::ffi_type_uint64,
        Scalar::F32 => &raw mut raw::ffi_type_float,
        Scalar::F64 => &raw mut raw::ffi_type_double,
        Scalar::Pointer => &raw mut raw::ffi_type_pointer,
    }
}

/// A struct with a given size and alignment, which libffi then does not work out itself.
fn structure(size: u64, align: u64, mut elements: Vec<*mut raw::ffi_type>) -> *mut raw::ffi_type {
    elements.push(std::ptr::null_mut());
    leak(raw::ffi_type {
        size: size as usize,
        alignment: align as u16,
        type_: raw::ffi_type_enum_STRUCT,
        elements: Box::leak(elements.into_boxed_slice()).as_mut_ptr(),
    })
}

fn leak(ty: raw::ffi_type) -> *mut raw::ffi_type {
    Box::leak(Box::new(ty))
}

fn lower_record(record: RecordType, abi: raw::ffi_abi) -> *mut raw::ffi_type {
    let leaves = record.leaves().unwrap_or_default();
    let elements = if in_memory(leaves, abi) {
        // libffi passes a struct in memory if one of its members is a struct of over 32 bytes.
        vec![structure(64, 1, vec![&raw mut raw::ffi_type_uint8])]
    } else if overlap(leaves) {
        eightbytes(record, leaves)
    } else {
        scalars(leaves)
    };
    structure(record.size(), record.align(), elements)
}

/// System V passes records with unaligned fields in memory (section 3.2.3), and everything that
/// is too large to have leaves.
fn in_memory(leaves: &[Leaf], abi: raw::ffi_abi) -> bool {
    #[cfg(all(target_arch = "x86_64", unix))]
    let sysv = abi == raw::ffi_abi_FFI_UNIX64;
    #[cfg(not(all(target_arch = "x86_64", unix)))]
    let sysv = {
        let _ = abi;
        false
    };
    let unaligned = |leaf: &Leaf| !leaf.offset.is_multiple_of(leaf.scalar.size() as u64);
    leaves.is_empty() || (sysv && leaves.iter().any(unaligned))
}

fn overlap(leaves: &[Leaf]) -> bool {
    leaves
        .windows(2)
        .any(|pair| pair[0].offset + pair[0].scalar.size() as u64 > pair[1].offset)
}

/// The scalars, each as a member that libffi places at its offset.
fn scalars(leaves: &[Leaf]) -> Vec<*mut raw::ffi_type> {
    let mut elements = Vec::new();
    let mut end = 0;
    for leaf in leaves {
        // SAFETY: a static of libffi, which is never written.
        let model = unsafe { lower_scalar(leaf.scalar).read() };
        let gap = leaf.offset - end;
        if cfg!(not(target_arch = "x86_64")) {
            elements.push(leak(model));
        } else {
            if gap > 0 {
                elements.push(padding(gap));
            }
            elements.push(leak(raw::ffi_type {
                alignment: 1,
                ..model
            }));
        }
        end = leaf.offset + leaf.scalar.size() as u64;
    }
    elements
}

/// Padding has no class of its own; a `void` member is the one kind that has none.
fn padding(size: u64) -> *mut raw::ffi_type {
    // SAFETY: a static of libffi, which is never written.
    let model = unsafe { raw::ffi_type_void };
    leak(raw::ffi_type {
        size: size as usize,
        alignment: 1,
        ..model
    })
}

/// A union's scalars merged by eightbyte: an integer where one is in it, otherwise a float, and
/// padding where there is nothing.
fn eightbytes(record: RecordType, leaves: &[Leaf]) -> Vec<*mut raw::ffi_type> {
    let starts = (0..record.size()).step_by(8);
    let member = |start: u64| {
        let size = (record.size() - start).min(8);
        let mut inside = leaves
            .iter()
            .filter(|leaf| (start..start + 8).contains(&leaf.offset))
            .peekable();
        if inside.peek().is_none() {
            return padding(size);
        }
        let scalar = match (inside.all(|leaf| leaf.scalar.is_float()), size) {
            (true, 8) => Scalar::F64,
            (true, _) => Scalar::F32,
            (false, _) => Scalar::U64,
        };
        // SAFETY: a static of libffi, which is never written.
        let model = unsafe { lower_scalar(scalar).read() };
        leak(raw::ffi_type {
            size: size as usize,
            alignment: 1,
            ..model
        })
    };
    starts.map(member).collect()
}
