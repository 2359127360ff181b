//! The C library.

use std::ffi::{CStr, c_char, c_int, c_long, c_void};
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
