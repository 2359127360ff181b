//! Is a library closed when nothing uses it, and only then?
#![cfg(unix)] // as `library.rs`

use farcall::{CloseError, Error, ErrorKind, Library};
use std::ffi::c_int;
use std::path::Path;
use support::{Scratch, call, fixture, open};

fn close(library: Library) -> Result<(), CloseError> {
    // SAFETY: nothing of the library is used any more.
    unsafe { library.close() }
}

/// Whether the program has the file mapped.
#[cfg(target_os = "linux")]
fn is_loaded(path: &Path) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.contains(path.to_str().unwrap())
}

#[test]
fn only_when_nothing_made_from_it_is_alive() {
    let scratch = Scratch::new();
    let library = open(scratch.copy("basic", "libfarcall_refused.so"));
    let symbol = library.symbol("farcall_answer").unwrap();
    let clone = library.clone();
    let Err(CloseError::StillInUse(refused)) = close(library) else {
        panic!("closed while in use");
    };
    assert_eq!(refused.users, 2);
    let name = refused.library.name().to_owned();
    assert_eq!(
        refused.to_string(),
        format!("the library is still in use: 2 things made from it are alive (in {name})")
    );
    assert_eq!(call(symbol.library(), "farcall_answer"), 42);

    drop(clone);
    let refused = refused.library.into_libloading().unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("the library is still in use: 1 thing made from it is alive (in {name})")
    );
    drop(symbol);
    close(refused.library).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn it_is_unloaded() {
    let scratch = Scratch::new();
    let path = scratch.copy("unload", "libfarcall_unload.so");
    let (mut reader, writer) = std::io::pipe().unwrap();
    let library = open(&path);
    let pipe = library.symbol("farcall_pipe").unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&writer);
    // SAFETY: the variable is an `int` that nothing else uses now.
    unsafe { *pipe.address().cast::<c_int>().cast_mut() = fd };
    drop(pipe);
    assert!(is_loaded(&path));
    close(library).unwrap();
    assert!(!is_loaded(&path));
    drop(writer);
    let mut told = String::new();
    std::io::Read::read_to_string(&mut reader, &mut told).unwrap();
    assert_eq!(told, "x");
}

#[cfg(target_os = "linux")]
#[test]
fn not_by_dropping() {
    let scratch = Scratch::new();
    let path = scratch.copy("basic", "libfarcall_dropped.so");
    drop(open(&path));
    assert!(is_loaded(&path));
}

#[cfg(target_os = "linux")]
#[test]
fn not_while_another_opening_holds_it() {
    let scratch = Scratch::new();
    let path = scratch.copy("basic", "libfarcall_twice.so");
    let (a, b) = (open(&path), open(&path));
    close(a).unwrap();
    assert!(is_loaded(&path));
    assert_eq!(call(&b, "farcall_answer"), 42);
    close(b).unwrap();
    assert!(!is_loaded(&path));
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn a_refusal_of_the_system_is_reported() {
    use libloading::os::unix;
    // Linked into every Rust program, so that its handle stays valid when it is closed.
    // SAFETY: it is loaded already.
    let library = unsafe { unix::Library::new("libgcc_s.so.1") }.unwrap();
    let handle = library.into_raw();
    // SAFETY: the handle stays valid although it is closed.
    let twice = [(); 2].map(|()| unsafe { unix::Library::from_raw(handle) });
    let [first, second] = twice.map(|l| Library::from(libloading::Library::from(l)));
    close(first).unwrap();
    let error = close(second).unwrap_err();
    let text = error.to_string();
    let said = text.starts_with("the system cannot close the library: /")
        && text.ends_with("shared object not open (in a library opened by libloading)");
    assert!(said, "{text}");
    assert!(matches!(Error::from(error).kind(), ErrorKind::Close { .. }));
}

#[test]
fn the_refusals_become_the_one_error() {
    let library = open(fixture("basic"));
    let _clone = library.clone();
    let error = Error::from(close(library).unwrap_err());
    assert!(matches!(error.kind(), ErrorKind::StillInUse { users: 1 }));
    assert_eq!(error.library(), Some(fixture("basic").to_str().unwrap()));
}

#[test]
fn with_libloading_in_both_directions() {
    let scratch = Scratch::new();
    let path = scratch.copy("basic", "libfarcall_exchange.so");
    let library = open(&path).into_libloading().unwrap();
    // SAFETY: the function has this type.
    let answer = unsafe { library.get::<extern "C" fn() -> c_int>("farcall_answer") };
    assert_eq!(answer.unwrap()(), 42);

    let library = Library::from(library);
    assert_eq!(call(&library, "farcall_answer"), 42);
    assert_eq!(library.name(), "a library opened by libloading");
    drop(library.into_libloading().unwrap());
    #[cfg(target_os = "linux")]
    assert!(
        !std::fs::read_to_string("/proc/self/maps")
            .unwrap()
            .contains("farcall_exchange")
    );
}
