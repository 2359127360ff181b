//! Exceptions and jumps of C and C++.

use std::ffi::{c_int, c_void};

use farcall::Library;

use super::{
    Callback, Middle, SHAPES, address, call_bare, call_in_middle, count, variants, with_arguments,
};

/// The fixture in C++, if there was a compiler for it.
pub(super) fn throwing() -> Option<Library> {
    let path = support::fixture("throwing");
    if !path.exists() {
        support::not_asked("C++ exceptions", "no C++ compiler was found at build time");
        return None;
    }
    Some(support::open(path))
}

/// Calls every shape of `prefix` inside `catch` and gives what that returned to `check`, with how
/// often Rust values were dropped and whether the call returned.
fn run<R>(
    library: &Library,
    prefix: &str,
    callback: Callback,
    catch: impl Fn(Callback, *mut c_void) -> R,
    check: impl Fn(&str, i64, R, &Middle<'_>),
) {
    for (shape, expected) in SHAPES {
        if prefix == "jump" && ["win", "shadow"].contains(shape) {
            continue;
        }
        with_arguments(shape, |arguments| {
            for function in variants(library, prefix, shape) {
                let mut middle = Middle {
                    function: &function,
                    arguments,
                    returned: false,
                    dropped: 0,
                };
                let caught = catch(callback, (&raw mut middle).cast());
                let what = format!("{function:?}, {:?}", function.engine());
                check(&what, *expected, caught, &middle);
            }
        });
    }
}

#[test]
fn a_cpp_exception_passes_over_rust_to_cpp_and_everything_is_destroyed() {
    type Catch = unsafe extern "C-unwind" fn(Callback, *mut c_void) -> i64;
    let Some(library) = throwing() else { return };
    // SAFETY: the function has this type.
    let catch: Catch = unsafe { std::mem::transmute(address(&library, "throwing_catch")) };
    let destroyed = || count(&library, "throwing_destroyed");
    run(
        &library,
        "throw",
        call_in_middle,
        |callback, middle| {
            let before = destroyed();
            // SAFETY: the callback takes this pointer.
            (unsafe { catch(callback, middle) }, destroyed() - before)
        },
        |what, expected, (caught, destroyed), middle| {
            assert_eq!((caught, middle.returned), (expected, false), "{what}");
            assert_eq!((middle.dropped, destroyed), (1, 2), "{what}");
        },
    );
}

fn land(library: &Library) -> impl Fn(Callback, *mut c_void) -> c_int {
    type Land = unsafe extern "C-unwind" fn(Callback, *mut c_void) -> c_int;
    // SAFETY: the function has this type.
    let land: Land = unsafe { std::mem::transmute(address(library, "raising_land")) };
    // SAFETY: the callbacks take these pointers.
    move |callback, middle| unsafe { land(callback, middle) }
}

// On Windows it is an exception of the system's, which visits frames that have handlers only.
#[cfg(target_os = "linux")]
#[test]
fn an_unwinding_without_language_passes_and_cleanups_run() {
    let library = support::open(support::fixture("raising"));
    let (land, cleanups) = (land(&library), || count(&library, "raising_cleanups"));
    run(
        &library,
        "raise",
        call_in_middle,
        |callback, middle| {
            let before = cleanups();
            (land(callback, middle), cleanups() - before)
        },
        |what, _, (how, cleanups), middle| {
            assert_eq!((how, middle.returned), (1, false), "{what}");
            assert_eq!((middle.dropped, cleanups), (1, 1), "{what}");
        },
    );
}

#[test]
fn a_jump_passes_over_frames_that_have_nothing_to_drop() {
    let library = support::open(support::fixture("raising"));
    let land = land(&library);
    run(&library, "jump", call_bare, land, |what, _, how, middle| {
        assert_eq!((how, middle.returned), (1, false), "{what}");
    });
}

#[test]
#[cfg(all(target_arch = "x86_64", target_os = "linux", feature = "libffi"))]
fn what_libffi_cannot_unwind_is_refused_before_the_call() {
    use farcall::{Engine, ErrorKind};
    let library = support::open(support::fixture("raising"));
    let declarations = super::declarations("raise");
    let shadow = library.function_in(&declarations, "raise_shadow").unwrap();
    let shadow = shadow.with_engine(Engine::Libffi).unwrap();
    // SAFETY: the declaration is that of the fixture.
    let error = unsafe { shadow.call_unwind(&farcall::values![1, 2.0]) }.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Unsupported { .. }),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.contains("raise_shadow") && text.contains("Win64"),
        "{text}"
    );
    // SAFETY: with these arguments it raises nothing.
    let result = unsafe { shadow.call_values(&farcall::values![0, 2.0]) }.unwrap();
    assert_eq!(result.as_i64(), Some(0));
}
