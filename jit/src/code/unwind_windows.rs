//! Tells the system about each framed piece of a chunk, by a function table that grows.
//!
//! Only a frame has an entry. Code without one is a leaf to the system, which then finds the return
//! address at the stack pointer: that is how pieces are that leave by a jump.
//!
//! Tables are never withdrawn, and their memory is never freed: they live as long as the code.
#![allow(unsafe_code, reason = "the system is handed tables that it keeps")]

use std::borrow::Cow;
use std::ffi::c_void;
use std::io;
use std::ops::Range;
use std::ptr::{self, NonNull};

use super::unwind_info::{self, RECORD};

/// The alignment of an `UNWIND_INFO`.
const WORD: usize = 4;

/// The fewest bytes of a framed piece with its record.
const SMALLEST: usize = 32;

/// `RUNTIME_FUNCTION`: offsets from the start of a chunk.
#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Entry {
    begin: u32,
    end: u32,
    record: u32,
}

#[link(name = "ntdll")]
unsafe extern "system" {
    fn RtlAddGrowableFunctionTable(
        table: *mut *mut c_void,
        entries: *const Entry,
        count: u32,
        capacity: u32,
        start: usize,
        end: usize,
    ) -> i32;
    fn RtlGrowFunctionTable(table: *mut c_void, count: u32);
}

/// The bytes of a piece with what unwinders need behind them, and where they need it.
pub(super) struct Piece<'a> {
    bytes: Cow<'a, [u8]>,
    frame: Option<Entry>,
}

impl<'a> Piece<'a> {
    /// A piece of which `frame` has a frame.
    pub(super) fn new(code: &'a [u8], frame: Option<Range<usize>>) -> io::Result<Self> {
        let Some(Range { start, end }) = frame else {
            return Ok(Self {
                bytes: Cow::Borrowed(code),
                frame: None,
            });
        };
        if !code.get(start..end).is_some_and(unwind_info::describes) {
            return Err(io::Error::other("the frame begins with another prologue"));
        }
        let mut bytes = code.to_vec();
        bytes.resize(code.len().next_multiple_of(WORD), 0xcc); // int3
        let record = bytes.len();
        bytes.extend(RECORD);
        // No piece is so long that they do not fit.
        let [begin, end, record] = [start, end, record].map(|at| at as u32);
        Ok(Self {
            bytes: Cow::Owned(bytes),
            frame: Some(Entry { begin, end, record }),
        })
    }

    /// What is to be written.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What the system knows of the frames in a chunk.
pub(super) struct Frames {
    start: usize,
    len: usize,
    table: Option<Table>,
}

struct Table {
    handle: NonNull<c_void>,
    /// As many as there is room for in the chunk, never freed.
    entries: NonNull<Entry>,
    count: u32,
    capacity: u32,
}

// SAFETY: the table is used under the lock of its arena.
unsafe impl Send for Table {}

impl Frames {
    /// For the chunk of `len` bytes from `start`, which holds no piece yet.
    pub(super) fn of(start: *const u8, len: usize) -> Self {
        Self {
            start: start.addr(),
            len,
            table: None,
        }
    }

    /// Tells the frame of `piece`, which was written to `at`, behind all that were told before.
    pub(super) fn add(&mut self, at: &'static [u8], piece: &Piece<'_>) -> io::Result<()> {
        let Some(entry) = piece.frame else {
            return Ok(());
        };
        let offset = (at.as_ptr().addr() - self.start) as u32;
        let entry = Entry {
            begin: offset + entry.begin,
            end: offset + entry.end,
            record: offset + entry.record,
        };
        match &mut self.table {
            Some(table) => table.grow(entry),
            None => {
                self.table = Some(Table::new(self.start, self.len, entry)?);
                Ok(())
            }
        }
    }
}

impl Table {
    fn new(start: usize, len: usize, first: Entry) -> io::Result<Self> {
        let mut entries = vec![Entry::default(); (len / SMALLEST).max(1)];
        entries[0] = first;
        let entries = entries.leak();
        let capacity = entries.len() as u32;
        let mut handle = ptr::null_mut();
        // SAFETY: the entries stay where they are for ever, and the first of them is complete.
        let status = unsafe {
            let entries = entries.as_ptr();
            RtlAddGrowableFunctionTable(&raw mut handle, entries, 1, capacity, start, start + len)
        };
        match NonNull::new(handle) {
            Some(handle) if status >= 0 => Ok(Self {
                handle,
                entries: NonNull::from(entries).cast(),
                count: 1,
                capacity,
            }),
            _ => Err(io::Error::other(format!(
                "the function table was refused (status {status:#x})"
            ))),
        }
    }

    fn grow(&mut self, entry: Entry) -> io::Result<()> {
        if self.count == self.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        // SAFETY: the place is in the entries, and the system does not read it yet.
        let place = unsafe { self.entries.add(self.count as usize) };
        // SAFETY: as above.
        unsafe { place.write(entry) };
        self.count += 1;
        // SAFETY: the table is the system's own, and has that many entries, in order.
        unsafe { RtlGrowFunctionTable(self.handle.as_ptr(), self.count) };
        Ok(())
    }
}
