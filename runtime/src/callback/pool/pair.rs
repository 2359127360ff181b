//! Two numbers of 32 bits that change together.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};

/// A count or a tag, and an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) count: u32,
    pub(super) index: u32,
}

impl Pair {
    pub(super) const fn new(count: u32, index: u32) -> Self {
        Self { count, index }
    }

    const fn to_bits(self) -> u64 {
        (self.count as u64) << 32 | self.index as u64
    }

    const fn from_bits(bits: u64) -> Self {
        Self::new((bits >> 32) as u32, bits as u32)
    }
}

/// A pair that threads share.
pub(super) struct AtomicPair(AtomicU64);

impl AtomicPair {
    pub(super) const fn new(pair: Pair) -> Self {
        Self(AtomicU64::new(pair.to_bits()))
    }

    /// What it is; what was written before it was stored is seen.
    pub(super) fn load(&self) -> Pair {
        Pair::from_bits(self.0.load(Ordering::Acquire))
    }

    pub(super) fn store(&self, pair: Pair) {
        self.0.store(pair.to_bits(), Ordering::Release);
    }

    pub(super) fn swap(&self, pair: Pair) -> Pair {
        Pair::from_bits(self.0.swap(pair.to_bits(), Ordering::AcqRel))
    }

    /// Replaces `old` by `new`, or says what is there; it may fail without a reason.
    pub(super) fn replace(&self, old: Pair, new: Pair) -> Result<(), Pair> {
        let (old, new) = (old.to_bits(), new.to_bits());
        match self
            .0
            .compare_exchange_weak(old, new, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => Ok(()),
            Err(found) => Err(Pair::from_bits(found)),
        }
    }
}
