//! C types as libffi's.
//!
//! Guarantee: libffi sees types of the size, alignment and register classes of the C types; what it
//! cannot pass is refused.
#![allow(unsafe_code, reason = "libffi is a C library")]

use super::libffi::unsupported;
use super::libffi_record;
use crate::error::Result;
use crate::types::{RecordType, Scalar, Type, TypeKind};
use libffi::raw;

/// The largest alignment that libffi keeps for values on the stack.
pub(super) const ALIGN_LIMIT: u64 = 16;

/// Refuses what libffi cannot pass, before anything is made for it.
pub(super) fn check(ty: Type, abi: raw::ffi_abi, is_result: bool) -> Result<()> {
    let refuse = |why: String| {
        Err(unsupported(
            format!("passing `{ty}` by value through libffi"),
            why,
        ))
    };
    let Some(record) = ty.record() else {
        return match without(ty, abi, is_result) {
            Some(why) => refuse(why.to_owned()),
            None => Ok(()),
        };
    };
    let leaves = record.leaves().unwrap_or_default();
    if !leaves.iter().all(|leaf| leaf.is_narrow()) {
        return refuse(
            "it passes no vectors and no numbers of other sizes than C's basic ones inside a record; \
             pass its address, or use generated code"
                .to_owned(),
        );
    }
    if record.size() == 0 {
        return refuse("libffi has no type without bytes".to_owned());
    }
    if record.align() > ALIGN_LIMIT {
        return refuse(format!(
            "libffi does not keep alignments above {ALIGN_LIMIT} bytes"
        ));
    }
    libffi_record::check(record).map_or(Ok(()), refuse)
}

/// What libffi lacks for a value that is no record.
fn without(ty: Type, abi: raw::ffi_abi, is_result: bool) -> Option<&'static str> {
    let (scalar, complex) = match *ty.kind() {
        TypeKind::Vector { .. } => {
            return Some("it has no vectors; pass its address, or use generated code");
        }
        TypeKind::Complex { part } => (part.scalar()?, true),
        _ => (ty.scalar()?, false),
    };
    let x64 = cfg!(target_arch = "x86_64");
    match scalar {
        Scalar::F16 => Some("it has no `_Float16`; pass its address, or use generated code"),
        Scalar::I128 | Scalar::U128 if !x64 => {
            Some("it has no `__int128`; pass its address, or use generated code")
        }
        Scalar::I128 | Scalar::U128 if is_result && is_win64(abi) => {
            Some("it takes an `__int128` from memory where compilers return it in xmm0")
        }
        Scalar::LongDouble if is_win64(abi) && !scalar.is_direct() => {
            Some("it has no `long double` of 16 bytes there; pass its address")
        }
        Scalar::LongDouble if complex && !scalar.is_direct() && !x64 => {
            Some("it is not known how it passes a complex `long double`; pass its address")
        }
        _ => None,
    }
}

/// Whether calls follow Windows x64.
fn is_win64(abi: raw::ffi_abi) -> bool {
    #[cfg(target_arch = "x86_64")]
    let win64 = abi == raw::ffi_abi_FFI_WIN64;
    #[cfg(not(target_arch = "x86_64"))]
    let win64 = {
        let _ = abi;
        false
    };
    win64
}

pub(super) fn lower(ty: Type, abi: raw::ffi_abi) -> *mut raw::ffi_type {
    match (*ty.kind(), ty.scalar()) {
        (_, Some(scalar)) => lower_scalar(scalar),
        (TypeKind::Record(record), _) => lower_record(record, abi),
        (TypeKind::Complex { part }, _) => lower_complex(part.scalar().unwrap_or(Scalar::F64)),
        _ => &raw mut raw::ffi_type_void,
    }
}

/// A complex number is passed as a struct of its parts, except for one of the x87, which libffi has.
fn lower_complex(part: Scalar) -> *mut raw::ffi_type {
    let (size, align) = (2 * part.size() as u64, part.align() as u64);
    let element = lower_scalar(part);
    let both = structure(size, align, vec![element, element]);
    if part == Scalar::LongDouble && !part.is_direct() {
        // SAFETY: the type was just made, and nobody else knows it.
        let both = unsafe { &mut *both };
        both.type_ = raw::ffi_type_enum_COMPLEX;
        both.elements = Box::leak(Box::new([element, std::ptr::null_mut()])).as_mut_ptr();
    }
    both
}

/// An integer argument takes a whole register or eightbyte on x86-64, and its slot holds it extended
/// to that size: passed like this it arrives extended, which libffi itself sees to in part only.
pub(super) fn lower_argument(ty: Type, abi: raw::ffi_abi) -> *mut raw::ffi_type {
    match ty.scalar() {
        Some(scalar)
            if cfg!(target_arch = "x86_64") && !scalar.is_float() && scalar.is_direct() =>
        {
            &raw mut raw::ffi_type_uint64
        }
        _ => lower(ty, abi),
    }
}

pub(super) fn lower_scalar(scalar: Scalar) -> *mut raw::ffi_type {
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
        Scalar::LongDouble if scalar.is_direct() => &raw mut raw::ffi_type_double,
        Scalar::LongDouble => &raw mut raw::ffi_type_longdouble,
        // Two halves, aligned as one.
        Scalar::I128 | Scalar::U128 => {
            let half = &raw mut raw::ffi_type_uint64;
            structure(16, scalar.align() as u64, vec![half, half])
        }
        // Refused before.
        Scalar::F16 => &raw mut raw::ffi_type_void,
    }
}

/// A struct with a given size and alignment, which libffi then does not work out itself.
pub(super) fn structure(
    size: u64,
    align: u64,
    mut elements: Vec<*mut raw::ffi_type>,
) -> *mut raw::ffi_type {
    elements.push(std::ptr::null_mut());
    leak(raw::ffi_type {
        size: size as usize,
        alignment: align as u16,
        type_: raw::ffi_type_enum_STRUCT,
        elements: Box::leak(elements.into_boxed_slice()).as_mut_ptr(),
    })
}

pub(super) fn leak(ty: raw::ffi_type) -> *mut raw::ffi_type {
    Box::leak(Box::new(ty))
}

fn lower_record(record: RecordType, abi: raw::ffi_abi) -> *mut raw::ffi_type {
    structure(
        record.size(),
        libffi_record::placed_align(record),
        libffi_record::elements(record, abi),
    )
}
