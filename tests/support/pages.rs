//! Pages of memory whose access is chosen.

use std::io;

/// What may be done with a page.
#[derive(Clone, Copy)]
pub enum Access {
    /// Nothing: touching it is a fault.
    None,
    /// Reading and executing.
    Execute,
}

/// New pages, all zeros, which may be read and written until it is said otherwise.
pub struct Pages {
    start: *mut u8,
    len: usize,
}

impl Pages {
    /// Takes `len` bytes.
    ///
    /// # Panics
    /// If the system has none.
    #[must_use]
    pub fn new(len: usize) -> Self {
        let start = imp::allocate(len);
        assert!(!start.is_null(), "{}", io::Error::last_os_error());
        Self { start, len }
    }

    /// The first byte.
    #[must_use]
    pub fn start(&self) -> *mut u8 {
        self.start
    }

    /// Changes what may be done with the pages of the `len` bytes from `offset`.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn protect(&self, offset: usize, len: usize, access: Access) {
        assert!(offset + len <= self.len);
        let start = self.start.wrapping_add(offset);
        let done = imp::protect(start, len, access);
        assert!(done, "{}", io::Error::last_os_error());
    }

    /// The size of a page.
    #[must_use]
    pub fn size() -> usize {
        imp::page_size()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        imp::free(self.start, self.len);
    }
}

#[cfg(unix)]
mod imp {
    use super::Access;
    use std::ptr::null_mut;

    pub(super) fn allocate(len: usize) -> *mut u8 {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
        // SAFETY: new memory that nobody else knows.
        let start = unsafe { libc::mmap(null_mut(), len, access, flags, -1, 0) };
        match start == libc::MAP_FAILED {
            true => null_mut(),
            false => start.cast(),
        }
    }

    pub(super) fn protect(start: *mut u8, len: usize, access: Access) -> bool {
        let access = match access {
            Access::None => libc::PROT_NONE,
            Access::Execute => libc::PROT_READ | libc::PROT_EXEC,
        };
        // SAFETY: pages of an allocation, to which its user has no reference.
        unsafe { libc::mprotect(start.cast(), len, access) == 0 }
    }

    pub(super) fn free(start: *mut u8, len: usize) {
        // SAFETY: what was allocated, and is used no more.
        unsafe { libc::munmap(start.cast(), len) };
    }

    pub(super) fn page_size() -> usize {
        // SAFETY: it takes a number and gives one.
        unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
    }
}

#[cfg(windows)]
mod imp {
    use super::Access;
    use std::ffi::c_void;
    use std::ptr::null_mut;

    const MEM_COMMIT_RESERVE: u32 = 0x3000;
    const MEM_RELEASE: u32 = 0x8000;
    const PAGE_NOACCESS: u32 = 0x01;
    const PAGE_READWRITE: u32 = 0x04;
    const PAGE_EXECUTE_READ: u32 = 0x20;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn VirtualAlloc(start: *mut c_void, len: usize, kind: u32, access: u32) -> *mut c_void;
        fn VirtualProtect(start: *mut c_void, len: usize, access: u32, old: *mut u32) -> i32;
        fn VirtualFree(start: *mut c_void, len: usize, kind: u32) -> i32;
    }

    pub(super) fn allocate(len: usize) -> *mut u8 {
        // SAFETY: new memory that nobody else knows.
        unsafe { VirtualAlloc(null_mut(), len, MEM_COMMIT_RESERVE, PAGE_READWRITE) }.cast()
    }

    pub(super) fn protect(start: *mut u8, len: usize, access: Access) -> bool {
        let access = match access {
            Access::None => PAGE_NOACCESS,
            Access::Execute => PAGE_EXECUTE_READ,
        };
        let mut old = 0;
        // SAFETY: pages of an allocation, to which its user has no reference.
        unsafe { VirtualProtect(start.cast(), len, access, &raw mut old) != 0 }
    }

    pub(super) fn free(start: *mut u8, _len: usize) {
        // SAFETY: what was allocated, and is used no more.
        unsafe { VirtualFree(start.cast(), 0, MEM_RELEASE) };
    }

    pub(super) fn page_size() -> usize {
        4096
    }
}
