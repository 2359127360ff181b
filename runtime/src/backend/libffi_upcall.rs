//! Closures of libffi as stubs.
//!
//! Guarantee: a closure of libffi is made once for its record and never freed; C's arguments reach
//! the record's handler as values, and its result is handed back as libffi expects it.
#![allow(unsafe_code, reason = "libffi is a C library")]

use super::Engine;
use super::libffi::Prepared;
use super::upcall::Stubs;
use crate::callback::{Record, TABLE, Use};
use crate::error::{ErrorKind, Result};
use crate::types::{CallConv, FnType, Leaf, Scalar, Type};
use crate::value::{KindId, Value, load};
use libffi::raw;
use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};

/// What the closures of one function type share; lives for ever.
pub(crate) struct Closures(&'static Common);

struct Common {
    cif: raw::ffi_cif,
    params: Box<[Param]>,
    result: Type,
    shared: bool,
    conv: CallConv,
}

/// How the bytes of an argument become a value.
#[derive(Clone, Copy)]
enum Param {
    Scalar(Scalar),
    Address(KindId),
}

// SAFETY: the call interface is only read after it is made; what it points to is leaked.
unsafe impl Send for Common {}
// SAFETY: as above.
unsafe impl Sync for Common {}

/// Records, what they share, and the closures' addresses; aligned so that it is found from each.
#[repr(C, align(65536))]
struct Table {
    records: [MaybeUninit<Record>; TABLE],
    common: &'static Common,
    /// Null where no closure was made yet.
    codes: [AtomicPtr<c_void>; TABLE],
}

const _: () = assert!(size_of::<[Record; TABLE]>() <= align_of::<Table>());

impl Closures {
    pub(crate) fn new(ty: FnType, of: Use) -> Result<Self> {
        let cif = Prepared::new(ty)?.cif();
        ty.params()
            .iter()
            .try_for_each(|param| check(ty, param.ty()))?;
        let param = |ty: Type| match ty.scalar().filter(|scalar| scalar.is_direct()) {
            Some(scalar) => Param::Scalar(scalar),
            None => Param::Address(KindId::of(ty).unwrap_or(KindId::VOID)),
        };
        Ok(Self(Box::leak(Box::new(Common {
            cif,
            params: ty.params().iter().map(|p| param(p.ty())).collect(),
            result: ty.result(),
            shared: of.shared,
            conv: ty.call_conv(),
        }))))
    }

    fn closure(&self, record: NonNull<u8>) -> Result<*mut c_void> {
        let refused = |reason: String| {
            crate::Error::from(ErrorKind::Memory {
                reason: format!("libffi made no closure: {reason}"),
            })
        };
        let size = size_of::<raw::ffi_closure>();
        let mut code = std::ptr::null_mut();
        // SAFETY: libffi's own allocation for closures, of the size of one.
        let closure = unsafe { raw::ffi_closure_alloc(size, &raw mut code) };
        if closure.is_null() || code.is_null() {
            return Err(refused("executable memory was refused".to_owned()));
        }
        let cif = (&raw const self.0.cif).cast_mut();
        let user = record.as_ptr().cast();
        // SAFETY: the closure was allocated; interface and record live for ever.
        let status =
            unsafe { raw::ffi_prep_closure_loc(closure.cast(), cif, Some(arrive), user, code) };
        if status != raw::ffi_status_FFI_OK {
            return Err(refused(format!("its status is {status}")));
        }
        Ok(code)
    }
}

impl Stubs for Closures {
    fn engine(&self) -> Engine {
        Engine::Libffi
    }

    fn trampoline(&self) -> Option<*const ()> {
        // They jump to libffi.
        Some(std::ptr::null())
    }

    fn grow(&self) -> Result<NonNull<u8>> {
        let layout = Layout::new::<Table>();
        // SAFETY: the layout is not empty.
        let Some(table) = NonNull::new(unsafe { alloc_zeroed(layout) }) else {
            handle_alloc_error(layout)
        };
        let table = table.cast::<Table>();
        // SAFETY: the memory is the table's, and everything else in it may be zero.
        let common = unsafe { &raw mut (*table.as_ptr()).common };
        // SAFETY: as above.
        unsafe { common.write(self.0) };
        Ok(table.cast())
    }

    fn stub(&self, record: NonNull<u8>) -> Result<*const c_void> {
        let place = place(record);
        let mut code = place.load(Ordering::Acquire);
        if code.is_null() {
            code = self.closure(record)?;
            place.store(code, Ordering::Release);
        }
        Ok(code)
    }

    /// Memory of the heap cannot be replaced in one step.
    unsafe fn retire(&self, _table: NonNull<u8>) -> bool {
        false
    }

    unsafe fn revive(&self, _table: NonNull<u8>) -> bool {
        false
    }
}

/// The table that a record is in.
fn table(record: NonNull<u8>) -> &'static Table {
    let table = record
        .as_ptr()
        .map_addr(|address| address & !(align_of::<Table>() - 1));
    // SAFETY: tables are aligned to more than their records take, and live for ever.
    unsafe { &*table.cast() }
}

/// Where a record has the address of its closure.
fn place(record: NonNull<u8>) -> &'static AtomicPtr<c_void> {
    let table = table(record);
    let offset = record.as_ptr().addr() - std::ptr::from_ref(table).addr();
    &table.codes[offset / size_of::<Record>()]
}

/// Refuses what closures of libffi misread.
///
/// In a record in registers they take a register for each eightbyte, also for one that is all
/// padding, which has none (System V, section 3.2.3): the arguments behind it would be wrong.
fn check(ty: FnType, param: Type) -> Result<()> {
    let Some(record) = param.record() else {
        return Ok(());
    };
    let leaves = record.leaves().unwrap_or_default();
    let unaligned = |leaf: &Leaf| !leaf.offset.is_multiple_of(leaf.scalar.size() as u64);
    let in_registers = record.size() <= 16 && !leaves.iter().any(unaligned);
    let is_padding = |start| !leaves.iter().any(|leaf| leaf.offset / 8 == start / 8);
    if ty.call_conv().resolve() == CallConv::SysV64
        && in_registers
        && (0..record.size()).step_by(8).any(is_padding)
    {
        return Err(ErrorKind::Unsupported {
            what: format!("a callback that takes `{record}` by value through libffi"),
            why: "libffi takes a register for 8 bytes of it that are all padding; pass its address"
                .to_owned(),
        }
        .into());
    }
    Ok(())
}

/// Where libffi arrives.
unsafe extern "C" fn arrive(
    _: *mut raw::ffi_cif,
    result: *mut c_void,
    arguments: *mut *mut c_void,
    user: *mut c_void,
) {
    // SAFETY: the user data of every closure is its record.
    let user = unsafe { NonNull::new_unchecked(user.cast::<u8>()) };
    let user = User {
        // SAFETY: records live for ever.
        record: unsafe { user.cast::<Record>().as_ref() },
        common: table(user).common,
    };
    if user.common.shared {
        user.record.count();
    }
    if user.common.params.len() <= 16 {
        // SAFETY: forwarded to libffi.
        unsafe { deliver::<16>(&user, result, arguments) }
    } else {
        // SAFETY: as above.
        unsafe { deliver::<{ FnType::MAX_PARAMS }>(&user, result, arguments) }
    }
}

/// What a call concerns.
struct User {
    record: &'static Record,
    common: &'static Common,
}

/// Hands at most `N` arguments to the record's handler.
unsafe fn deliver<const N: usize>(user: &User, result: *mut c_void, arguments: *mut *mut c_void) {
    let mut values = [const { MaybeUninit::<Value<'static>>::uninit() }; N];
    for (index, (param, value)) in user.common.params.iter().zip(&mut values).enumerate() {
        // SAFETY: libffi gives the address of each argument.
        let at = unsafe { arguments.add(index).read() };
        value.write(match *param {
            Param::Address(kind) => Value::raw(kind, at as u64),
            Param::Scalar(scalar) => {
                // SAFETY: a scalar is handed over in at least its own bytes.
                let bytes = unsafe { std::slice::from_raw_parts(at.cast(), scalar.size()) };
                Value::raw(KindId::of_scalar(scalar), load(scalar, bytes))
            }
        });
    }
    let values = values.as_ptr().cast();
    let result_scalar = user.common.result.scalar();
    let Some(scalar) = result_scalar.filter(|scalar| scalar.is_direct()) else {
        // SAFETY: there is a value for each parameter, and libffi has room for what is larger.
        return unsafe { handle(user, values, result.cast()) };
    };
    let mut bits = 0u64;
    // SAFETY: there is a value for each parameter, and room for a word.
    unsafe { handle(user, values, (&raw mut bits).cast()) };
    // "The return value must be extended to a whole `ffi_arg`": integers are words for libffi.
    let size = if scalar.is_float() {
        scalar.size()
    } else {
        scalar.size().max(size_of::<raw::ffi_arg>())
    };
    // SAFETY: libffi has room for that many bytes.
    unsafe { std::ptr::copy_nonoverlapping((&raw const bits).cast(), result.cast::<u8>(), size) };
}

/// Calls the record's handler in the convention of the function type.
unsafe fn handle(user: &User, values: *const Value<'static>, result: *mut u8) {
    let handler = user.record.handler();
    macro_rules! call {
        ($abi:literal) => {{
            type Handler = unsafe extern $abi fn(&Record, *const Value<'static>, *mut u8);
            // SAFETY: what is installed has the convention of the function type.
            let handler: Handler = unsafe { std::mem::transmute(handler) };
            // SAFETY: forwarded to the caller.
            unsafe { handler(user.record, values, result) }
        }};
    }
    match user.common.conv {
        CallConv::C => call!("C"),
        #[cfg(target_arch = "x86_64")]
        CallConv::SysV64 => call!("sysv64"),
        #[cfg(target_arch = "x86_64")]
        CallConv::Win64 => call!("win64"),
        #[cfg(not(target_arch = "x86_64"))]
        CallConv::SysV64 | CallConv::Win64 => call!("C"),
    }
}
