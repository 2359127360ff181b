//! Bytes of machine code → executable bytes that live as long as the program.
//!
//! Executable bytes are written once, through something that is not their mapping: no mapping is
//! ever writable and executable, and no piece of code is freed, moved or rewritten. An address
//! that [`publish`] returned runs one code for ever, in this process and in its forked children.
//!
//! ```text
//! Arena ──▶ memory file │ chunk of 64 KiB │ piece │ piece │ piece │ …        one pwrite a piece
//!    └────▶ sealed pages │ page │ piece │        │ page │ piece │            one mapping a piece
//! ```
//!
//! Which way is taken is found out by trying, in the order of [`Strategy::ALL`]:
//!
//! | strategy | systems | cost of a piece | memory of a piece |
//! |---|---|---|---|
//! | [`MemoryFile`](Strategy::MemoryFile) | Linux, Android, Windows | four system calls, 1 to 2 µs (Windows: three, and as many for its mapping) | its length, rounded up to 16 |
//! | [`SealedPages`](Strategy::SealedPages) | all | two changes of the address space, 7 to 10 µs | a page of its own |
//!
//! Every chunk has one unwind record ([`UnwindRecord`]), so that unwinders and debuggers pass
//! through code that begins with the prologue of [`Frame`]. On Windows it is every frame that has
//! one, in a function table of its chunk, because there code without a frame is unwound as well.
//!
//! Callbacks need many copies of one small piece, each with data of its own: [`stubs`].

use std::fmt;

mod arena;
#[cfg(unix)]
mod fork;
#[cfg(not(unix))]
#[path = "nofork.rs"]
mod fork;
mod frame;
#[cfg(unix)]
mod halves;
#[cfg(windows)]
#[path = "halves_windows.rs"]
mod halves;
#[cfg(not(any(unix, windows)))]
#[path = "nohalves.rs"]
mod halves;
mod icache;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod memfile;
#[cfg(windows)]
#[path = "section.rs"]
mod memfile;
#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
#[path = "nomemfile.rs"]
mod memfile;
#[cfg_attr(windows, path = "pages_windows.rs")]
mod pages;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod remap;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "noremap.rs"]
mod remap;
pub mod stubs;
#[cfg(not(all(windows, target_arch = "x86_64")))]
mod unwind;
#[cfg(all(windows, target_arch = "x86_64"))]
#[path = "unwind_windows.rs"]
mod unwind;
#[cfg(any(test, all(windows, target_arch = "x86_64")))]
mod unwind_info;
#[cfg(windows)]
mod virtual_pages;

pub use arena::{Arena, Strategy, Usage};
pub use fork::held_off;
pub use frame::{Frame, UnwindRecord};

use crate::Result;

/// The alignment of every piece of code, in bytes.
pub const ALIGN: usize = 16;

/// The size of a chunk of code, in bytes: a multiple of the page sizes 4, 16 and 64 KiB.
pub const CHUNK: usize = 64 << 10;

/// The largest piece of code that is accepted, in bytes.
pub const LARGEST_PIECE: usize = 1 << 20;

/// A sealed piece of machine code: executable, never written again, as old as the program at most.
#[derive(Clone, Copy)]
pub struct Code {
    bytes: &'static [u8],
}

impl Code {
    /// The address of its first instruction, a multiple of [`ALIGN`].
    pub fn entry(&self) -> *const u8 {
        self.bytes.as_ptr()
    }

    /// The bytes of the piece, as they are executed.
    pub fn bytes(&self) -> &'static [u8] {
        self.bytes
    }

    /// Its length in bytes, never 0.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a piece of code is never empty"
    )]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({:p}, {} bytes)", self.entry(), self.len())
    }
}

static ARENA: Arena = Arena::new(Strategy::ALL);

/// The arena of the process, where [`publish`] puts code.
pub fn arena() -> &'static Arena {
    &ARENA
}

/// Makes a copy of `bytes` executable, at an address that is a multiple of [`ALIGN`].
///
/// # Errors
///
/// See [`Arena::publish`].
pub fn publish(bytes: &[u8]) -> Result<Code> {
    ARENA.publish(bytes)
}
