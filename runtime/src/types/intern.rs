//! Tables of values that live as long as the program.
//!
//! Guarantee: equal values get the same address, and no address is ever reused.
#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Mutex, OnceLock, PoisonError};

/// A set that gives each distinct value one address for ever.
pub(crate) struct Interner<T: 'static>(OnceLock<Mutex<HashSet<&'static T>>>);

impl<T: Eq + Hash> Interner<T> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The one address of values equal to `value`.
    pub(crate) fn intern(&self, value: T) -> &'static T {
        let table = self.0.get_or_init(Mutex::default);
        let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = table.get(&value) {
            return known;
        }
        let new: &'static T = Box::leak(Box::new(value));
        table.insert(new);
        new
    }
}

/// The one copy of a name.
pub(crate) fn name(text: &str) -> &'static str {
    static NAMES: OnceLock<Mutex<HashSet<&'static str>>> = OnceLock::new();
    let mut names = NAMES
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(text) {
        return known;
    }
    let new: &'static str = Box::leak(text.into());
    names.insert(new);
    new
}
