//! Where code lives: chooses a strategy by trying, and keeps each process to its own chunks.
//!
//! A chunk is written by the process that made it and by no other: a forked child sees the same
//! physical pages, and its own appends would overwrite its parent's. So the state of an arena
//! belongs to a [`ProcessId`]; a child that finds another's starts with an empty one and never
//! waits for a lock that a thread of its parent may have held.
#![allow(
    unsafe_code,
    reason = "the state of a process is reached through an atomic pointer"
)]

use std::fmt;
use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::fork::ProcessId;
use super::memfile::MemoryFile;
use super::unwind::{Frames, Piece};
use super::{CHUNK, Code, LARGEST_PIECE, icache, pages};
use crate::{Error, Result};

/// A way to come by executable memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// Pieces are appended to an anonymous memory file, on Windows a section that the paging file
    /// backs; its mapping can never be made writable.
    MemoryFile,
    /// Each piece is written to new pages that then become read-only and executable, once.
    SealedPages,
}

impl Strategy {
    /// Every strategy that this system may offer, the best first.
    pub const ALL: &[Self] = STRATEGIES;

    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MemoryFile => "memory file",
            Self::SealedPages => "sealed pages",
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android", windows))]
const STRATEGIES: &[Strategy] = &[Strategy::MemoryFile, Strategy::SealedPages];

#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
const STRATEGIES: &[Strategy] = &[Strategy::SealedPages];

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an arena holds in this process, as printed by [`Arena`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The strategy that the last piece was published by.
    pub strategy: Option<Strategy>,
    /// The number of pieces published.
    pub pieces: usize,
    /// The sum of their lengths, in bytes.
    pub used: usize,
    /// The number of chunks, each a mapping with its unwind record.
    pub chunks: usize,
    /// The chunks that were given up before they were full: no longer ours to write, or refused.
    pub abandoned: usize,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strategy = self.strategy.map_or("nothing yet", Strategy::name);
        let Self {
            pieces,
            used,
            chunks,
            abandoned,
            ..
        } = self;
        write!(
            f,
            "{strategy}: {pieces} pieces, {used} bytes in {chunks} chunks"
        )?;
        if *abandoned > 0 {
            write!(f, ", {abandoned} abandoned")?;
        }
        Ok(())
    }
}

/// A place for code, filled piece by piece; dropping it frees none of its code.
pub struct Arena {
    strategies: &'static [Strategy],
    process: AtomicPtr<Process>,
}

/// The part of an arena that one process may use.
struct Process {
    id: ProcessId,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Chunk>,
    usage: Usage,
}

/// A chunk that pieces can be appended to.
struct Chunk {
    file: MemoryFile,
    frames: Frames,
}

impl Arena {
    /// Makes an empty arena that tries these strategies, in this order.
    pub const fn new(strategies: &'static [Strategy]) -> Self {
        Self {
            strategies,
            process: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Makes a copy of `bytes` executable, at an address that is a multiple of [`super::ALIGN`].
    ///
    /// The code calls nothing that unwinds; see [`publish_framed`](Self::publish_framed).
    ///
    /// # Errors
    ///
    /// As [`publish_framed`](Self::publish_framed).
    pub fn publish(&self, bytes: &[u8]) -> Result<Code> {
        self.publish_framed(bytes, None)
    }

    /// As [`publish`](Self::publish), for code of which the bytes in `frame` make calls; they begin
    /// with the prologue of [`super::Frame`] and end with the return, so that unwinders pass
    /// through them.
    ///
    /// # Errors
    ///
    /// - [`Error::Unsupported`] if `frame` is no part of the bytes, or does not begin with the
    ///   prologue, where that makes a difference.
    ///
    /// - [`Error::Unsupported`] if `bytes` is empty.
    /// - [`Error::TooLarge`] if `bytes` is longer than [`LARGEST_PIECE`].
    /// - [`Error::Memory`] if every strategy was refused; it holds the reason of each.
    pub fn publish_framed(&self, bytes: &[u8], frame: Option<Range<usize>>) -> Result<Code> {
        check_size(bytes.len())?;
        let piece = Piece::new(bytes, frame).map_err(no_frame)?;
        let mut state = self.lock();
        if let Some(code) = state.append(&piece, bytes.len()) {
            return Ok(code);
        }
        let mut tried = Vec::new();
        for &strategy in self.strategies {
            match state.grow(strategy, &piece, bytes.len()) {
                Ok(code) => return Ok(code),
                Err(reason) => tried.push((strategy.name(), reason)),
            }
        }
        Err(Error::Memory { tried })
    }

    /// What the arena holds that this process has published.
    pub fn usage(&self) -> Usage {
        self.lock().usage
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.process()
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of this process, a new one if what is found belongs to the process we come from.
    fn process(&self) -> &Process {
        let id = ProcessId::current();
        loop {
            let found = self.process.load(Ordering::Acquire);
            // SAFETY: null, or a `Process` that was published below and is only freed by `drop`.
            match unsafe { found.as_ref() } {
                Some(process) if process.id == id => return process,
                inherited => self.replace(found, inherited, id),
            }
        }
    }

    /// Puts an empty state in place of `found`, unless another thread was quicker.
    fn replace(&self, found: *mut Process, inherited: Option<&Process>, id: ProcessId) {
        let new = Box::into_raw(Box::new(Process {
            id,
            state: Mutex::default(),
        }));
        let swap = self
            .process
            .compare_exchange(found, new, Ordering::AcqRel, Ordering::Acquire);
        if swap.is_err() {
            // SAFETY: `new` came from a box above and was not published.
            drop(unsafe { Box::from_raw(new) });
        } else if let Some(process) = inherited {
            process.close_inherited();
        }
    }
}

impl Process {
    /// Closes the descriptor that came with the fork; the file stays as it is for the parent.
    ///
    /// Nothing is done if the lock is held: its holder is a thread that exists in the parent only.
    fn close_inherited(&self) {
        match self.state.try_lock() {
            Ok(mut state) => drop(state.open.take()),
            Err(TryLockError::Poisoned(state)) => drop(state.into_inner().open.take()),
            Err(TryLockError::WouldBlock) => {}
        }
    }
}

impl Chunk {
    /// Appends a piece, of which the first `len` bytes are its code.
    fn append(&mut self, piece: &Piece<'_>, len: usize) -> io::Result<Code> {
        let written = self.file.append(piece.bytes())?;
        self.frames.add(written, piece)?;
        ready(&written[..len])
    }
}

impl State {
    /// Appends to the open chunk; if that has no room or refuses, there is no open chunk any more.
    fn append(&mut self, piece: &Piece<'_>, len: usize) -> Option<Code> {
        let chunk = self.open.as_mut()?;
        if piece.bytes().len() > CHUNK {
            return None;
        }
        if chunk.file.room() >= piece.bytes().len() {
            if let Ok(code) = chunk.append(piece, len) {
                self.count(Strategy::MemoryFile, code);
                return Some(code);
            }
            self.usage.abandoned += 1;
        }
        self.open.take()?.file.finish();
        None
    }

    /// Makes a chunk by `strategy` and puts the piece in it, of which the first `len` bytes are its
    /// code.
    fn grow(&mut self, strategy: Strategy, piece: &Piece<'_>, len: usize) -> io::Result<Code> {
        let code = match strategy {
            Strategy::MemoryFile => self.grow_file(piece, len)?,
            Strategy::SealedPages => sealed_pages(piece, len)?,
        };
        self.usage.chunks += 1;
        self.count(strategy, code);
        Ok(code)
    }

    /// Makes a memory file; one that is made for a large piece is full with it.
    fn grow_file(&mut self, piece: &Piece<'_>, len: usize) -> io::Result<Code> {
        let bytes = piece.bytes();
        let (file, written) = MemoryFile::create(c"farcall", bytes.len().max(CHUNK), bytes)?;
        let mut frames = Frames::of(file.start(), file.len());
        frames.add(written, piece)?;
        let code = ready(&written[..len])?;
        if bytes.len() > CHUNK {
            file.finish();
        } else {
            self.open = Some(Chunk { file, frames });
        }
        Ok(code)
    }

    fn count(&mut self, strategy: Strategy, code: Code) {
        self.usage.strategy = Some(strategy);
        self.usage.pieces += 1;
        self.usage.used += code.len();
    }
}

fn sealed_pages(piece: &Piece<'_>, len: usize) -> io::Result<Code> {
    let written = pages::seal(piece.bytes())?;
    let mut frames = Frames::of(written.as_ptr(), written.len());
    frames.add(written, piece)?;
    ready(&written[..len])
}

/// A frame that cannot be unwound.
fn no_frame(why: io::Error) -> Error {
    Error::Unsupported {
        what: "this frame in a piece of code".to_owned(),
        why: why.to_string(),
    }
}

/// Makes every processor see the bytes as instructions.
fn ready(bytes: &'static [u8]) -> io::Result<Code> {
    icache::synchronize(bytes)?;
    Ok(Code { bytes })
}

fn check_size(size: usize) -> Result<()> {
    if size == 0 {
        let what = "a piece of code without bytes".to_owned();
        return Err(Error::Unsupported {
            what,
            why: "it has no first instruction".to_owned(),
        });
    }
    if size > LARGEST_PIECE {
        let what = "a piece of code".to_owned();
        let (size, limit) = (size as u64, LARGEST_PIECE as u64);
        return Err(Error::TooLarge {
            what,
            size,
            limit,
            unit: "bytes",
        });
    }
    Ok(())
}

impl Drop for Arena {
    fn drop(&mut self) {
        let process = *self.process.get_mut();
        if !process.is_null() {
            // SAFETY: it came from a box, and `&mut self` says that no one is using it.
            drop(unsafe { Box::from_raw(process) });
        }
    }
}

impl fmt::Display for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.usage().fmt(f)
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena")
            .field("strategies", &self.strategies)
            .field("usage", &self.usage())
            .finish()
    }
}
