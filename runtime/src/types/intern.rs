//! Tables of values that live as long as the program.
//!
//! Guarantee: equal values get the same address, and no address is ever reused.
#![forbid(unsafe_code)]

use crate::os;
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
        self.intern_with(value, |_| {})
    }

    /// As [`Interner::intern`]; `complete` fills in what is not compared, if the value is new.
    pub(crate) fn intern_with(&self, mut value: T, complete: impl FnOnce(&mut T)) -> &'static T {
        os::without_forks(|| {
            let table = self.0.get_or_init(Mutex::default);
            let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = table.get(&value) {
                return *known;
            }
            complete(&mut value);
            let new: &'static T = Box::leak(Box::new(value));
            table.insert(new);
            new
        })
    }
}

/// Compares and hashes handles to interned values by their address.
macro_rules! by_address {
    ($handle:ty) => {
        impl PartialEq for $handle {
            fn eq(&self, other: &Self) -> bool {
                std::ptr::eq(self.0, other.0)
            }
        }

        impl Eq for $handle {}

        impl std::hash::Hash for $handle {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                std::ptr::hash(self.0, state);
            }
        }
    };
}

pub(super) use by_address;

/// A table by number that is read without a lock: bucket `b` holds the numbers whose successor has
/// `b` as its highest bit.
pub(crate) struct Numbered<T: 'static>([OnceLock<Box<[OnceLock<T>]>>; 32]);

impl<T: Copy> Numbered<T> {
    pub(crate) const fn new() -> Self {
        Self([const { OnceLock::new() }; 32])
    }

    const fn place(number: u32) -> (usize, usize) {
        let successor = number.saturating_add(1);
        let bucket = successor.ilog2();
        (bucket as usize, (successor - (1 << bucket)) as usize)
    }

    /// Enters the value with this number, unless there is one.
    pub(crate) fn set(&self, number: u32, value: T) {
        let (bucket, index) = Self::place(number);
        os::without_forks(|| {
            let bucket = self.0[bucket].get_or_init(|| {
                std::iter::repeat_with(OnceLock::new)
                    .take(1 << bucket)
                    .collect()
            });
            let _ = bucket[index].set(value);
        });
    }

    /// The value with this number.
    pub(crate) fn get(&self, number: u32) -> Option<T> {
        let (bucket, index) = Self::place(number);
        self.0[bucket].get()?[index].get().copied()
    }
}

/// The one copy of a name.
pub(crate) fn name(text: &str) -> &'static str {
    static NAMES: OnceLock<Mutex<HashSet<&'static str>>> = OnceLock::new();
    os::without_forks(|| {
        let names = NAMES.get_or_init(Mutex::default);
        let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(text) {
            return *known;
        }
        let new: &'static str = Box::leak(text.into());
        names.insert(new);
        new
    })
}
