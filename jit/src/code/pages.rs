//! The second strategy: new pages, written, then made read-only and executable, once.
//!
//! A page that has become executable is never writable again, so nothing can be added to it: each
//! piece has pages of its own. A piece of code then takes a page and a mapping, and two changes
//! of the address space, and an unwind record; some unwinders pass through all records at each
//! exception. Nothing stops other code of the process from asking the system to make
//! such a page writable, as nothing stops it for the program's own text.
#![forbid(unsafe_code)]

use std::io;

use memmap2::MmapMut;

/// Copies `bytes` to new pages and seals them.
pub(super) fn seal(bytes: &[u8]) -> io::Result<&'static [u8]> {
    let mut map = MmapMut::map_anon(bytes.len())?;
    map.copy_from_slice(bytes);
    let map = Box::leak(Box::new(map.make_exec()?));
    Ok(map)
}
