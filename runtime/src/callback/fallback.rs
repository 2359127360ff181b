//! What C gets from a callback whose closure does not run.
//!
//! Guarantee: a fallback lives for ever and is a value of the result type of its function type.
#![allow(unsafe_code, reason = "results are copied to where C expects them")]

use crate::error::{Position, Result};
use crate::types::FnType;
use crate::types::intern::Interner;
use crate::value::{Value, fit, store};
use std::mem::MaybeUninit;

/// A value of a function type's result, as bytes in memory.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Fallback {
    pub(super) ty: FnType,
    /// The value in its first bytes, rounded up to whole words; one that a slot holds has one word.
    words: Box<[u64]>,
}

static FALLBACKS: Interner<Fallback> = Interner::new();

impl Fallback {
    /// All bits 0: the number 0, the null pointer, a record of such.
    pub(super) fn zero(ty: FnType) -> &'static Self {
        Self::intern(ty, |_| {})
    }

    /// `value`, if it is one of the result type.
    pub(super) fn new(ty: FnType, value: Value<'_>) -> Result<&'static Self> {
        let room = &mut 0;
        let bits = fit(value, ty.result(), room, || Position::Fallback)?;
        Ok(Self::intern(ty, |words| match ty.result() {
            result if result.is_direct() || result.is_void() => words[0] = bits,
            _ => {
                let mut bytes = vec![0; words.len() * 8];
                store(ty.result(), bits, &mut bytes);
                for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
                    *word = u64::from_ne_bytes(*bytes);
                }
            }
        }))
    }

    fn intern(ty: FnType, fill: impl FnOnce(&mut [u64])) -> &'static Self {
        let size = ty.result().size().unwrap_or(0).div_ceil(8).max(1);
        let mut words = vec![0; size as usize].into_boxed_slice();
        fill(&mut words);
        FALLBACKS.intern(Self { ty, words })
    }

    /// It as the result of a shim, whose type must be that of the function type.
    #[cold]
    pub(super) fn get<R>(&self) -> MaybeUninit<R> {
        debug_assert!(size_of::<R>() <= self.words.len() * 8);
        // SAFETY: the words hold at least the bytes of the result type, which `R` is; a scalar lies
        // in the first bytes of its word.
        unsafe {
            self.words
                .as_ptr()
                .cast::<MaybeUninit<R>>()
                .read_unaligned()
        }
    }

    /// Writes it to where a handler writes its result: a scalar as a whole word, a record by its
    /// size.
    ///
    /// # Safety
    /// There is room for it at `result`.
    #[cold]
    pub(super) unsafe fn write(&self, result: *mut u8) {
        let Some(size) = self.ty.result().size() else {
            return;
        };
        let size = if self.ty.result().is_direct() {
            8
        } else {
            size as usize
        };
        let words = self.words.as_ptr().cast::<u8>();
        // SAFETY: the words are at least as long; the room is the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(words, result, size) };
    }
}
