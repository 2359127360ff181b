//! The first strategy on Windows: an unnamed section that the paging file backs, executed through a
//! view that is never writable.
//!
//! The executable view is mapped with the rights to read and to execute, and the system gives no
//! page of a view more than it was mapped with. A piece is written through a second view, which
//! exists while it is written and cannot be executed. A full chunk closes its handle, and no
//! further view can be made.
//!
//! A handle is a number that the whole program may close and get again for something else. So
//! before each write the second view must show what was written so far, and after it the executable
//! view must show the piece; if not, the chunk is given up.
//!
//! Where a process may not make dynamic code (Arbitrary Code Guard), mapping the executable view is
//! refused, and so is every other strategy.
#![allow(unsafe_code, reason = "a section and its views")]

use std::ffi::{CStr, c_void};
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle, RawHandle};
use std::ptr::{self, NonNull};

use super::ALIGN;

const PAGE_EXECUTE_READWRITE: u32 = 0x40;
const FILE_MAP_WRITE: u32 = 0x2;
const FILE_MAP_READ: u32 = 0x4;
const FILE_MAP_EXECUTE: u32 = 0x20;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn CreateFileMappingW(
        file: RawHandle,
        attributes: *const c_void,
        access: u32,
        len_high: u32,
        len_low: u32,
        name: *const u16,
    ) -> RawHandle;
    fn MapViewOfFile(
        section: RawHandle,
        access: u32,
        offset_high: u32,
        offset_low: u32,
        len: usize,
    ) -> *mut c_void;
    fn UnmapViewOfFile(start: *const c_void) -> i32;
}

/// A chunk of code: a section, what has been written of it, and its executable view.
pub(super) struct MemoryFile {
    section: OwnedHandle,
    map: &'static [u8],
    used: usize,
}

impl MemoryFile {
    /// Makes a section of `len` bytes that begins with a piece of code. It gets no name, by which
    /// other processes could open it.
    pub(super) fn create(
        _name: &CStr,
        len: usize,
        piece: &[u8],
    ) -> io::Result<(Self, &'static [u8])> {
        let section = section(len)?;
        let executed = View::of(&section, FILE_MAP_READ | FILE_MAP_EXECUTE, len)?;
        let mut file = Self {
            section,
            map: executed.keep(),
            used: 0,
        };
        let piece = file.append(piece)?;
        Ok((file, piece))
    }

    /// The first executable address.
    pub(super) fn start(&self) -> *const u8 {
        self.map.as_ptr()
    }

    /// The length of the view in bytes.
    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    /// How many bytes the next piece may have.
    pub(super) fn room(&self) -> usize {
        self.len() - self.used
    }

    /// Writes a piece behind the last one and returns it as it is executed.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<&'static [u8]> {
        let start = self.used;
        let end = start.saturating_add(bytes.len());
        let mut written = View::of(&self.section, FILE_MAP_READ | FILE_MAP_WRITE, self.len())?;
        let to = written.bytes_mut();
        if to[..start] != self.map[..start] {
            return Err(io::Error::other(
                "the handle was closed and its number used again",
            ));
        }
        let to = to.get_mut(start..end).ok_or(io::ErrorKind::StorageFull)?;
        to.copy_from_slice(bytes);
        drop(written);
        let executed = &self.map[start..end];
        if executed != bytes {
            return Err(io::Error::other(
                "the executable view does not show what was written to its section",
            ));
        }
        self.used = end.next_multiple_of(ALIGN).min(self.len());
        Ok(executed)
    }

    /// Closes the handle; without it no view can be made through which the code could be written.
    pub(super) fn finish(self) {
        drop(self.section);
    }
}

/// An unnamed section of `len` bytes, committed, all zeros.
fn section(len: usize) -> io::Result<OwnedHandle> {
    let len = len as u64;
    let (high, low) = ((len >> 32) as u32, len as u32);
    let no_file = ptr::without_provenance_mut(usize::MAX); // INVALID_HANDLE_VALUE
    // What a section allows bounds what its views may have; no view has all of it.
    // SAFETY: no file, no attributes, no name.
    let handle = unsafe {
        CreateFileMappingW(
            no_file,
            ptr::null(),
            PAGE_EXECUTE_READWRITE,
            high,
            low,
            ptr::null(),
        )
    };
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has just made this handle, for us alone.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// A view of a whole section, unmapped when dropped.
struct View {
    start: NonNull<u8>,
    len: usize,
}

impl View {
    fn of(section: &OwnedHandle, access: u32, len: usize) -> io::Result<Self> {
        // SAFETY: a new view, at an address that the system chooses.
        let start = unsafe { MapViewOfFile(section.as_raw_handle(), access, 0, 0, len) };
        match NonNull::new(start.cast()) {
            Some(start) => Ok(Self { start, len }),
            None => Err(io::Error::last_os_error()),
        }
    }

    /// The bytes of a view that was mapped to be written.
    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the view has that many bytes, and one thread writes to a section, under the lock
        // of its arena; others only execute pieces that are complete.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }

    /// Leaves the view mapped for ever.
    fn keep(self) -> &'static [u8] {
        let view = std::mem::ManuallyDrop::new(self);
        // SAFETY: the view is never unmapped; of its bytes only those are read that are written
        // already, and those never change.
        unsafe { std::slice::from_raw_parts(view.start.as_ptr(), view.len) }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: the view is ours, and no one has been told its address.
        unsafe { UnmapViewOfFile(self.start.as_ptr().cast()) };
    }
}
