//! The second strategy on Windows: new pages, written, then made read-only and executable, once.
//!
//! A page that has become executable is never writable again, so nothing can be added to it: each
//! piece has pages of its own, in a reservation of 64 KiB of addresses. Nothing stops other code of
//! the process from asking the system to make such a page writable, as nothing stops it for the
//! program's own text.
#![allow(unsafe_code, reason = "pages that are kept become a slice")]

use std::io;

use super::virtual_pages::Pages;

/// Copies `bytes` to new pages and seals them.
pub(super) fn seal(bytes: &[u8]) -> io::Result<&'static [u8]> {
    let mut pages = Pages::new(bytes.len())?;
    pages.seal(bytes, bytes.len())?;
    // SAFETY: the pages are kept for ever, hold that many bytes, and are never written again.
    Ok(unsafe { std::slice::from_raw_parts(pages.keep().as_ptr(), bytes.len()) })
}
