//! How libraries are found, opened, missed and closed.

use farcall::{CloseError, Error, ErrorKind, Library};
use std::ffi::{OsStr, c_void};
use std::path::{Path, PathBuf};
use support::{Scratch, call, fixture, fixtures, open};

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetModuleHandleW(name: *const u16) -> *mut c_void;
}

/// Whether the program has a library of this file name.
fn is_loaded(name: &str) -> bool {
    let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
    // SAFETY: the name ends in a zero.
    unsafe { !GetModuleHandleW(name.as_ptr()).is_null() }
}

fn fails(name: impl AsRef<OsStr>) -> Error {
    // SAFETY: what is no library has no initialisers.
    unsafe { Library::open(name) }.expect_err("an error")
}

#[test]
fn names_become_file_names() {
    for (name, file) in [
        ("kernel32", "kernel32.dll"),
        ("kernel32.dll", "kernel32.dll"),
        ("KERNEL32.DLL", "KERNEL32.DLL"),
        ("msvcrt", "msvcrt.dll"),
    ] {
        assert_eq!(open(name).name(), file);
    }
}

#[test]
fn paths_are_taken_in_every_spelling() {
    let path = fixture("basic");
    let text = path.to_str().unwrap();
    let here = std::env::current_dir().unwrap();
    let up = "..\\".repeat(here.components().count() - 2);
    let relative = format!("{up}{}", text.trim_start_matches(['/', '\\']));
    for path in [text.replace('\\', "/"), text.replace('/', "\\"), relative] {
        let library = open(&path);
        assert_eq!(library.name(), path);
        assert_eq!(call(&library, "farcall_answer"), 42);
    }
}

#[test]
fn directories_and_files_may_have_any_name() {
    let scratch = Scratch::new();
    let dir = scratch.path("größe 漢字");
    std::fs::create_dir(&dir).unwrap();
    let path = dir.join("ファイル.dll");
    std::fs::copy(fixture("basic"), &path).unwrap();
    assert_eq!(call(&open(&path), "farcall_answer"), 42);
    let options = Library::options().search_dir(&dir);
    // SAFETY: the fixture may be loaded.
    let library = unsafe { options.open("ファイル") }.unwrap();
    assert_eq!(Path::new(library.name()), path);
}

#[test]
fn what_a_library_needs_is_found_beside_it() {
    let path = fixture("needy");
    let text = path.to_str().unwrap();
    for path in [text.to_owned(), text.replace('\\', "/")] {
        assert_eq!(call(&open(path), "farcall_need"), 12);
    }
    let options = Library::options().search_dir(fixtures());
    // SAFETY: the fixture may be loaded.
    let library = unsafe { options.open("farcall_needy") }.unwrap();
    assert_eq!(call(&library, "farcall_need"), 12);
}

#[test]
fn what_a_library_lacks_is_named() {
    let error = fails(fixture("broken")).to_string();
    assert!(
        error.ends_with("(it needs farcall_nowhere.dll, not found)"),
        "{error}"
    );
}

#[test]
fn files_that_are_no_library_for_this_program_are_explained() {
    let scratch = Scratch::new();
    let text = fails(scratch.write("text.dll", "no library")).to_string();
    assert!(
        text.ends_with("(the file is no library of Windows)"),
        "{text}"
    );
    let mut bytes = std::fs::read(fixture("basic")).unwrap();
    let header = u32::from_le_bytes(bytes[0x3c..0x40].try_into().unwrap()) as usize;
    bytes[header + 4..header + 6].copy_from_slice(&0x14cu16.to_le_bytes());
    let text = fails(scratch.write("x86.dll", bytes)).to_string();
    assert!(
        text.ends_with("(the file is for x86, the program for x86-64)"),
        "{text}"
    );
}

#[test]
fn every_name_that_was_tried_is_listed_with_its_reason() {
    let text = fails("farcall_nosuch").to_string();
    assert!(
        text.starts_with("cannot open the library farcall_nosuch.dll: "),
        "{text}"
    );
    assert!(text.contains("126"), "{text}");
    let options = Library::options().search_dir(r"C:\nosuch");
    // SAFETY: nothing is loaded.
    let error = unsafe { options.open_any(["farcall_a", r".\b.dll"]) }.unwrap_err();
    let names: Vec<_> = match error.kind() {
        ErrorKind::Open { attempts } => attempts.iter().map(|one| one.name.as_str()).collect(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        names,
        [r"C:\nosuch\farcall_a.dll", "farcall_a.dll", r".\b.dll"]
    );
}

#[test]
fn raw_flags_reach_the_system() {
    const SEARCH_SYSTEM32: u32 = 0x800;
    let scratch = Scratch::new();
    let here = std::env::current_exe().unwrap();
    let beside: PathBuf = here.with_file_name("farcall_beside.dll");
    std::fs::write(&beside, std::fs::read(fixture("basic")).unwrap()).unwrap();
    let options = Library::options().raw_flags(SEARCH_SYSTEM32);
    // SAFETY: the library of the system is loaded already.
    assert!(unsafe { options.open("kernel32") }.is_ok());
    // SAFETY: nothing is loaded.
    assert!(unsafe { options.open("farcall_beside") }.is_err());
    assert_eq!(call(&open("farcall_beside"), "farcall_answer"), 42);
    drop(scratch);
}

#[test]
fn symbols_that_are_missing_are_named_with_their_library() {
    let path = fixture("basic");
    let error = open(&path).symbol("farcall_nosuch").unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Symbol { .. }),
        "{error:?}"
    );
    assert_eq!(error.symbol(), Some("farcall_nosuch"));
    let text = error.to_string();
    assert!(
        text.starts_with("farcall_nosuch: no such symbol: "),
        "{text}"
    );
    assert!(
        text.ends_with(&format!("(in {})", path.display())),
        "{text}"
    );
    let program = Library::this().unwrap();
    assert_eq!(program.name(), "this program");
    assert!(program.symbol("malloc").is_err());
}

#[test]
fn a_library_is_closed_when_nothing_uses_it_and_not_by_dropping() {
    let scratch = Scratch::new();
    let path = scratch.copy("basic", "farcall_closed.dll");
    drop(open(&path));
    assert!(is_loaded("farcall_closed.dll"), "dropping unloads nothing");
    let (a, b) = (open(&path), open(&path));
    let symbol = a.symbol("farcall_answer").unwrap();
    // SAFETY: nothing of it is used afterwards.
    let a = match unsafe { a.close() } {
        Err(CloseError::StillInUse(refused)) => refused.library,
        other => panic!("{other:?}"),
    };
    assert_eq!(call(symbol.library(), "farcall_answer"), 42);
    drop(symbol);
    for library in [a, b] {
        // SAFETY: as above.
        unsafe { library.close() }.unwrap();
        assert!(
            is_loaded("farcall_closed.dll"),
            "the one that was dropped holds it"
        );
    }
}

#[test]
fn the_last_one_to_close_unloads() {
    let scratch = Scratch::new();
    let path = scratch.copy("basic", "farcall_unloaded.dll");
    let (a, b) = (open(&path), open(&path));
    // SAFETY: nothing of it is used afterwards.
    unsafe { a.close() }.unwrap();
    assert_eq!(call(&b, "farcall_answer"), 42);
    // SAFETY: as above.
    unsafe { b.close() }.unwrap();
    assert!(!is_loaded("farcall_unloaded.dll"));
}
