//! Tells the unwinder of the process about chunks of code.
//!
//! Records are never withdrawn, and their memory is never freed: they live as long as the code.
#![allow(unsafe_code, reason = "the unwinder is handed a pointer that it keeps")]

use std::io;
use std::ops::Range;

use super::frame::Frame;

/// The bytes of a piece; where its frame is says the record of the chunk.
pub(super) struct Piece<'a>(&'a [u8]);

impl<'a> Piece<'a> {
    /// A piece of which `_frame` has a frame.
    #[expect(clippy::unnecessary_wraps, reason = "other systems look at the frame")]
    pub(super) fn new(code: &'a [u8], _frame: Option<Range<usize>>) -> io::Result<Self> {
        Ok(Self(code))
    }

    /// What is to be written.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0
    }
}

/// What the unwinder knows of the frames in a chunk: one record for all of them.
pub(super) struct Frames;

impl Frames {
    /// Lets unwinders pass through framed code in `len` bytes from `start`, which hold nothing
    /// else.
    ///
    /// Does nothing where no way is known: there, unwinding ends at the frame.
    pub(super) fn of(start: *const u8, len: usize) -> Self {
        if let Some(frame) = Frame::HOST {
            unwinder::register(frame, start as u64, len as u64);
        }
        Self
    }

    /// Nothing is to be told of a single piece.
    #[expect(clippy::unnecessary_wraps, reason = "other systems can refuse")]
    pub(super) fn add(&mut self, _at: &'static [u8], _piece: &Piece<'_>) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_vendor = "apple"
))]
mod unwinder {
    use super::Frame;
    use crate::code::fork;

    /// What `__register_frame` is given.
    #[derive(Clone, Copy)]
    #[allow(dead_code, reason = "each unwinder takes one of them")]
    enum Handed {
        /// The CIE, with what follows it up to the zero: libgcc.
        Block,
        /// The FDE alone: LLVM's libunwind.
        Entry,
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    const HANDED: Handed = Handed::Block;

    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    const HANDED: Handed = Handed::Entry;

    unsafe extern "C" {
        fn __register_frame(record: *const u8);
    }

    pub(super) fn register(frame: Frame, start: u64, len: u64) {
        let record = frame.record(start, len);
        let offset = match HANDED {
            Handed::Block => 0,
            Handed::Entry => record.entry(),
        };
        let kept = keep(record.bytes()).wrapping_add(offset);
        // The unwinder has a lock, which a child must not inherit locked.
        // SAFETY: the record is well formed, ends in a zero, and stays where it is for ever.
        fork::held_off(|| unsafe { __register_frame(kept) });
    }

    /// Copies a record to memory that is aligned to words and never freed.
    fn keep(record: &[u8]) -> *const u8 {
        let words = record
            .chunks_exact(8)
            .filter_map(|word| word.try_into().ok());
        let words: Vec<u64> = words.map(u64::from_ne_bytes).collect();
        words.leak().as_ptr().cast()
    }
}

/// Where no record can be added to the unwinder: exceptions and stack walks end at a framed piece.
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_vendor = "apple"
)))]
mod unwinder {
    use super::Frame;

    pub(super) fn register(_frame: Frame, _start: u64, _len: u64) {}
}
