//! Bytes of one stub → tables of 1024 stubs, each beside 64 bytes of data that are its own.
//!
//! A stub is code that finds its *record* at a fixed distance, so that all stubs are the same bytes
//! and only records differ. Making, changing and dropping what a stub stands for is writing to its
//! record; no system call is made once a table exists.
//!
//! ```text
//!   stub 0 │ stub 1 │ stub 2 │ … │ record 0 │ record 1 │ record 2 │ …
//!   └──── 64 KiB, read-execute ──┘ └──── 64 KiB, read-write ─────┘
//!   └───────────── DISTANCE ──────▶
//! ```
//!
//! Guarantee: an address that [`StubTable::stub`] returned runs that stub for ever, in this process
//! and in those forked from it, and no one can make it run anything else: with
//! [`Strategy::MemoryFile`] all tables of one [`StubCode`] are the same physical pages of a file
//! that is sealed, mapped so that `mprotect` cannot make them writable. A record is readable and
//! writable for ever; its content is kept unless [`StubTable::retire`] or [`StubTable::revive`] is
//! asked to replace it.
//!
//! Stubs have no unwind record. They leave by a jump and change neither the stack nor a register
//! that is preserved, and nothing that unwinds begins in one. An unwinder that is shown an address
//! in a stub, by a profiler's signal, finds nothing for it and ends there.
#![allow(unsafe_code, reason = "tables are mapped, and their memory replaced")]

use std::fmt;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

use super::halves::Halves;
use super::memfile::MemoryFile;
use super::remap::{self, Chunk};
use super::{CHUNK, Strategy, icache};
use crate::{Error, Result};

/// The distance from one stub to the next and from one record to the next, in bytes; also the
/// largest size of a stub and the size of a record.
pub const STRIDE: usize = 64;

/// The distance from a stub to its record, in bytes.
pub const DISTANCE: usize = CHUNK;

/// The number of stubs in a table.
pub const STUBS: usize = CHUNK / STRIDE;

/// What fills a stub up to [`STRIDE`]: nothing runs it, and what does stops.
#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
const FILL: u8 = 0xcc; // int3

#[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
const FILL: u8 = 0; // udf #0

/// One kind of stub, from which tables are made.
///
/// ```
/// use farcall_jit::code::stubs::{DISTANCE, StubCode};
///
/// // jmp [rip + d], 6 bytes: goes to what the first word of its record says
/// let d = (DISTANCE - 6) as u32;
/// let stub = [&[0xff, 0x25], &d.to_le_bytes()[..]].concat();
/// let table = StubCode::new(&stub)?.table()?;
///
/// extern "C" fn twice(number: u64) -> u64 {
///     2 * number
/// }
/// // The record is this program's alone to write.
/// unsafe { table.record(7).cast::<extern "C" fn(u64) -> u64>().write(twice) };
/// # if cfg!(target_arch = "x86_64") {
/// // The stub changes no register and goes to `twice`.
/// let stub: extern "C" fn(u64) -> u64 = unsafe { std::mem::transmute(table.stub(7)) };
/// assert_eq!(stub(21), 42);
/// # }
/// # Ok::<(), farcall_jit::Error>(())
/// ```
pub struct StubCode {
    stub: [u8; STRIDE],
    strategies: &'static [Strategy],
    /// Null, or a chunk of stubs that is mapped shared, whose pages other tables map too.
    template: AtomicPtr<u8>,
}

impl StubCode {
    /// Takes the bytes of a stub, which must run at any address.
    ///
    /// # Errors
    /// - [`Error::Unsupported`] if there are none.
    /// - [`Error::TooLarge`] if there are more than [`STRIDE`].
    pub fn new(stub: &[u8]) -> Result<Self> {
        Self::with_strategies(stub, Strategy::ALL)
    }

    /// As [`new`](Self::new); tables are made by these strategies, tried in this order.
    ///
    /// # Errors
    /// See [`new`](Self::new).
    pub fn with_strategies(stub: &[u8], strategies: &'static [Strategy]) -> Result<Self> {
        Ok(Self {
            stub: filled(stub)?,
            strategies,
            template: AtomicPtr::new(ptr::null_mut()),
        })
    }

    /// Makes a table, which is never freed. No lock is taken.
    ///
    /// # Errors
    /// [`Error::Memory`] if every strategy was refused; it holds the reason of each.
    pub fn table(&self) -> Result<StubTable> {
        let mut tried = Vec::new();
        for &strategy in self.strategies {
            match self.table_by(strategy) {
                Ok(table) => return Ok(table),
                Err(reason) => tried.push((strategy.name(), reason)),
            }
        }
        Err(Error::Memory { tried })
    }

    fn table_by(&self, strategy: Strategy) -> io::Result<StubTable> {
        let halves = match strategy {
            Strategy::MemoryFile => self.shared()?,
            Strategy::SealedPages => self.sealed()?,
        };
        self.make_ready(&halves)?;
        let table = StubTable(halves.keep());
        remap::name(table.records(), c"farcall records");
        Ok(table)
    }

    /// Halves of which the first shows the pages of the template.
    fn shared(&self) -> io::Result<Halves> {
        if !remap::DUPLICATES {
            return Err(io::ErrorKind::Unsupported.into());
        }
        // SAFETY: the template is mapped shared, for ever.
        let chunk = unsafe { Chunk::duplicate(self.template()?) }?;
        let halves = Halves::new()?;
        // SAFETY: the halves are new, and no one uses them.
        if let Err(reason) = unsafe { chunk.move_to(halves.first()) } {
            // Their first half may be gone by now and another thread's in its place.
            halves.keep();
            return Err(reason);
        }
        Ok(halves)
    }

    fn sealed(&self) -> io::Result<Halves> {
        let mut halves = Halves::new()?;
        halves.seal_first(&self.stub.repeat(STUBS))?;
        Ok(halves)
    }

    /// The template, made when it is first asked for.
    ///
    /// Of threads that make it at the same time one is the quickest; what the others made is kept
    /// and not used.
    fn template(&self) -> io::Result<NonNull<u8>> {
        if let Some(template) = NonNull::new(self.template.load(Ordering::Acquire)) {
            return Ok(template);
        }
        let stubs = self.stub.repeat(STUBS);
        let (file, stubs) = MemoryFile::create(c"farcall-stubs", CHUNK, &stubs)?;
        file.finish();
        let made = NonNull::from(stubs).cast();
        let known = self.template.compare_exchange(
            ptr::null_mut(),
            made.as_ptr(),
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        Ok(known.err().and_then(NonNull::new).unwrap_or(made))
    }

    /// Makes every processor see the stubs as instructions, where they are executed.
    fn make_ready(&self, halves: &Halves) -> io::Result<()> {
        // SAFETY: the first half is mapped and readable, and is never written again.
        let stubs = unsafe { std::slice::from_raw_parts(halves.first().as_ptr(), CHUNK) };
        if stubs.chunks_exact(STRIDE).any(|stub| stub != self.stub) {
            return Err(io::Error::other("the table does not show its stubs"));
        }
        icache::synchronize(stubs)
    }
}

/// Fills the bytes of a stub up.
fn filled(stub: &[u8]) -> Result<[u8; STRIDE]> {
    let mut bytes = [FILL; STRIDE];
    match bytes.get_mut(..stub.len()) {
        None => Err(Error::TooLarge {
            what: "a stub".to_owned(),
            size: stub.len() as u64,
            limit: STRIDE as u64,
            unit: "bytes",
        }),
        Some([]) => Err(Error::Unsupported {
            what: "a stub without bytes".to_owned(),
            why: "it has no first instruction".to_owned(),
        }),
        Some(start) => {
            start.copy_from_slice(stub);
            Ok(bytes)
        }
    }
}

impl fmt::Debug for StubCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StubCode")
            .field("stub", &self.stub)
            .field("strategies", &self.strategies)
            .finish_non_exhaustive()
    }
}

/// [`STUBS`] stubs and their records, mapped for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StubTable(NonNull<u8>);

// SAFETY: a table is addresses that stay valid; what is done with records is up to their users.
unsafe impl Send for StubTable {}

// SAFETY: as above.
unsafe impl Sync for StubTable {}

impl StubTable {
    /// The table whose first record is at `records`.
    ///
    /// # Safety
    /// There is such a table.
    #[must_use]
    pub unsafe fn of_records(records: NonNull<u8>) -> Self {
        // SAFETY: the stubs of a table lie before its records.
        Self(unsafe { records.sub(DISTANCE) })
    }

    /// The address of a stub, a multiple of [`STRIDE`].
    ///
    /// # Panics
    /// If `index` is not below [`STUBS`].
    #[must_use]
    pub fn stub(self, index: usize) -> *const u8 {
        at(self.0, index)
    }

    /// The address of a stub's record, [`DISTANCE`] bytes after it: [`STRIDE`] bytes, which are
    /// zeros in a new table.
    ///
    /// # Panics
    /// If `index` is not below [`STUBS`].
    #[must_use]
    pub fn record(self, index: usize) -> *mut u8 {
        at(self.records(), index)
    }

    fn records(self) -> NonNull<u8> {
        // SAFETY: the reservation has two chunks.
        unsafe { self.0.add(DISTANCE) }
    }

    /// Gives the memory of the records back: all of them become tombstones, in one step.
    ///
    /// The stubs stay callable. Records of a retired table are readable, and writable: the first
    /// write to a page gives the table, in the process that writes, a copy of that page. A thread
    /// that is in a stub meanwhile finds the old record or the tombstone in each of its accesses;
    /// what it writes may be lost.
    ///
    /// # Safety
    /// - No one needs what is in the records, or what is written to them from now on.
    /// - The stubs stand finding the tombstone, for ever, in place of what was in their records.
    ///
    /// # Errors
    /// The system's reason; the records are what they were. Only Linux can do it, since 5.13.
    pub unsafe fn retire(self, tombstones: &Tombstones) -> io::Result<()> {
        // SAFETY: the records are a chunk of the table, the rest is forwarded to the caller.
        unsafe { tombstones.image.put(self.records()) }
    }

    /// Gives the table memory for its records again: each becomes a copy of `record`, in one step.
    ///
    /// # Safety
    /// As for [`retire`](Self::retire), with `record` for the tombstone.
    ///
    /// # Errors
    /// The system's reason; the records are what they were. Only Linux can do it.
    pub unsafe fn revive(self, record: &[u8; STRIDE]) -> io::Result<()> {
        // SAFETY: the records are a chunk of the table, the rest is forwarded to the caller.
        unsafe { remap::renew(self.records(), record) }
    }
}

fn at(start: NonNull<u8>, index: usize) -> *mut u8 {
    assert!(index < STUBS, "a table has {STUBS} stubs, no stub {index}");
    start.as_ptr().wrapping_add(index * STRIDE)
}

/// What the records of retired tables are replaced by: one record, repeated, in memory that all
/// these tables share.
pub struct Tombstones {
    image: remap::Image,
}

impl Tombstones {
    /// Makes tombstones that are copies of `record`.
    ///
    /// # Errors
    /// The system's reason. Only Linux can do it.
    pub fn new(record: &[u8; STRIDE]) -> io::Result<Self> {
        let image = remap::Image::new(c"farcall-tombstones", &record.repeat(STUBS))?;
        Ok(Self { image })
    }
}

impl fmt::Debug for Tombstones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tombstones").finish_non_exhaustive()
    }
}
