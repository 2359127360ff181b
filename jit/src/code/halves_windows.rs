//! Two chunks side by side: one that becomes code, one that stays data.
#![forbid(unsafe_code)]

use std::io;
use std::ptr::NonNull;

use super::CHUNK;
use super::virtual_pages::Pages;

/// Two chunks of one reservation, freed when dropped.
pub(super) struct Halves(Pages);

impl Halves {
    /// New pages, readable and writable, all zeros.
    pub(super) fn new() -> io::Result<Self> {
        Pages::new(2 * CHUNK).map(Self)
    }

    /// The start of the first half; the second is [`CHUNK`] bytes further.
    pub(super) fn first(&self) -> NonNull<u8> {
        self.0.start()
    }

    /// Writes `code` to the first half and makes that read-only and executable, once.
    pub(super) fn seal_first(&mut self, code: &[u8]) -> io::Result<()> {
        self.0.seal(code, CHUNK)
    }

    /// Leaves the halves mapped for ever.
    pub(super) fn keep(self) -> NonNull<u8> {
        self.0.keep()
    }
}
