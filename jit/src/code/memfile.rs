//! The first strategy: an anonymous memory file, executed through a mapping that is never writable.
//!
//! The mapping is made from a read-only reopening of the file, and the kernel refuses to make such
//! a shared mapping writable, whoever asks. The file is filled with `pwrite`; the mapping shows
//! the same physical pages.
//!
//! A descriptor is a number that the whole program may close, reuse or write to. So:
//! - it is never 0, 1 or 2, and its position is the end of a file that may not grow: a `write`
//!   that is meant for another file is refused and changes no code;
//! - before each use `fstat` must show the file we made. If it does not, the number is someone
//!   else's by now: the file is given up, and the descriptor is not closed;
//! - the end of each write is within `RLIMIT_FSIZE`, beyond which the process would be killed.
//!
//! Another thread that closes the number between the check and the write is not noticed.
#![allow(
    unsafe_code,
    reason = "system calls that the standard library does not offer, a mapping"
)]

use std::ffi::{CStr, c_uint};
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd};
use std::os::unix::fs::{FileExt, MetadataExt};

use memmap2::{Mmap, MmapMut, MmapOptions};

use super::ALIGN;

/// A chunk of code: a file, what has been written of it, and its executable mapping.
pub(super) struct MemoryFile {
    /// `None` once the descriptor has been closed or found to be someone else's.
    file: Option<File>,
    identity: Identity,
    map: &'static Mmap,
    used: usize,
}

/// Device and inode: what tells our file from others under the same number.
type Identity = (u64, u64);

impl MemoryFile {
    /// Makes a file of `len` bytes, rounded up to whole pages, that begins with a piece of code.
    ///
    /// Profilers and debuggers show `name` as the file that the code comes from.
    pub(super) fn create(
        name: &CStr,
        len: usize,
        piece: &[u8],
    ) -> io::Result<(Self, &'static [u8])> {
        let len = len.next_multiple_of(page_size()?);
        let file = sized_file(memory_file(name, libc::MFD_EXEC)?, len)?;
        file.write_all_at(piece, 0)?;
        let identity = identity(&file)?;
        let map = map(&file, identity, len, piece)?;
        let used = piece.len().next_multiple_of(ALIGN);
        Ok((
            Self {
                file: Some(file),
                identity,
                map,
                used,
            },
            &map[..piece.len()],
        ))
    }

    /// The first executable address.
    pub(super) fn start(&self) -> *const u8 {
        self.map.as_ptr()
    }

    /// The length of the mapping in bytes.
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
        let written = self.map.get(start..end).ok_or(io::ErrorKind::StorageFull)?;
        check_file_size_limit(end)?;
        self.ours()?.write_all_at(bytes, start as u64)?;
        check_equal(written, bytes)?;
        self.used = end.next_multiple_of(ALIGN).min(self.len());
        Ok(written)
    }

    /// Seals the file against every kind of writing and closes its descriptor.
    pub(super) fn finish(self) {
        if let Ok(file) = self.ours() {
            // A kernel that refuses leaves a file that no one has a descriptor of.
            let _ = add_seals(file, libc::F_SEAL_WRITE | libc::F_SEAL_SEAL);
        }
    }

    /// The file, if its descriptor still is a descriptor of it.
    fn ours(&self) -> io::Result<&File> {
        match &self.file {
            Some(file) if identity(file)? == self.identity => Ok(file),
            _ => Err(not_ours()),
        }
    }
}

impl Drop for MemoryFile {
    /// Closes the descriptor if it is ours; the mapping stays.
    fn drop(&mut self) {
        let ours = self.ours().is_ok();
        if let Some(file) = self.file.take()
            && !ours
        {
            let _ = file.into_raw_fd();
        }
    }
}

fn not_ours() -> io::Error {
    io::Error::other("the descriptor was closed and its number used again")
}

fn identity(file: &File) -> io::Result<Identity> {
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Gives an empty memory file `len` bytes, and no way to change its size.
fn sized_file(file: File, len: usize) -> io::Result<File> {
    check_file_size_limit(len)?;
    let mut file = above_standard_streams(file)?;
    file.set_len(len as u64)?;
    add_seals(&file, libc::F_SEAL_GROW | libc::F_SEAL_SHRINK)?;
    file.seek(SeekFrom::End(0))?;
    Ok(file)
}

/// A private writable mapping of a new memory file that holds `data` and is sealed for ever.
///
/// Its pages are the file's until they are written; no process can change those.
pub(super) fn sealed_data(name: &CStr, data: &[u8]) -> io::Result<MmapMut> {
    let file = sized_file(memory_file(name, libc::MFD_NOEXEC_SEAL)?, data.len())?;
    let identity = identity(&file)?;
    file.write_all_at(data, 0)?;
    add_seals(&file, libc::F_SEAL_WRITE | libc::F_SEAL_SEAL)?;
    // SAFETY: the file is sealed, so it neither shrinks nor changes.
    let map = unsafe { MmapOptions::new().len(data.len()).map_copy(&file) }?;
    if self::identity(&file)? != identity {
        let _ = file.into_raw_fd();
        return Err(not_ours());
    }
    check_equal(&map, data)?;
    Ok(map)
}

/// `memfd_create`, saying what its pages are for where that must be said.
fn memory_file(name: &CStr, purpose: c_uint) -> io::Result<File> {
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    match memfd_create(name, flags | purpose) {
        // kernels before 6.3 do not know the flags
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => memfd_create(name, flags),
        result => result,
    }
}

fn memfd_create(name: &CStr, flags: c_uint) -> io::Result<File> {
    // The call itself, since C libraries that Rust still supports have no function for it.
    // SAFETY: the name is a string that ends in a zero; the kernel copies it.
    let result = unsafe { libc::syscall(libc::SYS_memfd_create, name.as_ptr(), flags) };
    #[allow(
        clippy::useless_conversion,
        reason = "a long has 32 bits on some targets"
    )]
    let number = i32::try_from(result);
    match number {
        // SAFETY: the kernel has just made this descriptor, for us alone.
        Ok(number) if number >= 0 => Ok(unsafe { File::from_raw_fd(number) }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Moves a file away from the numbers of the standard streams, which programs write to unasked.
fn above_standard_streams(file: File) -> io::Result<File> {
    if file.as_raw_fd() > libc::STDERR_FILENO {
        Ok(file)
    } else {
        file.try_clone()
    }
}

fn add_seals(file: &File, seals: i32) -> io::Result<()> {
    // SAFETY: `fcntl` with this command takes an integer and touches no memory of ours.
    let result = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Maps the file to be read and executed, through a descriptor that cannot write.
fn map(file: &File, identity: Identity, len: usize, piece: &[u8]) -> io::Result<&'static Mmap> {
    // The thread's own table: it may have unshared it from the process's.
    let reader = File::open(format!("/proc/thread-self/fd/{}", file.as_raw_fd()))?;
    if self::identity(&reader)? != identity {
        return Err(io::Error::other(
            "another file was found under our descriptor",
        ));
    }
    // SAFETY: the file cannot shrink, and a piece of it is only read once it has been written;
    // no one else has a descriptor to change it.
    let map = unsafe { MmapOptions::new().len(len).map_exec(&reader) }?;
    check_equal(&map[..piece.len()], piece)?;
    Ok(Box::leak(Box::new(map)))
}

fn check_equal(mapped: &[u8], written: &[u8]) -> io::Result<()> {
    if mapped == written {
        Ok(())
    } else {
        Err(io::Error::other(
            "the mapping does not show what was written to its file",
        ))
    }
}

/// Refuses a write that the kernel would answer with a deadly signal.
fn check_file_size_limit(end: usize) -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a valid place for the answer.
    if unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    if end as libc::rlim_t > limit.rlim_cur {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    Ok(())
}

fn page_size() -> io::Result<usize> {
    // SAFETY: `sysconf` reads a constant of the system.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).map_err(|_| io::Error::last_os_error())
}
