//! The stages of a call in print.
#![cfg(feature = "jit")]

use super::run;
use std::path::Path;

const DECLARATION: &str = "\
struct point { double x; float y; };
struct point mirror(struct point p, const char *_Nonnull name, int n);";

#[test]
#[cfg_attr(
    not(all(target_arch = "x86_64", not(windows))),
    ignore = "the text shows the code of System V x86-64"
)]
fn shows_every_stage() {
    let found = run("inspect", &[DECLARATION]);
    assert_eq!((found.stderr.as_str(), found.status), ("", 0));
    golden("inspect.txt", &found.stdout);
}

#[test]
fn shows_one_abi_alone() {
    let found = run("inspect", &["--abi", "windows x", "void f(int a);"]).stdout;
    assert!(
        found.contains("\nplan Windows x64\n  param 0  i32  in rcx\n"),
        "{found}"
    );
    assert!(
        found.contains("\noperations, checked, Windows x64\n"),
        "{found}"
    );
    assert!(!found.contains("System V"), "{found}");
}

#[test]
fn shows_a_convention_that_is_not_the_platforms() {
    let found = run("inspect", &["__attribute__((ms_abi)) int f(int a);"]).stdout;
    if cfg!(target_arch = "x86_64") {
        assert!(
            found.contains("\noperations, unchecked, Windows x64\n"),
            "{found}"
        );
    }
}

#[test]
fn shows_every_function_of_a_text() {
    let found = run("inspect", &["int f(int a); void g(void);"]).stdout;
    assert!(found.starts_with("function\n  int f(int a)\n"), "{found}");
    assert!(found.contains("\n\nfunction\n  void g(void)\n"), "{found}");
}

#[test]
fn shows_layouts_where_there_is_no_function() {
    let text = "typedef struct { char a; short b; union { int i; double d; }; short v[3]; } entry;";
    let expected = "\
struct entry: 24 bytes, align 8
  offset  size  field
       0     1  char a
       1     1  (padding)
       2     2  short b
       4     4  (padding)
       8     8  union { int i; double d; }
      16     6  short v[3]
      22     2  (padding)
";
    assert_eq!(run("inspect", &[text]).stdout, expected);
}

#[test]
fn refuses_what_it_cannot_show() {
    let usage = "usage: inspect DECLARATIONS [--abi NAME]\n";
    for (arguments, message) in [
        (&[][..], "DECLARATIONS is missing\n"),
        (&["--foo"], "there is no option `--foo`\n"),
        (&["int f(void);", "x"], "more than one DECLARATIONS\n"),
    ] {
        let found = run("inspect", arguments);
        let expected = format!("error: {message}{usage}");
        assert!(found.stderr.starts_with(&expected), "{}", found.stderr);
        assert_eq!((found.stdout.as_str(), found.status), ("", 2));
    }
    for (arguments, message) in [
        (
            &["--abi", "arm", "int f(void);"][..],
            "--abi needs one of `System V x86-64`, `Windows x64`",
        ),
        (&["--abi"], "--abi needs one of `System V x86-64`"),
        (
            &["enum e { A };"],
            "the text declares neither a function nor a complete struct\n",
        ),
        (
            &["int f(itn);"],
            "1:7: unknown type `itn`; did you mean `int`?\n  int f(itn);\n        ^~~\n",
        ),
    ] {
        let found = run("inspect", arguments);
        let expected = format!("error: {message}");
        assert!(found.stderr.starts_with(&expected), "{}", found.stderr);
        assert_eq!((found.stdout.as_str(), found.status), ("", 2));
    }
}

#[test]
fn explains_itself() {
    let found = run("inspect", &["--help"]);
    assert!(
        found.stdout.starts_with("usage: inspect DECLARATIONS"),
        "{}",
        found.stdout
    );
    assert_eq!(found.status, 0);
}

/// The content of a file that is kept in the repository; `FARCALL_BLESS=1` writes it anew.
fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("FARCALL_BLESS").is_some() {
        std::fs::write(&path, found).expect("a golden file");
    }
    let expected = std::fs::read_to_string(&path).expect("a golden file");
    assert_eq!(found, expected, "{name}; FARCALL_BLESS=1 writes it anew");
}
