//! Does generated code stay silent where the user's lints are strict?
#![cfg(feature = "macros")]
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    rust_2018_idioms
)]
#![deny(
    unreachable_pub,
    single_use_lifetimes,
    unused_qualifications,
    unused_results
)]
#![deny(elided_lifetimes_in_paths, unsafe_op_in_unsafe_fn, let_underscore_drop)]
#![deny(clippy::all, clippy::pedantic, clippy::undocumented_unsafe_blocks)]
#![deny(
    clippy::multiple_unsafe_ops_per_block,
    clippy::allow_attributes_without_reason
)]
#![deny(
    clippy::absolute_paths,
    clippy::missing_inline_in_public_items,
    clippy::unwrap_used
)]

/// The C library of this program.
#[farcall::foreign_lib(this_process, unsafe(load), unsafe(sync))]
pub mod system {
    use std::ffi::{CStr, CString, c_char, c_int, c_void};

    /// The library.
    pub struct Libc;

    /// What `dup` and its like return.
    #[handle(drop = close, invalid = -1, unsafe(send), unsafe(sync))]
    pub struct Fd(c_int);

    /// A stream.
    #[handle(drop = fclose)]
    pub struct Stream<'path>(*mut c_void);

    /// A text on the heap of C.
    #[handle(drop = free)]
    pub struct Text(*mut c_char);

    /// 0 is well.
    #[status(ok = 0)]
    pub struct Code(c_int);

    unsafe extern "C" {
        pub safe fn abs(number: c_int) -> c_int;
        /// Has its own words.
        #[errno]
        #[null_is_error]
        #[must_use]
        pub safe fn fopen<'path>(path: &'path CStr, mode: &CStr) -> Stream<'path>;
        fn fclose(stream: Stream<'_>) -> c_int;
        #[errno]
        #[null_is_error]
        #[symbol("dup")]
        pub safe fn duplicate(fd: c_int) -> Fd;
        fn close(fd: Fd) -> c_int;
        pub safe fn strdup(text: &CStr) -> Option<Text>;
        fn free(text: Text);
        #[fallible]
        pub safe fn strlen(text: &str) -> usize;
        pub safe fn strchr(text: &CStr, c: c_int) -> Option<&CStr>;
        pub fn sprintf(to: *mut c_char, format: &CStr, ...) -> c_int;
        pub safe fn qsort(
            base: &mut [c_int],
            #[len_of(base)] count: usize,
            size: usize,
            compare: Option<unsafe extern "C" fn(*const c_void, *const c_void) -> c_int>,
        );
        #[symbol("qsort_r")]
        pub safe fn sort_by(
            base: &mut [c_int],
            #[len_of(base)] count: usize,
            size: usize,
            compare: extern "C" fn(a: &c_int, b: &c_int, data: *mut c_void) -> c_int,
            #[context_of(compare)] data: *mut c_void,
        );
        #[optional]
        pub safe fn no_such_listener(
            fd: &Fd,
            listen: Option<extern "C" fn(data: *mut c_void)>,
            #[context_of(listen, until = fd, replaces)] data: *mut c_void,
        ) -> Code;
        #[optional]
        pub safe fn no_such_owner(
            #[fallback(1)] read: Option<extern "C" fn(data: *mut c_void, text: &CStr) -> c_int>,
            write: extern "C" fn(data: *mut c_void),
            #[context_of(read, write, destroy = done)] data: *mut c_void,
            done: Option<unsafe extern "C" fn(*mut c_void)>,
        ) -> Option<Fd>;
        #[optional]
        #[calls_back]
        pub safe fn no_such_caller(self: &Fd);
        #[errno(on = null)]
        pub safe fn getenv(name: &CStr) -> *const c_char;
        #[symbol("getenv")]
        pub safe fn environment(name: &CStr) -> Option<CString>;
        pub safe fn setenv(name: &CStr, value: &CStr, overwrite: c_int) -> Code;
        #[optional]
        pub safe fn no_such_function(n: c_int) -> c_int;
        pub static mut environ: *mut *mut c_char;
    }

    #[since("99")]
    unsafe extern "C" {
        pub safe fn function_of_tomorrow() -> c_int;
    }

    #[lazy]
    unsafe extern "C" {
        pub safe fn labs(number: std::ffi::c_long) -> std::ffi::c_long;
    }
}

#[cfg(target_os = "linux")]
#[test]
fn it_works_as_well() -> farcall::Result<()> {
    use std::ffi::c_void;
    use system::Libc;
    unsafe extern "C" fn compare(a: *const c_void, b: *const c_void) -> i32 {
        // SAFETY: `qsort` passes pointers to elements.
        let a = unsafe { *a.cast::<i32>() };
        // SAFETY: as above.
        a - unsafe { *b.cast::<i32>() }
    }
    let libc = Libc::load()?;
    assert_eq!(
        (libc.abs(-3), libc.labs(-4)?, libc.strlen("four")?),
        (3, 4, 4)
    );
    let mut numbers = [3, 1, 2];
    libc.qsort(&mut numbers, size_of::<i32>(), Some(compare));
    assert_eq!(numbers, [1, 2, 3]);
    let mut comparisons = 0;
    libc.sort_by(&mut numbers, size_of::<i32>(), |a, b| {
        comparisons += 1;
        b - a
    });
    assert_eq!(numbers, [3, 2, 1]);
    assert!(comparisons > 1);
    let text = libc.strdup(c"text");
    assert_eq!(text.as_deref(), Some(c"text"));
    let error = libc.fopen(c"/nonexistent", c"r").map(drop);
    assert!(error.is_err_and(|error| error.to_string().contains("No such file")));
    drop(libc.duplicate(1)?);
    assert!(libc.v99().is_none() && !libc.has_no_such_function());
    assert!(!libc.environ().is_null());
    Ok(())
}
