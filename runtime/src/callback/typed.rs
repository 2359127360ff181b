//! Closures whose Rust types are known: shims that rustc compiles for each of them.
//!
//! Guarantee: a shim receives its arguments as the C function pointer of the callback does, with
//! the address of the record behind them; it catches panics and always returns a value.
#![allow(
    unsafe_code,
    reason = "a closure is reached through the record that C hands over"
)]

use super::Failure;
use super::block::{Block, Call, Head};
use super::failure::{Outcome, catching};
use super::handler::{leave_dead, leave_shared, refuse, shared};
use super::record::{Entry, Record};
use crate::convert::{CallSite, slot};
use crate::types::{CallConv, ForeignResult, ForeignType, RustType};
use crate::value::Value;
use std::any::Any;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

mod sealed {
    pub trait CallbackFn {}
    pub trait Returned {}
}

/// What a closure that C calls may return: `()`, or a [`ForeignType`].
pub trait Returned: sealed::Returned {
    /// What C sees.
    #[doc(hidden)]
    const TYPE: RustType;

    /// Its slot: a scalar of at most 8 bytes, extended, or the address of anything else.
    #[doc(hidden)]
    fn bits(&self) -> u64;
}

impl sealed::Returned for () {}
impl Returned for () {
    const TYPE: RustType = RustType::Void;

    fn bits(&self) -> u64 {
        0
    }
}

impl<T: ForeignType> sealed::Returned for T {}
impl<T: ForeignType> Returned for T {
    const TYPE: RustType = <T as ForeignType>::TYPE;

    fn bits(&self) -> u64 {
        slot(self)
    }
}

/// The type of a callback's C function pointer: an `unsafe extern` function pointer of up to 12
/// parameters that may come from C, with a result that may go to C.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of a callback",
    label = "expected an `unsafe extern \"C\" fn` of `ForeignResult`s",
    note = "write `unsafe extern \"C\" fn(..) -> ..`; the parameters come from C, so they are integers, floats, raw pointers or records that derive `ForeignResult`"
)]
pub trait CallbackFn: sealed::CallbackFn + Copy + 'static {
    /// What Rust says of the call.
    #[doc(hidden)]
    const SITE: &'static CallSite;
    /// The calling convention.
    #[doc(hidden)]
    const CONV: CallConv;
    /// The shim of callbacks that any thread may enter.
    #[doc(hidden)]
    const SHARED: *const ();

    /// The function pointer to `address`.
    ///
    /// # Safety
    /// A function of this type lies there.
    #[doc(hidden)]
    unsafe fn from_address(address: *const c_void) -> Self;
}

/// A [`CallbackFn`] whose parameters and result are those of the closure `C`.
#[diagnostic::on_unimplemented(
    message = "the closure does not fit the function pointer `{Self}`",
    label = "expected a closure with its parameters and its result"
)]
pub trait Takes<C>: CallbackFn {
    #[doc(hidden)]
    const ENTRIES: Entries;
}

/// As [`Takes`], for closures that change what they capture.
#[diagnostic::on_unimplemented(
    message = "the closure does not fit the function pointer `{Self}`",
    label = "expected a closure with its parameters and its result"
)]
pub trait TakesMut<C>: CallbackFn {
    #[doc(hidden)]
    const ENTRIES: Entries;
}

/// The ways into a closure.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Entries {
    /// The shim of a confined callback.
    pub(super) shim: *const (),
    /// What [`CallbackFn::SHARED`] calls.
    pub(super) shared: *const (),
    pub(super) call: Call,
}

/// Ends the run of a confined closure.
#[inline(always)]
fn finish<R>(record: &Record, entry: Entry<'_>, outcome: std::thread::Result<R>) -> MaybeUninit<R> {
    let result = match outcome {
        Ok(value) => MaybeUninit::new(value),
        Err(payload) => failed(record.block(), payload),
    };
    if entry.leave() {
        return finish_dead(record, result);
    }
    result
}

// What is rare is called last, so that the way past it needs no frame.

/// As [`finish`], for a callback that was dropped while it ran.
#[cold]
#[inline(never)]
fn finish_dead<R>(record: &Record, result: MaybeUninit<R>) -> MaybeUninit<R> {
    leave_dead(record);
    result
}

/// What C gets from a confined callback that it may not enter.
#[cold]
#[inline(never)]
fn refused<R>(record: &Record) -> MaybeUninit<R> {
    refuse(record).get()
}

/// Passes the panic on and gives the fallback.
#[cold]
fn failed<R>(head: *mut Head, payload: Box<dyn Any + Send>) -> MaybeUninit<R> {
    // SAFETY: the caller is inside, so the block is alive.
    let head = unsafe { &*head };
    head.fail(Failure::Panic(payload));
    head.record.fallback().get()
}

/// The argument in a value: in the low bytes of its slot, or at the address there.
///
/// # Safety
/// The value is of the kind of `T`.
#[inline(always)]
unsafe fn argument<T: ForeignResult>(value: Value<'static>) -> T {
    let bits = value.bits();
    match T::TYPE.is_direct() {
        // SAFETY: the value lies in the low bytes of its word; every pattern is valid.
        true => unsafe { (&raw const bits).cast::<T>().read_unaligned() },
        // SAFETY: the bits are the address of the value's bytes; every pattern is valid.
        false => unsafe { (bits as *const T).read_unaligned() },
    }
}

/// Writes a result as [`Call`] does.
#[inline(always)]
unsafe fn give<R: Returned>(value: &R, result: *mut u8) {
    match R::TYPE {
        RustType::Void => {}
        direct if direct.is_direct() => {
            // SAFETY: the caller gives room for a word.
            unsafe { result.cast::<u64>().write_unaligned(value.bits()) };
        }
        _ => {
            let from = std::ptr::from_ref(value).cast::<u8>();
            // SAFETY: the caller gives room for the value.
            unsafe { std::ptr::copy_nonoverlapping(from, result, size_of::<R>()) };
        }
    }
}

macro_rules! shims {
    ($abi:literal $conv:ident: $($p:ident)*) => {
        #[allow(non_snake_case, reason = "a value is named like its type")]
        const _: () = {
            impl<Out: Returned + 'static, $($p: ForeignResult + 'static),*> sealed::CallbackFn
                for unsafe extern $abi fn($($p),*) -> Out {}

            impl<Out: Returned + 'static, $($p: ForeignResult + 'static),*> CallbackFn
                for unsafe extern $abi fn($($p),*) -> Out
            {
                const SITE: &'static CallSite =
                    &CallSite::new(&[$($p::TYPE),*], Out::TYPE);
                const CONV: CallConv = CallConv::$conv;
                const SHARED: *const () = shared_shim::<Out, $($p),*> as *const ();

                unsafe fn from_address(address: *const c_void) -> Self {
                    // SAFETY: forwarded to the caller.
                    unsafe { std::mem::transmute(address) }
                }
            }

            impl<Fun, Out: Returned + 'static, $($p: ForeignResult + 'static),*> Takes<Fun>
                for unsafe extern $abi fn($($p),*) -> Out
            where
                Fun: Fn($($p),*) -> Out,
            {
                const ENTRIES: Entries = Entries {
                    shim: confined::<Fun, Out, $($p),*> as *const (),
                    shared: shared_call::<Fun, Out, $($p),*> as *const (),
                    call: call::<Fun, Out, $($p),*>,
                };
            }

            impl<Fun, Out: Returned + 'static, $($p: ForeignResult + 'static),*> TakesMut<Fun>
                for unsafe extern $abi fn($($p),*) -> Out
            where
                Fun: FnMut($($p),*) -> Out,
            {
                const ENTRIES: Entries = Entries {
                    shim: confined_once::<Fun, Out, $($p),*> as *const (),
                    shared: std::ptr::null(),
                    call: call_once::<Fun, Out, $($p),*>,
                };
            }

            unsafe extern $abi fn confined<Fun, Out, $($p),*>(
                $($p: $p,)*
                record: &Record,
            ) -> MaybeUninit<Out>
            where
                Fun: Fn($($p),*) -> Out,
            {
                let Some(entry) = record.enter() else {
                    return refused(record);
                };
                // SAFETY: the callback is alive while its thread is inside, and holds this closure.
                let fun = unsafe { &(*record.block().cast::<Block<Fun>>()).closure };
                finish(record, entry, catch_unwind(AssertUnwindSafe(|| fun($($p),*))))
            }

            unsafe extern $abi fn confined_once<Fun, Out, $($p),*>(
                $($p: $p,)*
                record: &Record,
            ) -> MaybeUninit<Out>
            where
                Fun: FnMut($($p),*) -> Out,
            {
                let Some(entry) = record.enter_once() else {
                    return refused(record);
                };
                // SAFETY: as above, and nobody else is inside.
                let fun = unsafe { &mut (*record.block().cast::<Block<Fun>>()).closure };
                finish(record, entry, catch_unwind(AssertUnwindSafe(|| fun($($p),*))))
            }

            /// Its entry was counted by the stub.
            unsafe extern $abi fn shared_shim<Out, $($p),*>(
                $($p: $p,)*
                record: &Record,
            ) -> MaybeUninit<Out> {
                type Shared<Out, $($p),*> =
                    unsafe extern $abi fn($($p,)* *mut Head) -> MaybeUninit<Out>;
                let result = match shared(record) {
                    None => record.fallback().get(),
                    Some(head) => {
                        // SAFETY: the block is alive until it is left.
                        let call = unsafe { (*head).shared };
                        // SAFETY: the block is one of this function type, so that this is its type.
                        let call: Shared<Out, $($p),*> = unsafe { std::mem::transmute(call) };
                        // SAFETY: as above.
                        unsafe { call($($p,)* head) }
                    }
                };
                leave_shared(record);
                result
            }

            unsafe extern $abi fn shared_call<Fun, Out, $($p),*>(
                $($p: $p,)*
                head: *mut Head,
            ) -> MaybeUninit<Out>
            where
                Fun: Fn($($p),*) -> Out,
            {
                // SAFETY: the caller is inside, and the block holds this closure.
                let fun = unsafe { &(*head.cast::<Block<Fun>>()).closure };
                match catch_unwind(AssertUnwindSafe(|| fun($($p),*))) {
                    Ok(value) => MaybeUninit::new(value),
                    Err(payload) => failed(head, payload),
                }
            }

            unsafe fn call<Fun, Out: Returned, $($p: ForeignResult),*>(
                head: *mut Head,
                values: *const Value<'static>,
                result: *mut u8,
            ) -> Outcome
            where
                Fun: Fn($($p),*) -> Out,
            {
                // SAFETY: the caller is inside, and the block holds this closure.
                let fun = unsafe { & (*head.cast::<Block<Fun>>()).closure };
                let _next = values;
                $(
                    // SAFETY: there is a value of the right kind for each parameter.
                    let $p = unsafe { argument::<$p>(_next.read()) };
                    let _next = _next.wrapping_add(1);
                )*
                catching(|| {
                    let value = fun($($p),*);
                    // SAFETY: forwarded to the caller.
                    unsafe { give(&value, result) };
                    Ok(())
                })
            }

            unsafe fn call_once<Fun, Out: Returned, $($p: ForeignResult),*>(
                head: *mut Head,
                values: *const Value<'static>,
                result: *mut u8,
            ) -> Outcome
            where
                Fun: FnMut($($p),*) -> Out,
            {
                // SAFETY: the caller is inside, alone, and the block holds this closure.
                let fun = unsafe { &mut (*head.cast::<Block<Fun>>()).closure };
                let _next = values;
                $(
                    // SAFETY: there is a value of the right kind for each parameter.
                    let $p = unsafe { argument::<$p>(_next.read()) };
                    let _next = _next.wrapping_add(1);
                )*
                catching(|| {
                    let value = fun($($p),*);
                    // SAFETY: forwarded to the caller.
                    unsafe { give(&value, result) };
                    Ok(())
                })
            }
        };
    };
}

macro_rules! conventions {
    ($($p:tt)*) => {
        shims!("C" C: $($p)*);
        // There it is another convention, which C text cannot declare.
        #[cfg(not(all(windows, target_arch = "x86")))]
        shims!("system" C: $($p)*);
        #[cfg(target_arch = "x86_64")]
        shims!("sysv64" SysV64: $($p)*);
        #[cfg(target_arch = "x86_64")]
        shims!("win64" Win64: $($p)*);
    };
}

conventions!();
conventions!(A);
conventions!(A B);
conventions!(A B C);
conventions!(A B C D);
conventions!(A B C D E);
conventions!(A B C D E F);
conventions!(A B C D E F G);
conventions!(A B C D E F G H);
conventions!(A B C D E F G H I);
conventions!(A B C D E F G H I J);
conventions!(A B C D E F G H I J K);
conventions!(A B C D E F G H I J K L);
