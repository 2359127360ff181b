//! Is a library found under its names, and said to be missing or incomplete in full?

use crate::declared::{Declared, load};
use farcall::{ErrorKind, Library, Presence, foreign_lib};
use std::marker::PhantomData;

#[foreign_lib(names("farcall_no_such_library", "farcall_nor_this"), unsafe(load))]
mod missing {
    pub(super) struct Missing;
}

#[foreign_lib(unsafe(sync))]
mod incomplete {
    use std::ffi::c_int;
    pub(super) struct Incomplete;
    unsafe extern "C" {
        pub(super) safe fn decl_add(a: c_int, b: c_int) -> c_int;
        pub(super) safe fn decl_no_such_function(a: c_int) -> c_int;
        #[symbol("decl_nor_this", "decl_nor_its_older_name")]
        pub(super) safe fn decl_nor(a: c_int) -> c_int;
        pub(super) safe static decl_no_such_variable: c_int;
    }
}

/// The line of `decl_no_such_function` above.
const LINE: u32 = 18;

#[foreign_lib(
    names(
        linux = ["libfarcall_nonexistent.so.9", "libm.so.6", "libz.so.1"],
        "farcall_not_for_this_system",
    ),
    unsafe(load),
    unsafe(sync)
)]
mod versions {
    use std::ffi::CStr;
    pub(super) struct Versions;
    unsafe extern "C" {
        #[symbol("zlibVersion")]
        pub(super) safe fn version() -> &'static CStr;
    }
}

#[foreign_lib(names("m", windows = "msvcrt.dll"), unsafe(load))]
mod confined {
    pub(super) struct Confined;
    #[handle]
    pub(super) struct Handle(*mut u8);
    unsafe extern "C" {
        pub(super) safe fn cos(x: f64) -> f64;
    }
}

#[foreign_lib(this_process)]
mod process {
    use std::ffi::{CStr, c_int};
    pub(super) struct Process;
    unsafe extern "C" {
        pub(super) safe fn abs(number: c_int) -> c_int;
        pub(super) safe fn strlen(text: &CStr) -> usize;
    }
}

#[test]
fn every_name_that_was_tried_is_told() {
    let error = missing::Missing::load().unwrap_err();
    let ErrorKind::Open { attempts } = error.kind() else {
        panic!("{error}");
    };
    let names: Vec<_> = attempts.iter().map(|attempt| &*attempt.name).collect();
    let file = |name: &str| {
        let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        format!("{prefix}{name}{suffix}")
    };
    assert_eq!(
        names,
        [file("farcall_no_such_library"), file("farcall_nor_this")]
    );
    assert!(attempts.iter().all(|attempt| !attempt.reason.is_empty()));
}

#[test]
fn every_missing_symbol_is_told_with_its_line() {
    // SAFETY: the fixture's functions are not called.
    let error = unsafe { incomplete::Incomplete::load_from(support::fixture("declared")) };
    let error = error.unwrap_err();
    let ErrorKind::Symbols { missing, .. } = error.kind() else {
        panic!("{error}");
    };
    let found: Vec<_> = missing
        .iter()
        .map(|symbol| (symbol.names.join(" "), symbol.line))
        .collect();
    assert_eq!(
        found,
        [
            ("decl_no_such_function".to_owned(), LINE),
            ("decl_nor_this decl_nor_its_older_name".to_owned(), LINE + 2),
            ("decl_no_such_variable".to_owned(), LINE + 3),
        ]
    );
    assert!(
        missing
            .iter()
            .all(|symbol| symbol.file.ends_with("loading.rs"))
    );
    let text = error.to_string();
    let line = format!("loading.rs:{LINE}): ");
    assert!(
        text.starts_with("the library lacks 3 symbols:\n") && text.contains(&line),
        "{text}"
    );
    let library = error.library().expect("its name");
    assert!(library.ends_with(&*support::fixture("declared").to_string_lossy()));
}

#[cfg(target_os = "linux")]
#[test]
fn names_are_tried_in_order_until_one_has_everything() {
    // SAFETY: zlib's initialisers need nothing.
    if unsafe { Library::open("libz.so.1") }.is_err() {
        return support::not_asked("version lists", "zlib is not installed");
    }
    let library = versions::Versions::load().unwrap();
    assert!(library.version().to_bytes().starts_with(b"1."));
    assert_eq!(library.library().name(), "libz.so.1");
}

#[test]
fn a_library_is_loaded_once() {
    let (one, two) = (load(), load());
    assert!(std::ptr::eq(one.library(), two.library()));
    let open = support::open(support::fixture("declared"));
    // SAFETY: the fixture is what is declared.
    let three = unsafe { Declared::from_library(open) }.unwrap();
    assert!(std::ptr::eq(one.library(), three.library()));
}

#[test]
fn two_instances_live_side_by_side() {
    let scratch = support::Scratch::new();
    // SAFETY: it is a copy of the fixture.
    let other = unsafe { Declared::load_from(scratch.copy("declared", "second.so")) }.unwrap();
    assert_ne!(load().counter(), other.counter());
    assert_eq!((load().add(1, 1), other.add(2, 2)), (2, 4));
}

#[test]
fn what_is_no_library_is_refused() {
    let scratch = support::Scratch::new();
    let path = scratch.write("text.so", "this is no library");
    // SAFETY: nothing can be loaded.
    let error = unsafe { Declared::load_from(path) }.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Open { .. }), "{error}");
}

/// Whether a type may be sent to another thread.
struct Sent<T>(PhantomData<T>);
trait NotSent {
    const SENT: bool = false;
}
impl<T> NotSent for Sent<T> {}
impl<T: Send> Sent<T> {
    const SENT: bool = true;
}

#[test]
fn without_the_claim_one_thread_has_the_library() {
    const {
        assert!(!Sent::<confined::Confined>::SENT && !Sent::<confined::Handle>::SENT);
        assert!(Sent::<Declared>::SENT);
    }
    let here = confined::Confined::load().unwrap();
    assert_eq!(here.cos(0.0), 1.0);
    confined::Confined::global().unwrap();
    let elsewhere = || {
        let load = confined::Confined::load().map(drop);
        [load, confined::Confined::global().map(drop)]
    };
    for result in std::thread::spawn(elsewhere).join().unwrap() {
        let error = result.unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::Thread {
                    declaration: "Confined"
                }
            ),
            "{error}"
        );
        assert!(error.to_string().contains("unsafe(sync)"), "{error}");
    }
    assert!(confined::Confined::load().is_ok());
}

#[test]
fn an_error_of_all_is_kept() {
    let text = || missing::Missing::global().unwrap_err().to_string();
    assert_eq!(text(), text());
    assert!(text().contains("farcall_nor_this"));
}

#[cfg(unix)]
#[test]
fn the_running_program_is_a_library_too() {
    // SAFETY: the C library is part of the program.
    let process = unsafe { process::Process::load() }.unwrap();
    assert_eq!((process.abs(-3), process.strlen(c"four")), (3, 4));
}

#[test]
fn an_instance_keeps_its_library_open() {
    let scratch = support::Scratch::new();
    let path = scratch.copy("declared", "kept.so");
    // SAFETY: it is a copy of the fixture.
    let declared = unsafe { Declared::load_from(path) }.unwrap();
    // SAFETY: nothing of the library is used afterwards, if it were closed.
    assert!(unsafe { Library::close(declared.library().clone()) }.is_err());
    assert_eq!(declared.add(1, 2), 3);
}

#[test]
fn the_declaration_says_what_is_declared() {
    let declaration = incomplete::Incomplete::DECLARATION;
    assert_eq!(declaration.name(), "Incomplete");
    assert!(declaration.file().ends_with("loading.rs"));
    let functions: Vec<_> = declaration
        .functions()
        .map(|f| (f.name(), f.method(), f.line()))
        .collect();
    assert_eq!(
        functions[1],
        ("decl_no_such_function", "decl_no_such_function", LINE)
    );
    assert_eq!(functions[2].0, "decl_nor_this");
    assert_eq!(declaration.variables().count(), 1);
    let here = Declared::DECLARATION;
    assert!(
        here.functions()
            .all(|function| function.method() != "never")
    );
    let of = |name| here.function(name).unwrap().presence();
    assert_eq!(
        (of("decl_add"), of("decl_v2_a")),
        (Presence::Required, Presence::Since("2"))
    );
    let text = |name| here.function(name).unwrap().prototype().unwrap();
    assert_eq!(
        text("decl_middle"),
        "struct Point decl_middle(struct Line line)"
    );
    assert_eq!(
        text("decl_stream_init"),
        "int decl_stream_init(Stream *stream, int start)"
    );
    assert_eq!(text("decl_number_open"), "int decl_number_open(int which)");
    assert_eq!(
        text("decl_dot"),
        "double decl_dot(const double *x, const double *y, int n)"
    );
    assert_eq!(text("decl_option"), "double decl_option(int option, ...)");
    assert_eq!(text("decl_mode"), "int32_t decl_mode(int n)");
    let all = here
        .functions()
        .map(|function| function.prototype().unwrap());
    assert!(all.count() > 70);
}

#[cfg(any(feature = "jit", feature = "libffi"))]
#[test]
fn what_is_declared_can_be_called_at_run_time() {
    use crate::declared::{Line, Point};
    let lib = load();
    let bind = |name: &str| {
        let declared = Declared::DECLARATION.function(name).unwrap();
        lib.library()
            .function_as(declared.name(), declared.ty().unwrap())
            .unwrap()
    };
    // SAFETY: the declaration is that of the fixture.
    let sum: i32 = unsafe { bind("decl_add").call((2, 3)) }.unwrap();
    assert_eq!(sum, 5);
    let point = |x, y| Point { x, y };
    let line = Line {
        from: point(0.0, 1.0),
        to: point(2.0, 3.0),
        tag: 0,
    };
    // SAFETY: as above.
    let middle: Point = unsafe { bind("decl_middle").call((line,)) }.unwrap();
    assert_eq!(middle, point(1.0, 2.0));
    // SAFETY: as above.
    let length: usize = unsafe { bind("decl_length").call((c"four",)) }.unwrap();
    assert_eq!(length, 4);
}
