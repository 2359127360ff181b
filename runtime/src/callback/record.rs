//! The record of a callback: what its stub finds, shared with C for ever.
//!
//! Guarantee: a record is always readable, and consistent for whoever comes late: it belongs to one
//! function type, and the code that its first word names looks at nothing of the closure before it
//! knows that the closure is there and may run on this thread.
//!
//! A record is in one of two uses for ever, which its pool decides:
//!
//! - *Confined*: one thread owns it. Entries are counted by that thread alone. Dropping marks the
//!   record with an owner that no thread has; the last one out frees the closure.
//! - *Shared*: every entry is counted before anything is read, by the stub or by libffi's handler.
//!   Dropping takes the block out, puts it into the grave, and marks the count as that of a dropped
//!   callback; whoever turns a count that is the mark alone into 0 frees the closure. Who enters
//!   after the mark was set, or after it was taken away, finds no block: the count is changed by
//!   read-modify-write alone, so that each change sees what came before all earlier ones.
#![allow(unsafe_code, reason = "records are shared with C and between threads")]

use super::block::Head;
use super::fallback::Fallback;
use super::pool::{LINK, RECORD, Slot};
use super::thread;
#[cfg(feature = "jit")]
use crate::types::FnType;
use std::mem::offset_of;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

/// No thread's number: the owner of a record whose callback was dropped.
const DEAD: u64 = u64::MAX;

/// In the count of a shared record: its callback was dropped, and the grave is full.
const DROPPED: u64 = 1 << 63;

/// The 64 bytes at a fixed distance from a stub.
#[repr(C, align(64))]
pub(crate) struct Record {
    /// Where the stub jumps; the one word that it loads.
    pub(super) shim: AtomicPtr<()>,
    /// What an upcall trampoline or libffi's handler calls.
    pub(super) handler: AtomicPtr<()>,
    /// How many entries have not left. Shared: and whether the callback was dropped.
    pub(super) entries: AtomicU64,
    /// Confined: the thread that may enter. Shared: the grave, the address of a block that is to be
    /// freed by the last one out.
    owner: AtomicU64,
    /// The closure; null if it was dropped and may no longer be entered.
    block: AtomicPtr<Head>,
    /// What C gets if no closure runs; interned, valid for ever.
    fallback: AtomicPtr<Fallback>,
    /// Calls that were refused: on other threads, or while an `FnMut` was running.
    refused: AtomicU64,
    /// What shorter addresses leave.
    unused: [u32; UNUSED],
    /// The pool's own.
    pool: [AtomicU32; 2],
}

const UNUSED: usize = if cfg!(target_pointer_width = "32") {
    4
} else {
    0
};

const _: () = assert!(size_of::<Record>() == RECORD && offset_of!(Record, pool) == LINK);

impl Record {
    /// The record of a slot.
    pub(super) fn of(slot: &Slot) -> &'static Self {
        // SAFETY: it lives for ever, any bytes are a record, and all of them are atomics.
        unsafe { slot.record().cast().as_ref() }
    }

    /// A confined record like this one whose callback was dropped, as bytes: what a retired table
    /// consists of.
    #[cfg(feature = "jit")]
    pub(crate) fn tombstone(&self, ty: FnType) -> [u8; RECORD] {
        let dead = Self {
            shim: AtomicPtr::new(self.shim.load(Ordering::Acquire)),
            handler: AtomicPtr::new(self.handler.load(Ordering::Acquire)),
            entries: AtomicU64::new(0),
            owner: AtomicU64::new(DEAD),
            block: AtomicPtr::default(),
            fallback: AtomicPtr::new(std::ptr::from_ref(Fallback::zero(ty)).cast_mut()),
            refused: AtomicU64::new(0),
            unused: [0; UNUSED],
            pool: Default::default(),
        };
        // SAFETY: a record has no padding.
        unsafe { std::mem::transmute::<Self, [u8; RECORD]>(dead) }
    }

    /// What an upcall trampoline or libffi's handler calls.
    #[cfg(feature = "libffi")]
    pub(crate) fn handler(&self) -> *const () {
        self.handler.load(Ordering::Acquire)
    }

    /// What C gets if no closure runs.
    #[inline]
    pub(super) fn fallback(&self) -> &'static Fallback {
        // SAFETY: set before the stub's address was given to anybody, to one that lives for ever.
        unsafe { &*self.fallback.load(Ordering::Acquire) }
    }

    /// Fills in a confined callback. It is entered by the current thread only.
    pub(super) fn confine(&self, block: *mut Head, fallback: &'static Fallback) {
        self.entries.store(0, Ordering::Relaxed);
        self.refused.store(0, Ordering::Relaxed);
        self.set_fallback(fallback);
        self.block.store(block, Ordering::Relaxed);
        self.owner.store(thread::id(), Ordering::Release);
    }

    /// Fills in a shared callback.
    pub(super) fn share(&self, block: *mut Head, fallback: &'static Fallback) {
        self.refused.store(0, Ordering::Relaxed);
        self.set_fallback(fallback);
        self.block.store(block, Ordering::Release);
    }

    fn set_fallback(&self, fallback: &'static Fallback) {
        let fallback = std::ptr::from_ref(fallback).cast_mut();
        self.fallback.store(fallback, Ordering::Release);
    }

    /// The block of a callback that is alive.
    #[inline(always)]
    pub(super) fn block(&self) -> *mut Head {
        self.block.load(Ordering::Acquire)
    }

    /// Enters a confined callback, if this is its thread, it was not dropped, and no failure waits
    /// here.
    #[inline(always)]
    pub(super) fn enter(&self) -> Option<Entry<'_>> {
        if self.owner.load(Ordering::Relaxed) != thread::entry() {
            return None;
        }
        let before = self.entries.load(Ordering::Relaxed);
        self.entries.store(before + 1, Ordering::Relaxed);
        Some(Entry {
            record: self,
            before,
        })
    }

    /// As [`Record::enter`], for a closure that may be entered once at a time.
    #[inline(always)]
    pub(super) fn enter_once(&self) -> Option<Entry<'_>> {
        if self.entries.load(Ordering::Relaxed) != 0 {
            return None;
        }
        self.enter()
    }

    /// Whether the current thread owns this confined callback, which is alive.
    pub(super) fn is_own(&self) -> bool {
        self.owner.load(Ordering::Relaxed) == thread::id()
    }

    /// Counts a call that was refused because of its thread.
    pub(super) fn refuse_thread(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a call that was refused because the closure was running.
    pub(super) fn refuse_again(&self) {
        self.refused.fetch_add(1 << 32, Ordering::Relaxed);
    }

    /// How many calls were refused since the last question: because of their thread, and because
    /// the closure was running.
    pub(super) fn take_refused(&self) -> (u32, u32) {
        let refused = self.refused.swap(0, Ordering::Relaxed);
        (refused as u32, (refused >> 32) as u32)
    }

    /// The block of a confined callback that was dropped while it ran, for the last one out.
    pub(super) fn last_out(&self) -> Option<*mut Head> {
        if self.entries.load(Ordering::Relaxed) != 0 {
            return None;
        }
        // Only the owner gets here.
        let block = self.block.load(Ordering::Relaxed);
        self.block.store(std::ptr::null_mut(), Ordering::Relaxed);
        Some(block)
    }

    /// Marks a confined callback as dropped. Returns its block if nobody is inside.
    pub(super) fn kill_confined(&self) -> Option<*mut Head> {
        self.owner.store(DEAD, Ordering::Relaxed);
        self.last_out()
    }

    /// Marks a shared callback as dropped. Returns its block if nobody is inside.
    pub(super) fn kill_shared(&self) -> Option<*mut Head> {
        let block = self.block.swap(std::ptr::null_mut(), Ordering::AcqRel);
        self.owner.store(block as u64, Ordering::Relaxed);
        let inside = self.entries.fetch_or(DROPPED, Ordering::AcqRel);
        if inside == 0 { self.dig() } else { None }
    }

    /// Counts an entry of a shared callback, where no stub has done it.
    pub(crate) fn count(&self) {
        self.entries.fetch_add(1, Ordering::AcqRel);
    }

    /// Leaves a shared callback. Returns the block if it is to be freed now.
    #[inline(always)]
    pub(super) fn leave_shared(&self) -> Option<*mut Head> {
        if self.entries.fetch_sub(1, Ordering::AcqRel) == DROPPED + 1 {
            return self.dig();
        }
        None
    }

    /// Takes the block of a dropped shared callback, unless someone has entered since, who does it
    /// on the way out.
    #[cold]
    fn dig(&self) -> Option<*mut Head> {
        self.entries
            .compare_exchange(DROPPED, 0, Ordering::AcqRel, Ordering::Relaxed)
            .ok()
            .map(|_| self.owner.load(Ordering::Relaxed) as *mut Head)
    }
}

/// A confined callback that is running.
pub(super) struct Entry<'r> {
    record: &'r Record,
    before: u64,
}

impl Entry<'_> {
    /// Leaves it, and says whether it was dropped while it ran.
    #[inline(always)]
    #[must_use]
    pub(super) fn leave(self) -> bool {
        self.record.entries.store(self.before, Ordering::Relaxed);
        self.record.owner.load(Ordering::Relaxed) == DEAD
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::FnType;
    use std::sync::atomic::AtomicBool;
    use std::thread::{scope, yield_now};
    use std::time::{Duration, Instant};

    /// What stands for a block: whether it was freed.
    type Freed = AtomicBool;

    fn freed<'b>(block: *mut Head) -> &'b Freed {
        // SAFETY: the test's blocks are these, and live as long as it.
        unsafe { &*block.cast::<Freed>() }
    }

    fn empty() -> Record {
        Record {
            shim: AtomicPtr::default(),
            handler: AtomicPtr::default(),
            entries: AtomicU64::new(0),
            owner: AtomicU64::new(0),
            block: AtomicPtr::default(),
            fallback: AtomicPtr::default(),
            refused: AtomicU64::new(0),
            unused: [0; UNUSED],
            pool: Default::default(),
        }
    }

    fn free(block: *mut Head) {
        let before = freed(block).swap(true, Ordering::SeqCst);
        assert!(!before, "freed twice");
    }

    /// Enters and leaves; who stays lets others run meanwhile.
    fn visit(record: &Record, stays: bool) {
        record.count();
        let block = record.block();
        if !block.is_null() {
            if stays {
                yield_now();
            }
            let freed = freed(block).load(Ordering::SeqCst);
            assert!(!freed, "freed while someone is inside");
        }
        record.leave_shared().into_iter().for_each(free);
    }

    #[test]
    fn is_a_shared_block_freed_once_and_by_the_last_one_out() {
        let fallback = Fallback::zero(FnType::parse("void f(void)").unwrap());
        let (record, stop) = (empty(), AtomicBool::new(false));
        let mut blocks = Vec::new();
        scope(|s| {
            // The others are interrupted anywhere, also on the way out.
            for stays in [true, false].repeat(4) {
                let (record, stop) = (&record, &stop);
                s.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        visit(record, stays);
                    }
                });
            }
            let end = Instant::now() + Duration::from_secs(2);
            while Instant::now() < end {
                // Kept: who is late may still look at it.
                let block = Box::into_raw(Box::new(Freed::new(false)));
                blocks.push(block);
                record.share(block.cast(), fallback);
                yield_now();
                record.kill_shared().into_iter().for_each(free);
                while !freed(block.cast()).load(Ordering::SeqCst) && Instant::now() < end {
                    yield_now();
                }
            }
            stop.store(true, Ordering::Relaxed);
        });
        // All are out, so that the last one too was freed.
        for block in blocks {
            // SAFETY: from a box, and nobody is late any more.
            assert!(unsafe { Box::from_raw(block) }.load(Ordering::SeqCst));
        }
        assert_eq!(record.entries.load(Ordering::SeqCst), 0);
    }
}
