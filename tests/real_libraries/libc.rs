//! The C library.

use std::ffi::{CStr, c_char, c_int, c_long, c_ulong, c_void};
use std::ptr;

use farcall::values;

use super::Api;

const STDLIB: &str = "
    typedef struct { int quot; int rem; } div_t;
    typedef struct { long quot; long rem; } ldiv_t;
    div_t div(int numer, int denom);
    ldiv_t ldiv(long numer, long denom);
    long strtol(const char *restrict nptr, char **restrict endptr, int base);
    void *memcpy(void *restrict dest, const void *restrict src, size_t n);
    char *getenv(const char *name);
    int abs(int j);
    int toupper(int c);
    size_t strlen(const char *s);
    void qsort(void *base, size_t nmemb, size_t size,
               int (*compar)(const void *, const void *));
    int snprintf(char *restrict str, size_t size, const char *restrict format, ...);
    extern char **environ;
    int open(const char *path, int flags, ...);
    int fcntl(int fd, int cmd, ...);
    int ioctl(int fd, unsigned long request, ...);
    int close(int fd);
";

support::foreign_struct!(Division {
    quot: c_int,
    rem: c_int,
});
support::foreign_struct!(LongDivision {
    quot: c_long,
    rem: c_long,
});

fn stdlib() -> Api {
    Api::open("libc.so.6", "libc6", STDLIB).unwrap()
}

#[test]
fn small_structs_come_back_by_value() {
    for api in stdlib().engines() {
        let quotient = api.pure("div", &values![-7, 2]);
        assert_eq!(quotient.to_string(), "{ quot: -3, rem: -1 }");
        let quotient = api.pure("ldiv", &values![1i64 << 40, 1000]);
        assert_eq!(quotient.to_string(), "{ quot: 1099511627, rem: 776 }");
    }
}

#[test]
fn small_structs_come_back_as_rust_structs() {
    let (api, found) = (stdlib(), Division { quot: -3, rem: -1 });
    let div = api.function("div");
    // SAFETY: the declaration is that of the C standard.
    let result: Division = unsafe { div.call((-7, 2)) }.unwrap();
    assert_eq!(result, found);
    let div = div
        .typed::<unsafe extern "C" fn(c_int, c_int) -> Division>()
        .unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { div(-7, 2) }, found);
    let ldiv = api.function("ldiv");
    // SAFETY: as above.
    let result: LongDivision = unsafe { ldiv.call((-7 as c_long, 2 as c_long)) }.unwrap();
    assert_eq!(result, LongDivision { quot: -3, rem: -1 });
}

#[test]
fn numbers_are_read_from_text_and_the_rest_is_pointed_at() {
    let text = c"-7fz";
    for api in stdlib().engines() {
        let mut end: *const c_char = ptr::null();
        let number = api.pure("strtol", &values![text, &mut end, 16]);
        // SAFETY: it points into `text`.
        let rest = unsafe { CStr::from_ptr(end) };
        assert_eq!((number.as_i64(), rest), (Some(-0x7f), c"z"));
    }
    let mut end: *const c_char = ptr::null();
    // SAFETY: the declaration is that of the C standard.
    let number: c_long = unsafe { stdlib().function("strtol").call((text, &mut end, 16)) }.unwrap();
    assert_eq!(number, -0x7f);
}

#[test]
fn an_overflow_is_told_through_errno() {
    const ERANGE: c_int = 34;
    let huge = c"99999999999999999999";
    for api in stdlib().engines() {
        let strtol = api.function("strtol");
        let end = ptr::null::<*const c_char>();
        // SAFETY: the declaration is that of the C standard.
        let (number, errno) = unsafe { strtol.call_values_errno(&values![huge, end, 10]) }.unwrap();
        assert_eq!(number.as_i64(), Some(i64::MAX));
        assert_eq!(errno.0, ERANGE);
    }
}

#[test]
fn bytes_are_copied() {
    for api in stdlib().engines() {
        let (from, mut to) = (*b"sixteen bytes...", [0u8; 16]);
        let result = api.pure("memcpy", &values![&mut to, &from, 7]);
        assert_eq!(result.as_pointer(), Some((&raw mut to).cast()));
        assert_eq!(result.to_string(), format!("{:p}", &raw mut to));
        assert_eq!(&to, b"sixteen\0\0\0\0\0\0\0\0\0");
    }
}

#[test]
fn the_environment_is_the_same() {
    let path = std::env::var("PATH").unwrap();
    for api in stdlib().engines() {
        assert_eq!(api.text("getenv", &values![c"PATH"]), path);
        let none = api.pure("getenv", &values![c"FARCALL_NO_SUCH_VARIABLE"]);
        assert_eq!(none.as_pointer(), Some(ptr::null_mut()));
    }
    // SAFETY: nobody changes the environment meanwhile.
    let environ: *const *const c_char = unsafe { stdlib().variable("environ").get() }.unwrap();
    assert!(!environ.is_null());
}

#[test]
fn small_results_are_right() {
    for api in stdlib().engines() {
        assert_eq!(api.pure("abs", &values![-5]).as_i64(), Some(5));
        assert_eq!(api.pure("toupper", &values![97]).as_i64(), Some(65));
        assert_eq!(api.pure("strlen", &values![c"farcall"]).as_u64(), Some(7));
    }
}

extern "C" fn descending(a: *const c_void, b: *const c_void) -> c_int {
    // SAFETY: `qsort` passes the addresses of elements.
    let a = unsafe { *a.cast::<i32>() };
    // SAFETY: as above.
    let b = unsafe { *b.cast::<i32>() };
    b.cmp(&a) as c_int
}

#[test]
fn a_rust_function_sorts() {
    let sorted = [9, 5, 3, 3, 1, -4];
    for api in stdlib().engines() {
        let mut numbers = [3, -4, 9, 1, 3, 5];
        let arguments = values![&mut numbers[..], 6, 4, descending as *const c_void];
        api.call("qsort", &arguments);
        assert_eq!(numbers, sorted);
    }
    let mut numbers = [3, -4, 9, 1, 3, 5];
    let compare: extern "C" fn(*const c_void, *const c_void) -> c_int = descending;
    let arguments = (&mut numbers[..], 6usize, 4usize, compare);
    // SAFETY: the declaration is that of the C standard.
    unsafe { stdlib().function("qsort").call::<_, ()>(arguments) }.unwrap();
    assert_eq!(numbers, sorted);
}

/// Calls with values, and where they take one, with a tuple too.
#[test]
fn text_is_formatted() {
    for api in stdlib().engines() {
        let mut to = [0u8; 32];
        let length = api.int(
            "snprintf",
            &values![&mut to[..], 32, c"%s: %d%% of %.1f", c"cpu", 12, 3.5f32],
        );
        assert_eq!(&to[..length as usize], b"cpu: 12% of 3.5");
        let arguments = (&mut to[..], 32usize, c"%5.2f|%-4ld|%c", 2.5f32, 7i64, b'x');
        // SAFETY: the arguments are those that the format asks for.
        let length: c_int = unsafe { api.function("snprintf").call(arguments) }.unwrap();
        assert_eq!(&to[..length as usize], b" 2.50|7   |x");
    }
}

#[test]
fn a_file_is_made_with_the_mode_that_is_given() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = support::Scratch::new();
    for api in stdlib().engines() {
        for mode in [0o600, 0o640, 0o400] {
            let engine = api.engine.unwrap();
            let path = scratch.path(&format!("{engine}-{mode:o}"));
            let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
            let flags = libc::O_CREAT | libc::O_WRONLY | libc::O_EXCL;
            let fd = api.int("open", &values![name.as_c_str(), flags, mode]);
            assert!(fd >= 0);
            let found = std::fs::metadata(&path).unwrap().permissions().mode();
            // A usual umask takes nothing from these.
            assert_eq!(found & 0o777, mode);
            assert_eq!(api.int("close", &values![fd]), 0);
            // SAFETY: the declaration is that of the manual.
            let again = unsafe {
                api.function("open")
                    .call_errno::<_, c_int>((&*name, flags, mode))
            };
            let (fd, errno) = again.unwrap();
            assert_eq!((fd, errno.0), (-1, libc::EEXIST));
        }
    }
}

#[test]
fn a_pipe_is_asked_what_it_holds() {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    for api in stdlib().engines() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let fd = reader.as_raw_fd();
        let fionread: c_ulong = libc::FIONREAD;
        for bytes in 1..5 {
            writer.write_all(b"x").unwrap();
            let mut held: c_int = -1;
            assert_eq!(api.int("ioctl", &values![fd, fionread, &mut held]), 0);
            assert_eq!(held, bytes);
            held = -1;
            let arguments = (fd, fionread, &mut held);
            // SAFETY: the declaration is that of the manual, and the request writes an int.
            let done: c_int = unsafe { api.function("ioctl").call(arguments) }.unwrap();
            assert_eq!((done, held), (0, bytes));
        }
    }
}

#[test]
fn a_descriptor_has_flags() {
    use std::os::fd::AsRawFd;
    for api in stdlib().engines() {
        let (reader, _writer) = std::io::pipe().unwrap();
        let (fd, fcntl) = (reader.as_raw_fd(), api.function("fcntl"));
        for flags in [0, libc::FD_CLOEXEC, 0] {
            assert_eq!(api.int("fcntl", &values![fd, libc::F_SETFD, flags]), 0);
            // Here nothing follows the command.
            assert_eq!(
                api.int("fcntl", &values![fd, libc::F_GETFD]),
                i64::from(flags)
            );
            // SAFETY: the declaration is that of the manual.
            let found: c_int = unsafe { fcntl.call((fd, libc::F_GETFD)) }.unwrap();
            assert_eq!(found, flags);
        }
        // SAFETY: as above.
        let (bad, errno) = unsafe { fcntl.call_errno::<_, c_int>((-1, libc::F_GETFD)) }.unwrap();
        assert_eq!((bad, errno.0), (-1, libc::EBADF));
    }
}

/// That is a call by rustc; a call with a tuple needs an engine.
#[test]
fn text_is_formatted_through_a_function_pointer() {
    type Snprintf = unsafe extern "C" fn(*mut c_char, usize, *const c_char, ...) -> c_int;
    let snprintf = stdlib().function("snprintf");
    let pointer = snprintf.typed::<Snprintf>().unwrap();
    let mut to = [0; 16];
    // SAFETY: the arguments are those that the format asks for.
    let length = unsafe { pointer(to.as_mut_ptr(), 16, c"%d %g".as_ptr(), -7, 2.5) };
    assert_eq!(length, 6);
    // SAFETY: the function wrote a text there.
    assert_eq!(unsafe { CStr::from_ptr(to.as_ptr()) }, c"-7 2.5");
    if support::engines().is_empty() {
        // SAFETY: nothing is called.
        let error = unsafe { snprintf.call::<_, c_int>((&mut to[..], 16usize, c"%d", 7)) };
        assert_eq!(
            error.unwrap_err().to_string(),
            "snprintf: a run-time-typed call through jit is not supported: this program was \
             built without farcall's feature `jit` (in libc.so.6)"
        );
    }
}
