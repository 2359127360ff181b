//! Is every library that cannot be opened explained?
#![cfg(unix)] // as `library.rs`

use farcall::{Error, ErrorKind, Library};
use std::ffi::OsStr;
use std::path::Path;
use support::{Scratch, fixture};

fn fails(name: impl AsRef<OsStr>) -> Error {
    // SAFETY: what is no library has no initialisers.
    unsafe { Library::open(name) }.expect_err("an error")
}

fn attempts(error: &Error) -> usize {
    match error.kind() {
        ErrorKind::Open { attempts } => attempts.len(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nul_bytes_are_refused_before_anything_is_tried() {
    let scratch = Scratch::new();
    let path = scratch.copy("basic", "libfarcall_untouched.so");
    // SAFETY: nothing is loaded.
    let error = unsafe { Library::open_any([path.as_os_str(), OsStr::new("m\0n")]) };
    let error = error.unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"a library name contains a NUL byte: "m\0n""#
    );
    assert!(matches!(error.kind(), ErrorKind::Nul { .. }));
    // SAFETY: nothing is loaded.
    let error = unsafe { Library::options().search_dir("/a\0").open("m") }.unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"a search directory contains a NUL byte: "/a\0""#
    );
    #[cfg(target_os = "linux")]
    assert!(
        !std::fs::read_to_string("/proc/self/maps")
            .unwrap()
            .contains("untouched")
    );
}

#[test]
fn no_names_and_empty_names() {
    // SAFETY: nothing is loaded.
    let error = unsafe { Library::open_any([""; 0]) }.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no name or path was given for the library"
    );
    let error = fails("");
    assert_eq!(
        error.to_string(),
        r#"cannot open the library "": the name is empty"#
    );
    assert_eq!(attempts(&error), 1);
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn every_name_that_was_tried_is_listed_with_its_reason() {
    assert_eq!(
        fails("farcall_nosuch").to_string(),
        "cannot open the library libfarcall_nosuch.so: \
         cannot open shared object file: No such file or directory"
    );
    let options = Library::options().search_dir("/nosuch");
    // SAFETY: nothing is loaded.
    let error = unsafe { options.open_any(["farcall_a", "./b.so", ""]) }.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot open the library under any of its names:
  /nosuch/libfarcall_a.so: cannot open shared object file: No such file or directory
  libfarcall_a.so: cannot open shared object file: No such file or directory
  ./b.so: cannot open shared object file: No such file or directory
  \"\": the name is empty"
    );
    assert_eq!(attempts(&error), 4);
}

#[cfg(all(target_os = "linux", target_env = "gnu", target_endian = "little"))]
#[test]
fn files_that_are_no_library_for_this_program_are_explained() {
    let scratch = Scratch::new();
    let library = std::fs::read(fixture("basic")).unwrap();
    let changed = |name: &str, at: usize, byte: u8| {
        let mut bytes = library.clone();
        bytes[at] = byte;
        scratch.write(name, bytes)
    };
    let says = |path: &Path, reason: &str| {
        let expected = format!("cannot open the library {}: {reason}", path.display());
        assert_eq!(fails(path).to_string(), expected);
    };
    says(&scratch.dir(), "cannot read file data: Is a directory");
    says(
        &scratch.write("empty.so", ""),
        "file too short (the file is no ELF library)",
    );
    let script = format!("/* GNU ld script */ {}", " ".repeat(100));
    says(
        &scratch.write("script.so", script),
        "invalid ELF header (the file is no ELF library)",
    );
    let here = if cfg!(target_arch = "x86_64") {
        "x86-64"
    } else {
        "AArch64"
    };
    says(
        &changed("machine.so", 18, 243),
        &format!(
            "cannot open shared object file: No such file or directory \
             (the file is for 64-bit RISC-V, the program for {here})"
        ),
    );
    let class = fails(changed("class.so", 4, 1)).to_string();
    assert!(
        class.contains("wrong ELF class: ELFCLASS32 (the file is for "),
        "{class}"
    );
    let truncated = scratch.write("truncated.so", &library[..100]);
    says(&truncated, "cannot read file data");
}

#[cfg(target_os = "linux")]
#[test]
fn failures_leave_no_descriptor_open() {
    let scratch = Scratch::new();
    let text = scratch.write(
        "libfarcall_text.so",
        "no library, but long enough to be read",
    );
    let open = || Path::new("/proc/self/fd").read_dir().unwrap().count();
    let before = open();
    for round in 0..1000 {
        fails(&text);
        if round % 10 == 0 {
            // Reads directories, too.
            fails("farcall_nosuch");
        }
    }
    // Other tests open a few at the same time.
    assert!(open() < before + 100, "{before} before, {} after", open());
}
