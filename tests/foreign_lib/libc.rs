//! The C library of this program.

use farcall::{ErrorKind, foreign_lib};

#[foreign_lib(this_process, unsafe(load), unsafe(sync))]
mod system {
    use farcall::{ForeignResult, ForeignType};
    use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_long, c_uint, c_void};
    use std::path::Path;

    /// The C library.
    pub(super) struct Libc;

    #[derive(Clone, Copy, PartialEq, Debug, ForeignType, ForeignResult)]
    #[repr(C)]
    pub(super) struct Quotient {
        pub(super) quot: c_int,
        pub(super) rem: c_int,
    }

    #[handle(drop = close, invalid = -1)]
    pub(super) struct Fd(c_int);
    #[handle(drop = free)]
    pub(super) struct Text(*mut c_char);

    unsafe extern "C" {
        pub(super) safe fn labs(number: c_long) -> c_long;
        pub(super) safe fn div(numerator: c_int, denominator: c_int) -> Quotient;
        pub(super) safe fn frexp(x: f64, #[out] exponent: *mut c_int) -> f64;
        pub(super) safe fn modf(x: f64, #[out] whole: *mut f64) -> f64;
        #[fallible]
        pub(super) safe fn atoi(text: &str) -> c_int;
        pub(super) safe fn strcmp(a: &CStr, b: &CStr) -> c_int;
        pub(super) safe fn strstr<'a>(text: &'a CStr, part: &CStr) -> Option<&'a CStr>;
        pub(super) safe fn strdup(text: &CStr) -> Option<Text>;
        fn free(text: Text);
        pub(super) safe fn memchr(
            bytes: &[u8],
            byte: c_int,
            #[len_of(bytes)] n: usize,
        ) -> Option<&u8>;
        #[symbol("getenv")]
        #[fallible]
        pub(super) safe fn variable(name: &OsStr) -> Option<CString>;

        #[errno]
        #[null_is_error]
        pub(super) safe fn open(path: &Path, flags: c_int, #[variadic] mode: c_uint) -> Fd;
        #[errno(on = -1)]
        pub(super) safe fn read(self: &Fd, bytes: &mut [u8], #[len_of(bytes)] n: usize) -> isize;
        #[errno(on = -1)]
        pub(super) safe fn write(self: &Fd, bytes: &[u8], #[len_of(bytes)] n: usize) -> isize;
        #[errno(on = -1)]
        pub(super) safe fn dup(self: &Fd) -> c_int;
        #[errno(on = -1)]
        fn close(fd: Fd) -> c_int;
        #[errno(on = -1)]
        pub(super) safe fn readlink(path: &CStr, #[grow(size)] to: *mut u8, size: usize) -> isize;
        pub(super) fn snprintf(
            to: &mut [u8],
            #[len_of(to)] size: usize,
            format: &CStr,
            ...
        ) -> c_int;
        pub(super) fn qsort(
            base: *mut c_void,
            count: usize,
            size: usize,
            compare: Option<unsafe extern "C" fn(*const c_void, *const c_void) -> c_int>,
        );
    }
}

use system::{Libc, Quotient};

fn library() -> Libc {
    Libc::global().expect("the C library of this program")
}

#[test]
fn numbers_and_texts_are_those_of_c() {
    let libc = library();
    assert_eq!(libc.labs(-5), 5);
    assert_eq!(libc.div(-7, 2), Quotient { quot: -3, rem: -1 });
    assert_eq!(libc.frexp(10.0), (0.625, 4));
    assert_eq!(libc.modf(-2.5), (-0.5, -2.0));
    assert_eq!(libc.atoi(" 42 apples").unwrap(), 42);
    assert!(libc.strcmp(c"a", c"b") < 0);
    let text = c"found at run time".to_owned();
    assert_eq!(libc.strstr(&text, c"run"), Some(c"run time"));
    assert_eq!(libc.strdup(&text).as_deref(), Some(&*text));
    let bytes = [1, 2, 3];
    let found = libc.memchr(&bytes, 2).expect("it is there");
    assert!(std::ptr::eq(found, &raw const bytes[1]));
    assert_eq!(libc.memchr(&bytes, 9), None);
    assert_eq!(libc.variable("FARCALL_IS_NOT_SET".as_ref()).unwrap(), None);
    let path = std::env::var("PATH").unwrap();
    let found = libc.variable("PATH".as_ref()).unwrap();
    assert_eq!(found.unwrap().to_str(), Ok(&*path));
}

#[test]
fn files_are_handles() -> farcall::Result<()> {
    let libc = library();
    let scratch = support::Scratch::new();
    let path = scratch.path("note");
    let (write, create) = (libc::O_WRONLY, libc::O_CREAT);
    let file = libc.open(&path, write | create, 0o600)?;
    assert_eq!(file.write(b"found at run time")?, 17);
    assert!(
        matches!(file.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::Errno(e) if e.0 == libc::EBADF)
    );
    file.close()?;
    let file = libc.open(&path, libc::O_RDONLY, 0)?;
    let mut bytes = [0; 99];
    assert_eq!(file.read(&mut bytes)?, 17);
    assert_eq!(bytes[..17], *b"found at run time");
    let missing = libc
        .open(&scratch.path("none"), libc::O_RDONLY, 0)
        .unwrap_err();
    assert!(
        matches!(missing.kind(), ErrorKind::Errno(e) if e.0 == libc::ENOENT),
        "{missing}"
    );
    Ok(())
}

#[test]
fn buffers_grow_for_links() {
    let libc = library();
    let error = libc.readlink(c"/nonexistent").unwrap_err();
    assert!(error.to_string().starts_with("readlink: errno"), "{error}");
}

#[test]
fn formats_are_unsafe() {
    let mut text = [0; 32];
    // SAFETY: the arguments are those of the format.
    let length = unsafe { library().snprintf(&mut text, c"%s=%.1f", (c"x", 0.5f32)) };
    assert_eq!((length, &text[..6]), (5, b"x=0.5\0".as_slice()));
}

#[test]
fn functions_of_rust_pass_as_they_are() {
    unsafe extern "C" fn descending(
        a: *const std::ffi::c_void,
        b: *const std::ffi::c_void,
    ) -> std::ffi::c_int {
        // SAFETY: `qsort` passes pointers to elements.
        let (a, b) = unsafe { (*a.cast::<i32>(), *b.cast::<i32>()) };
        b.cmp(&a) as _
    }
    let mut numbers = [3, 9, 1];
    // SAFETY: the array has as many elements of this size.
    unsafe { library().qsort(numbers.as_mut_ptr().cast(), 3, 4, Some(descending)) };
    assert_eq!(numbers, [9, 3, 1]);
}
