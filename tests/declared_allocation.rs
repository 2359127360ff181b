//! Which declared calls allocate?
//!
//! One test after the other: the allocations of a thread are counted.
#![cfg(feature = "macros")]

use farcall::foreign_lib;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::{CStr, OsStr};
use std::path::Path;

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: forwarded to the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: forwarded to the caller.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[foreign_lib(prefix = "decl_", unsafe(sync))]
mod declared {
    use farcall::{ForeignResult, ForeignType};
    use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_uint};
    use std::path::Path;

    pub(super) struct Declared;
    #[derive(ForeignType, ForeignResult, Clone, Copy)]
    #[repr(C)]
    pub(super) struct Point {
        pub(super) x: f64,
        pub(super) y: f64,
    }
    #[derive(ForeignType, Clone, Copy, PartialEq, Debug)]
    #[repr(C)]
    pub(super) enum Mode {
        Off,
        On,
    }
    #[derive(ForeignType, ForeignResult)]
    #[repr(C)]
    pub(super) struct Stream {
        this: *mut Stream,
        total: c_int,
        words: *const c_char,
    }
    #[status(ok = 0)]
    pub(super) struct Status(c_int);
    #[handle(drop = decl_number_close, invalid = -1)]
    pub(super) struct Number(c_int);
    #[handle(drop = decl_stream_end)]
    pub(super) struct Deflate(Box<Stream>);
    #[handle(drop = decl_free)]
    pub(super) struct Text(*mut c_char);

    unsafe extern "C" {
        pub(super) safe fn decl_add(a: c_int, b: c_int) -> c_int;
        #[calls_back]
        #[symbol("decl_add")]
        pub(super) safe fn decl_add_collecting(a: c_int, b: c_int) -> c_int;
        #[optional]
        #[symbol("decl_add")]
        pub(super) safe fn decl_add_optional(a: c_int, b: c_int) -> c_int;
        #[fallible]
        #[symbol("decl_length")]
        pub(super) safe fn decl_length_str(text: &str) -> usize;
        #[fallible]
        #[symbol("decl_length")]
        pub(super) safe fn decl_length_path(text: Option<&Path>) -> usize;
        #[fallible]
        #[symbol("decl_length")]
        pub(super) safe fn decl_length_os(text: &OsStr) -> usize;
        #[symbol("decl_length")]
        pub(super) safe fn decl_length_c(text: Option<&CStr>) -> usize;
        pub(super) safe fn decl_find(text: &CStr, c: c_int) -> Option<&CStr>;
        #[symbol("decl_find")]
        pub(super) safe fn decl_find_copy(text: &CStr, c: c_int) -> Option<CString>;
        pub(super) safe fn decl_copy(text: &CStr) -> Text;
        fn decl_free(text: Text);
        #[fallible]
        pub(super) safe fn decl_dot(x: &[f64], y: &[f64], #[len_of(x, y)] n: c_int) -> f64;
        pub(super) safe fn decl_evens(
            from: &[c_int],
            #[len_of(from)] n: c_int,
            to: &mut [c_int],
            #[len_of(to)] used: *mut c_uint,
        ) -> Status;
        pub(super) safe fn decl_name(which: c_int, #[grow(size)] to: *mut u8, size: c_int)
        -> c_int;
        pub(super) safe fn decl_split(
            x: f64,
            #[out] whole: *mut c_int,
            #[out] rest: *mut f64,
        ) -> f64;
        #[errno(on = -1)]
        pub(super) safe fn decl_fail_errno(reason: c_int) -> c_int;
        pub(super) safe fn decl_mode(n: c_int) -> Mode;
        pub(super) safe fn decl_move(point: &mut Point, by: f64);
        pub(super) safe fn decl_number_store(which: c_int, #[out] number: *mut Number) -> Status;
        #[symbol("decl_number_twice")]
        pub(super) safe fn decl_twice(number: Option<&Number>) -> c_int;
        fn decl_number_close(number: Number) -> c_int;
        pub(super) safe fn decl_stream_init(#[out] stream: *mut Deflate, start: c_int) -> Status;
        pub(super) safe fn decl_stream_add(self: &mut Deflate, n: c_int) -> Status;
        fn decl_stream_end(stream: Deflate) -> Status;
        #[symbol("decl_sum_ints")]
        pub(super) safe fn decl_sum_two(n: c_int, #[variadic] a: c_int, #[variadic] b: i8)
        -> c_int;
        pub(super) fn decl_sum_ints(n: c_int, ...) -> c_int;
        pub(super) safe static decl_answer: c_int;
    }
    #[lazy]
    unsafe extern "C" {
        #[symbol("decl_add")]
        pub(super) safe fn decl_add_lazy(a: c_int, b: c_int) -> c_int;
    }
}

#[foreign_lib(prefix = "cl_", unsafe(sync))]
mod closures {
    use std::ffi::{CStr, c_int, c_void};
    pub(super) struct Closures;
    #[status(ok = 0)]
    pub(super) struct Status(c_int);
    #[handle(drop = cl_close)]
    pub(super) struct Source(*mut c_void);
    unsafe extern "C" {
        pub(super) safe fn cl_each(
            n: c_int,
            visit: Option<extern "C" fn(data: *mut c_void, n: c_int, text: &CStr) -> c_int>,
            #[context_of(visit)] data: *mut c_void,
        ) -> c_int;
        #[symbol("cl_nothing")]
        pub(super) safe fn cl_once(
            f: extern "C" fn(data: *mut c_void),
            #[context_of(f)] data: *mut c_void,
        );
        pub(super) safe fn cl_open(#[out] source: *mut Source) -> Status;
        fn cl_close(source: Source);
        #[calls_back]
        pub(super) safe fn cl_fire(self: &Source, n: c_int) -> c_int;
        pub(super) safe fn cl_set(
            self: &Source,
            #[value(0)] status: c_int,
            visit: extern "C" fn(data: *mut c_void, n: c_int, text: &CStr) -> c_int,
            #[context_of(visit, until = self, replaces)] data: *mut c_void,
        ) -> Status;
    }
}

/// How often `what` allocates, each time after the first.
#[track_caller]
fn allocates(times: usize, what: &str, mut once: impl FnMut()) {
    once();
    let before = COUNT.get();
    (0..10).for_each(|_| once());
    assert_eq!(COUNT.get() - before, 10 * times, "{what}");
}

#[test]
fn do_conversions_allocate() {
    // SAFETY: it is what is declared.
    let lib = unsafe { declared::Declared::load_from(support::fixture("declared")) }.unwrap();
    let long = "long ".repeat(100);
    allocates(0, "numbers", || assert_eq!(lib.add(1, 2), 3));
    allocates(0, "collecting", || assert_eq!(lib.add_collecting(1, 2), 3));
    allocates(0, "optional", || {
        assert_eq!(lib.add_optional(1, 2).unwrap(), 3)
    });
    allocates(0, "lazy", || assert_eq!(lib.add_lazy(1, 2).unwrap(), 3));
    allocates(0, "a short text", || {
        assert_eq!(lib.length_str("short").unwrap(), 5)
    });
    allocates(1, "a long text", || {
        assert_eq!(lib.length_str(&long).unwrap(), 500)
    });
    allocates(0, "a path", || {
        assert_eq!(lib.length_path(Some(Path::new("/tmp"))).unwrap(), 4);
    });
    allocates(0, "no path", || {
        assert_eq!(lib.length_path(None).unwrap(), 999)
    });
    allocates(0, "a text of the system", || {
        assert_eq!(lib.length_os(OsStr::new("os")).unwrap(), 2);
    });
    allocates(0, "a C string", || {
        assert_eq!(lib.length_c(Some(c"text")), 4)
    });
    allocates(0, "a borrowed result", || {
        assert_eq!(lib.find(c"text", 120), Some(c"xt"))
    });
    allocates(1, "a copied result", || {
        assert_eq!(lib.find_copy(c"text", 120).as_deref(), Some(c"xt"));
    });
    allocates(0, "an owned text", || {
        assert_eq!(&*lib.copy(c"text"), c"text")
    });
    allocates(0, "slices", || {
        assert_eq!(lib.dot(&[1.0, 2.0], &[3.0, 4.0]).unwrap(), 11.0)
    });
    allocates(0, "a length out", || {
        assert_eq!(lib.evens(&[1, 2, 4], &mut [0; 3]).unwrap(), 2);
    });
    allocates(1, "a growing buffer", || {
        assert_eq!(lib.name(1).unwrap(), b"one")
    });
    allocates(0, "what C stores", || {
        assert_eq!(lib.split(2.5), (2.5, 2, 0.5))
    });
    allocates(0, "errno", || assert_eq!(lib.fail_errno(0).unwrap(), 3));
    allocates(0, "an enumeration", || {
        assert_eq!(lib.mode(1), declared::Mode::On)
    });
    allocates(0, "a record by reference", || {
        let mut point = declared::Point { x: 1.0, y: 2.0 };
        lib.r#move(&mut point, 2.0);
        assert_eq!((point.x, point.y), (3.0, 2.0));
    });
    allocates(0, "a handle", || {
        let number = lib.number_store(4).unwrap();
        assert_eq!((lib.twice(Some(&number)), lib.twice(None)), (8, -100));
    });
    allocates(1, "a boxed record", || {
        lib.stream_init(1).unwrap().stream_add(2).unwrap()
    });
    allocates(0, "an overload", || assert_eq!(lib.sum_two(2, 3, -1), 2));
    allocates(0, "a variadic function", || {
        // SAFETY: there are as many as it is told.
        assert_eq!(unsafe { lib.sum_ints(2, (3, 4)) }, 7);
    });
    allocates(0, "a variable", || assert_eq!(*lib.answer(), 42));
}

#[test]
fn do_closures_allocate() {
    // SAFETY: it is what is declared.
    let lib = unsafe { closures::Closures::load_from(support::fixture("closures")) }.unwrap();
    let mut calls = 0;
    allocates(0, "lending a closure", || lib.once(|| calls += 1));
    allocates(0, "lending one that may be null", || {
        let text = |_: i32, text: &CStr| text.count_bytes() as i32;
        assert_eq!(lib.each(2, Some(&mut { text })), 7);
    });
    allocates(0, "lending none", || assert_eq!(lib.each(2, None), -100));
    let source = lib.open().unwrap();
    source.set(|n, _| n).unwrap();
    allocates(0, "a call of one that is kept", || {
        assert_eq!(source.fire(3), 3)
    });
    assert_eq!(calls, 11);
}
