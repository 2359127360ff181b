//! Chunks of memory that take the place of others in one step.
//!
//! Guarantee: what is at `place` is replaced in one step of the address space. A thread that reads
//! or executes there sees the old content up to some moment and the new one from then on, never a
//! hole or zeros. The new mapping is complete before it is moved, by `mremap`, which holds the
//! address space for writing while it takes the old pages out of the page tables and puts the new
//! ones in. A thread that faults in between waits for the end of that and looks its address up
//! again; one that still has the old translation reads the old page, which is not freed before the
//! translation is gone from every processor.
//!
//! Limits are checked before anything is touched. Should the kernel run out of memory for its own
//! tables later, nothing is known of the place any more.
#![allow(unsafe_code, reason = "mappings are made, duplicated and moved")]

use std::ffi::{CStr, c_int, c_ulong, c_void};
use std::io;
use std::mem;
use std::ptr::{self, NonNull};

use memmap2::MmapMut;

use super::{CHUNK, memfile};

/// Whether mappings can be duplicated.
pub(super) const DUPLICATES: bool = true;

/// Puts new private pages at `place`, which hold `data` again and again.
///
/// # Safety
/// As for [`Chunk::move_to`].
pub(super) unsafe fn renew(place: NonNull<u8>, data: &[u8]) -> io::Result<()> {
    let mut chunk = Chunk::private()?;
    for copy in chunk.bytes_mut().chunks_exact_mut(data.len()) {
        copy.copy_from_slice(data);
    }
    // SAFETY: forwarded to the caller.
    unsafe { chunk.move_to(place) }?;
    name(place, c"farcall records");
    Ok(())
}

/// A chunk of data in a sealed memory file, put in any number of places.
///
/// The places share its pages until they are written. A page that is written becomes that place's
/// own, in one process: a forked child changes nothing that its parent sees, whatever it does.
pub(super) struct Image(MmapMut);

impl Image {
    /// Makes an image of [`CHUNK`] bytes.
    pub(super) fn new(name: &CStr, data: &[u8]) -> io::Result<Self> {
        memfile::sealed_data(name, data).map(Self)
    }

    /// Shows the image at `place`, readable and writable.
    ///
    /// # Safety
    /// As for [`Chunk::move_to`].
    pub(super) unsafe fn put(&self, place: NonNull<u8>) -> io::Result<()> {
        // What is moved away is the present pages, none of which was ever written; the mapping that
        // stays finds them in the file again. Kernels before 5.13 refuse this for files.
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_DONTUNMAP;
        let source = NonNull::from(&*self.0).cast();
        // SAFETY: the mapping stays and shows what it did; the new one is at a free address.
        let chunk = unsafe { mremap(source, CHUNK, flags, ptr::null_mut()) }?;
        // SAFETY: forwarded to the caller.
        unsafe { Chunk(chunk).move_to(place) }
    }
}

/// A mapping of [`CHUNK`] bytes whose address no one else knows.
pub(super) struct Chunk(NonNull<u8>);

impl Chunk {
    /// The pages of `template` once more, with the same access and the same limits to it.
    ///
    /// It needs no descriptor, and works in a child that came by the template through a fork.
    ///
    /// # Safety
    /// The chunk at `template` is one shared mapping that is never unmapped.
    pub(super) unsafe fn duplicate(template: NonNull<u8>) -> io::Result<Self> {
        // An old size of 0 is how `mremap` is asked to duplicate and not to move.
        // SAFETY: the mapping stays as it is; the caller knows that it is shared.
        unsafe { mremap(template, 0, libc::MREMAP_MAYMOVE, ptr::null_mut()) }.map(Self)
    }

    /// New pages, readable and writable, all zeros.
    fn private() -> io::Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping at an address that the kernel chooses.
        let start = unsafe { libc::mmap(ptr::null_mut(), CHUNK, access, kind, -1, 0) };
        mapped(start).map(Self)
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the chunk is mapped, initialised, and borrowed as long as the bytes are.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_ptr(), CHUNK) }
    }

    /// Moves the chunk to `place`, in place of what is mapped there.
    ///
    /// # Safety
    /// - `place` is the page-aligned start of a mapped chunk that is the caller's to replace.
    /// - Who uses what is there stands being shown the new content, at any moment.
    pub(super) unsafe fn move_to(self, place: NonNull<u8>) -> io::Result<()> {
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        // SAFETY: the chunk is ours to move, the place the caller's to replace.
        unsafe { mremap(self.0, CHUNK, flags, place.as_ptr().cast()) }?;
        mem::forget(self);
        Ok(())
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours and nothing points into it.
        unsafe { libc::munmap(self.0.as_ptr().cast(), CHUNK) };
    }
}

/// `mremap(from, old_size, CHUNK, flags, to)`
///
/// # Safety
/// What becomes of the mappings at `from` and `to` is the caller's business.
unsafe fn mremap(
    from: NonNull<u8>,
    old_size: usize,
    flags: c_int,
    to: *mut c_void,
) -> io::Result<NonNull<u8>> {
    // SAFETY: forwarded to the caller.
    mapped(unsafe { libc::mremap(from.as_ptr().cast(), old_size, CHUNK, flags, to) })
}

fn mapped(start: *mut c_void) -> io::Result<NonNull<u8>> {
    match NonNull::new(start.cast()) {
        Some(first) if start != libc::MAP_FAILED => Ok(first),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Gives a chunk of private pages its name in the list of mappings, if the kernel keeps names.
pub(super) fn name(place: NonNull<u8>, name: &CStr) {
    const PR_SET_VMA: c_int = 0x5356_4d41;
    const PR_SET_VMA_ANON_NAME: c_ulong = 0;
    let (start, name) = (place.as_ptr(), name.as_ptr());
    // SAFETY: the call reads the name and changes no content.
    unsafe { libc::prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, start, CHUNK, name) };
}
