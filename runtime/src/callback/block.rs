//! A closure with what belongs to it, on the heap.
//!
//! Guarantee: a block is freed once, when nobody is inside its closure any more; its closure is
//! found behind its head whatever its type.
#![allow(
    unsafe_code,
    reason = "closures are reached through the head of their block"
)]

use super::dispatcher::Dispatch;
use super::failure::{self, Failure, Handler, Outcome};
use super::family::Family;
use super::pool::Slot;
use super::record::Record;
use super::typed::Entries;
use crate::Library;
use crate::types::FnType;
use crate::value::Value;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls the closure of a block with values, and writes its result: a scalar as a word extended to
/// 64 bits, a record by its size; does not unwind.
pub(super) type Call = unsafe fn(*mut Head, *const Value<'static>, *mut u8) -> Outcome;

/// What is known of a closure whatever its type.
pub(super) struct Head {
    /// How it is called with values.
    pub(super) call: Call,
    /// How the shim of a shared typed callback calls it.
    pub(super) shared: *const (),
    /// Frees the block that begins here.
    free: unsafe fn(*mut Head),
    /// Its record, and the stub that C calls.
    pub(super) record: &'static Record,
    pub(super) code: *const c_void,
    pub(super) family: &'static Family,
    extra: Option<Box<Extra>>,
}

/// What most callbacks do not have.
#[derive(Default)]
pub(super) struct Extra {
    pub(super) name: Option<String>,
    /// Counts as a user of the library while the callback lives.
    pub(super) library: Option<Library>,
    pub(super) handler: Option<Handler>,
    pub(super) dispatch: Option<Dispatch>,
}

/// A head with its closure.
#[repr(C)]
pub(super) struct Block<C> {
    head: Head,
    pub(super) closure: C,
}

impl Head {
    /// The function type of the callback.
    pub(super) fn ty(&self) -> FnType {
        self.family.ty
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.extra.as_ref()?.name.as_deref()
    }

    /// The name, or the type in its place.
    pub(super) fn title(&self) -> String {
        title(self.ty(), self.extra.as_deref())
    }

    pub(super) fn dispatch(&self) -> Option<&Dispatch> {
        self.extra.as_ref()?.dispatch.as_ref()
    }

    /// Passes a failure of the closure on.
    #[cold]
    pub(super) fn fail(&self, failure: Failure) {
        let failure = match failure {
            Failure::Error(error) => Failure::Error(self.blame(error)),
            panic @ Failure::Panic(_) => panic,
        };
        let handler = self.extra.as_ref().and_then(|extra| extra.handler.as_ref());
        failure::report(failure, &self.title(), handler);
    }

    /// The error, said of this callback.
    pub(super) fn blame(&self, error: crate::Error) -> crate::Error {
        blame(self.ty(), self.extra.as_deref(), error)
    }
}

fn title(ty: FnType, extra: Option<&Extra>) -> String {
    match extra.and_then(|extra| extra.name.as_deref()) {
        Some(name) => name.to_owned(),
        None => format!("`{ty}`"),
    }
}

/// The error, said of a callback of this type with this extra.
pub(super) fn blame(ty: FnType, extra: Option<&Extra>, error: crate::Error) -> crate::Error {
    let library = extra.and_then(|extra| extra.library.as_ref());
    error.of_function(&format!("callback {}", title(ty, extra)), library)
}

/// Moves a closure to the heap.
pub(super) fn new<C>(
    closure: C,
    entries: &Entries,
    family: &'static Family,
    (slot, code): (Slot, *const c_void),
    extra: Option<Box<Extra>>,
) -> *mut Head {
    let head = Head {
        call: entries.call,
        shared: entries.shared,
        free: free_as::<C>,
        record: Record::of(&slot),
        code,
        family,
        extra,
    };
    Box::into_raw(Box::new(Block { head, closure })).cast()
}

unsafe fn free_as<C>(head: *mut Head) {
    // SAFETY: `new` made it from a box of this type, and the caller frees it once.
    drop(unsafe { Box::from_raw(head.cast::<Block<C>>()) });
}

/// Frees a block that nobody is inside of, on the thread that its closure belongs to, and gives its
/// slot back.
///
/// # Safety
/// It came from [`new`], its record no longer names it, and it is not used again.
pub(super) unsafe fn free(head: *mut Head) {
    // SAFETY: the block is alive.
    let dispatch = unsafe { (*head).dispatch() };
    match dispatch.map(|dispatch| dispatch.shared.clone()) {
        Some(dispatcher) => dispatcher.free(head),
        // SAFETY: forwarded to the caller.
        None => unsafe { free_here(head) },
    }
}

/// As [`free`], on the current thread.
///
/// # Safety
/// As [`free`], and the closure may be dropped on this thread.
pub(super) unsafe fn free_here(head: *mut Head) {
    /// Gives the slot back also if a destructor panics.
    struct GiveBack(&'static Family, &'static Record);
    impl Drop for GiveBack {
        fn drop(&mut self) {
            // SAFETY: the block that had it is gone, and nobody is inside.
            unsafe { self.0.put(self.1) };
        }
    }
    // SAFETY: the block is alive until the next step.
    let (free, family, record) = unsafe { ((*head).free, (*head).family, (*head).record) };
    let _back = GiveBack(family, record);
    // SAFETY: forwarded to the caller.
    unsafe { free(head) };
}

/// As [`free`], where C is on the stack, which a panicking destructor must not unwind.
///
/// # Safety
/// As [`free`].
#[cold]
pub(super) unsafe fn free_under_c(head: *mut Head) {
    // SAFETY: forwarded to the caller.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| unsafe { free(head) })) {
        failure::report(Failure::Panic(payload), "whose closure was dropped", None);
    }
}
