//! The addresses that declared functions are called through.
//!
//! Guarantee: a slot holds null or the address of its own symbol. The slots of required symbols
//! are filled before their instance is handed out, and an instance lives as long as the program.
#![allow(
    unsafe_code,
    reason = "an address becomes a function pointer of the declared type"
)]

use crate::declaration::{Declaration, FunctionDeclaration, Presence};
use crate::error::{Error, ErrorKind, Result};
use crate::library::Library;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The address of one symbol, or null while it is not known.
#[repr(transparent)]
pub(crate) struct Slot(AtomicPtr<c_void>);

impl Slot {
    const fn empty() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// The address; null if there is none.
    #[inline(always)]
    pub(crate) fn get(&self) -> *const c_void {
        // What lies behind the address was there before the address was looked up.
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, address: *const c_void) {
        self.0.store(address.cast_mut(), Ordering::Relaxed);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.get().is_null()
    }
}

/// One loaded library, seen through one declaration: a slot for each declared symbol.
#[repr(C)]
pub struct Instance<const N: usize> {
    slots: [Slot; N],
    library: Library,
    declaration: &'static Declaration,
}

impl<const N: usize> Instance<N> {
    pub(crate) fn new(library: Library, declaration: &'static Declaration) -> Self {
        Self {
            slots: [const { Slot::empty() }; N],
            library,
            declaration,
        }
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The library.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// The address in a slot that was filled when the library was loaded.
    #[must_use]
    #[inline(always)]
    pub fn address(&self, slot: usize) -> *const c_void {
        self.slots[slot].get()
    }

    /// Whether an optional symbol, or the symbols of a version, are there.
    #[must_use]
    #[inline(always)]
    pub fn has(&self, slot: usize) -> bool {
        !self.slots[slot].is_empty()
    }

    /// The address of an optional symbol.
    ///
    /// # Errors
    /// [`ErrorKind::Symbol`] if the library does not have it.
    #[inline(always)]
    pub fn optional(&self, slot: usize) -> Result<*const c_void> {
        let address = self.slots[slot].get();
        if address.is_null() {
            return Err(self.absent(slot));
        }
        Ok(address)
    }

    /// The address of a symbol that is looked up when it is first asked for.
    ///
    /// # Errors
    /// [`ErrorKind::Symbol`] if the library does not have it.
    #[inline(always)]
    pub fn lazy(&self, slot: usize) -> Result<*const c_void> {
        let address = self.slots[slot].get();
        if address.is_null() {
            return self.resolve(slot);
        }
        Ok(address)
    }

    /// Whether a symbol that is looked up when it is first asked for is there.
    #[must_use]
    #[inline(always)]
    pub fn has_lazy(&self, slot: usize) -> bool {
        self.lazy(slot).is_ok()
    }

    #[cold]
    fn resolve(&self, slot: usize) -> Result<*const c_void> {
        let address = find(&self.library, self.declaration.slots[slot].names)?;
        self.slots[slot].set(address);
        Ok(address)
    }

    #[cold]
    fn absent(&self, slot: usize) -> Error {
        match find(&self.library, self.declaration.slots[slot].names) {
            Err(error) => error,
            // It was missing when the library was loaded; a lookup that now succeeds comes too
            // late for the others that were told so.
            Ok(_) => {
                let reason = "it was not there when the library was loaded".to_owned();
                let name = self.declaration.slots[slot].names[0];
                Error::from(ErrorKind::Symbol { reason }).of_function(name, Some(&self.library))
            }
        }
    }

    /// An error of a function of this library.
    #[cold]
    pub fn error(&self, function: &FunctionDeclaration, kind: impl Into<ErrorKind>) -> Error {
        Error::from(kind.into()).of_function(function.name(), Some(&self.library))
    }
}

/// An address as a function pointer.
///
/// # Safety
/// `F` is a function pointer, and a function of its type lies there.
#[must_use]
#[inline(always)]
pub unsafe fn as_function<F: Copy>(address: *const c_void) -> F {
    const { assert!(size_of::<F>() == size_of::<*const c_void>()) };
    // SAFETY: of the same size; the rest is forwarded to the caller.
    unsafe { std::mem::transmute_copy(&address) }
}

/// The address of the first of these names that the library has.
///
/// # Errors
/// [`ErrorKind::Symbol`] for the first of them if it has none.
pub(crate) fn find(library: &Library, names: &[&str]) -> Result<*const c_void> {
    let mut first = None;
    for name in names {
        match library.symbol(name) {
            Ok(symbol) => return Ok(symbol.address()),
            Err(error) => first = first.or(Some(error)),
        }
    }
    let nameless = || ErrorKind::Symbol {
        reason: "it has no name".to_owned(),
    };
    Err(first.unwrap_or_else(|| nameless().into()))
}

/// Fills the slots of everything that is not looked up later.
///
/// Returns what is required and missing.
pub(crate) fn fill(
    slots: &[Slot],
    declaration: &Declaration,
    library: &Library,
) -> Vec<crate::error::MissingSymbol> {
    let mut missing = Vec::new();
    for (slot, declared) in slots.iter().zip(declaration.slots) {
        match declared.presence {
            Presence::Lazy | Presence::Nowhere | Presence::Version(_) => continue,
            Presence::Required | Presence::Optional | Presence::Since(_) => {}
        }
        match find(library, declared.names) {
            Ok(address) => slot.set(address),
            Err(error) if matches!(declared.presence, Presence::Required) => {
                missing.push(crate::error::MissingSymbol {
                    names: declared.names.iter().map(|&name| name.into()).collect(),
                    file: declaration.file,
                    line: declared.line,
                    reason: error.symbol_reason(),
                });
            }
            Err(_) => {}
        }
    }
    mark_versions(slots, declaration);
    missing
}

/// A version is there if all of its symbols are; its own slot is then not null.
fn mark_versions(slots: &[Slot], declaration: &Declaration) {
    for (mark, declared) in slots.iter().zip(declaration.slots) {
        let Presence::Version(version) = declared.presence else {
            continue;
        };
        let mut members = slots.iter().zip(declaration.slots).filter(
            |(_, member)| matches!(member.presence, Presence::Since(since) if since == version),
        );
        if members.all(|(slot, _)| !slot.is_empty()) {
            mark.set(ptr::from_ref(declaration).cast());
        }
    }
}
