//! Command lines that `call` refuses.

use super::call::command;
use super::{Outcome, directory, outcome, run};
use std::os::unix::ffi::OsStrExt;
use support::Scratch;

#[track_caller]
fn fails(found: &Outcome, status: i32, message: &str) {
    assert_eq!(found.stderr, format!("error: {message}\n"));
    assert_eq!((found.stdout.as_str(), found.status), ("", status));
}

#[test]
fn arguments_that_are_wrong() {
    for (prototype, argument, message) in [
        (
            "_Bool not(_Bool b)",
            "2",
            "not: argument 1 (b): expected true or false, found `2`",
        ),
        (
            "int8_t narrow(int8_t)",
            "128",
            "narrow: argument 1: 128 does not fit into int8_t (-128 to 127)",
        ),
        (
            "int8_t narrow(int8_t)",
            "1.5",
            "narrow: argument 1: expected an integer for `int8_t`, found `1.5`",
        ),
        (
            "int8_t narrow(int8_t)",
            "",
            "narrow: argument 1: expected an integer for `int8_t`, found nothing",
        ),
        (
            "int8_t narrow(int8_t)",
            "010",
            "narrow: argument 1: `010` is octal in C; write 0o10 or 10",
        ),
        (
            "int8_t narrow(int8_t)",
            "1 2",
            "narrow: argument 1: expected the end of the argument, found `2`\n  1 2\n    ^",
        ),
        (
            "int8_t narrow(int8_t)",
            "'ab'",
            "narrow: argument 1: expected one character between the quotes",
        ),
        (
            "uint64_t widest(uint64_t)",
            "-1",
            "widest: argument 1: -1 does not fit into uint64_t (0 to 18446744073709551615)",
        ),
        (
            "uint64_t widest(uint64_t)",
            "18446744073709551616",
            "widest: argument 1: 18446744073709551616 does not fit into 64 bits",
        ),
        (
            "uint64_t widest(uint64_t)",
            "GREENISH",
            "widest: argument 1: expected an integer for `uint64_t`, found `GREENISH`",
        ),
        (
            "double third(double x)",
            "three",
            "third: argument 1 (x): expected a number for `double`, found `three`",
        ),
        (
            "char *upper(char *)",
            "\"open",
            "upper: argument 1: the closing \" is missing",
        ),
        (
            "char *upper(char *)",
            r#""a\q""#,
            "upper: argument 1: C has no escape `\\q`\n  \"a\\q\"\n    ^",
        ),
        (
            "char *upper(char *)",
            r#""\x100""#,
            "upper: argument 1: `\\x100` is not a byte\n  \"\\x100\"\n   ^",
        ),
        (
            "char *upper(char *_Nonnull text)",
            "null",
            "upper: argument 1 (text): null is not allowed for char *_Nonnull",
        ),
        (
            "void *same(void *p)",
            "17",
            "same: argument 1 (p): expected null or an address 0x… for `void *`, found `17`",
        ),
        (
            "int *same(int *p)",
            "\"text\"",
            "same: argument 1 (p): text has bytes, but `int *` points to something else",
        ),
        (
            "next",
            "PURPLE",
            "next: argument 1 (c): expected an integer for `enum color`, found `PURPLE`",
        ),
        (
            "union either flip(union either e)",
            "7",
            "flip: argument 1 (e): expected `{` for `union either`, found `7`",
        ),
        (
            "union either flip(union either e)",
            "{1, 2}",
            "flip: argument 1 (e): expected `}`, found `2`\n  {1, 2}\n      ^",
        ),
        (
            "union either flip(union either e)",
            "{i: 1, f: 2}",
            "flip: argument 1 (e): `union either` holds one member at a time\n  {i: 1, f: 2}\n         ^",
        ),
        (
            "void f(struct point p)",
            "{1}",
            "f: argument 1 (p): expected `,` and a value for `y`, found `}`\n  {1}\n    ^",
        ),
        (
            "void f(struct point p)",
            "{x: 1, z: 2}",
            "f: argument 1 (p): `struct point` has no field `z`, but x, y\n  {x: 1, z: 2}\n         ^",
        ),
        (
            "void f(struct point p)",
            "{x: 1, x: 2}",
            "f: argument 1 (p): `x` has a value already\n  {x: 1, x: 2}\n         ^",
        ),
        (
            "void f(struct point p)",
            "{1; 2}",
            "f: argument 1 (p): expected `,` and a value for `y`, found `;`\n  {1; 2}\n    ^",
        ),
        (
            "void f(struct point p)",
            "{1, 2",
            "f: argument 1 (p): expected `}`, found the end\n  {1, 2\n       ^",
        ),
        (
            "void f(struct pixel p)",
            "{300, {1}}",
            "f: argument 1 (p): field `tag`: 300 does not fit into char (-128 to 255)\n  {300, {1}}\n   ^",
        ),
        (
            "void f(struct pixel p)",
            "{1, {bytes: [1, 2]}}",
            "f: argument 1 (p): expected `,` and element 2 of 4, counted from 0, found `]`\n  {1, {bytes: [1, 2]}}\n                   ^",
        ),
        (
            "void f(struct shape p)",
            "{name: \"far too long\"}",
            "f: argument 1 (p): 12 bytes for an array of 8\n  {name: \"far too long\"}\n         ^",
        ),
    ] {
        fails(&command(&[prototype, argument]), 2, message);
    }
    fails(
        &command(&["int sum(const uint8_t *, size_t)", "null"]),
        2,
        "sum: expected 2 arguments, found 1",
    );
    fails(
        &command(&["void nothing(void)", "--errno"]),
        2,
        "nothing: expected 0 arguments, found 1; options come before LIBRARY",
    );
}

#[test]
fn extra_arguments_that_are_wrong() {
    for (argument, message) in [
        ("7up", "`7up` is no number; write \"7up\" for text"),
        ("-", "`-` is no number; write \"-\" for text"),
        ("010", "`010` is octal in C; write 0o10 or 10"),
        (
            "18446744073709551616",
            "18446744073709551616 does not fit into 64 bits",
        ),
        ("\"open", "the closing \" is missing"),
        ("'ab'", "expected one character between the quotes"),
        ("(int", "expected `)` after the type\n  (int\n      ^"),
        ("(itn)5", "`itn` is no type of a value"),
        ("(void)5", "`void` is no type of a value"),
        ("()5", "`` is no type of a value"),
        (
            "(int)",
            "expected an integer for `int`, found nothing\n  (int)\n       ^",
        ),
        (
            "(int)2.5",
            "expected an integer for `int`, found `2.5`\n  (int)2.5\n       ^",
        ),
        (
            "(signed char)300",
            "300 does not fit into signed char (-128 to 127)",
        ),
        (
            "(struct point){1}",
            "expected `,` and a value for `y`, found `}`\n  (struct point){1}\n                  ^",
        ),
    ] {
        let found = command(&["int printf(const char *, ...)", "%d", argument]);
        fails(&found, 2, &format!("printf: argument 2: {message}"));
    }
    fails(
        &command(&["int printf(const char *, ...)"]),
        2,
        "printf: expected at least 1 argument, found 0",
    );
    let many = vec!["1"; 256];
    let found = command(&[&["int printf(const char *, ...)", "%d"], &many[..]].concat());
    fails(
        &found,
        2,
        "printf: 257 parameters; at most 256 are accepted",
    );
}

#[test]
fn command_lines_that_are_wrong() {
    let usage = "usage: call [OPTIONS] [--] LIBRARY PROTOTYPE [ARGUMENT...]; see --help";
    for (arguments, message) in [
        (&[][..], "LIBRARY is missing"),
        (&["--"], "LIBRARY is missing"),
        (&["libc.so.6"], "PROTOTYPE is missing"),
        (&["--frob", "x", "y"], "there is no option `--frob`"),
        (&["-x"], "there is no option `-x`"),
        (&["--engine"], "--engine needs a value"),
        (&["--decl"], "--decl needs a value"),
        (&["--errno=1"], "--errno takes no value"),
        (
            &["--engine", "gcc", "x", "y"],
            "there is no engine `gcc`; write jit or libffi",
        ),
        (
            &["libc.so.6", "--time", "int f(void)"],
            "PROTOTYPE is `--time`; options come before LIBRARY",
        ),
    ] {
        fails(&run("call", arguments), 2, &format!("{message}\n{usage}"));
    }
    let mut bad = support::program(&directory().join("call"));
    bad.args(["libc.so.6", "int puts(const char *)"]);
    let found = outcome(bad.arg(std::ffi::OsStr::from_bytes(b"a\xff")));
    let message = "argument 1 is not UTF-8: `a\u{fffd}`; write such bytes as escapes: \"\\377\"";
    fails(&found, 2, message);
}

#[test]
fn declarations_that_are_wrong() {
    fails(
        &command(&["int f(itn)"]),
        2,
        "prototype:1:7: unknown type `itn`; did you mean `int`?\n  int f(itn)\n        ^~~",
    );
    fails(
        &command(&["int f"]),
        2,
        "prototype:1:5: `f` is a variable; expected a function with its parameters\n  int f\n      ^",
    );
    let scratch = Scratch::new();
    let path = scratch.write("bad.h", "struct a { int x; };\nstruct b { strct a y; };\n");
    let path = path.to_str().unwrap();
    let found = run("call", &["--decl", path, "libc.so.6", "int f(void)"]);
    let place = format!("error: {path}:2:12: ");
    assert!(found.stderr.starts_with(&place), "{}", found.stderr);
    assert_eq!((found.stdout.as_str(), found.status), ("", 2));
    let found = run("call", &["--decl", "/nosuch.h", "libc.so.6", "int f(void)"]);
    assert!(
        found.stderr.starts_with("error: cannot read /nosuch.h: "),
        "{}",
        found.stderr
    );
    assert_eq!(found.status, 2);
}

#[test]
fn what_is_not_there() {
    let found = run("call", &["/nosuch/lib.so", "int f(void)"]);
    let expected = "error: cannot open the library /nosuch/lib.so: ";
    assert!(found.stderr.starts_with(expected), "{}", found.stderr);
    assert_eq!((found.stdout.as_str(), found.status), ("", 1));

    let found = command(&["int nosuch(int)", "1"]);
    assert!(
        found.stderr.starts_with("error: nosuch: no such symbol: "),
        "{}",
        found.stderr
    );
    assert_eq!((found.stdout.as_str(), found.status), ("", 1));
}

/// What is wrong with the command line is said before the library is loaded.
#[test]
fn nothing_is_opened_in_vain() {
    let found = run("call", &["/nosuch/lib.so", "int f(int)", "x"]);
    fails(
        &found,
        2,
        "f: argument 1: expected an integer for `int`, found `x`",
    );
}
