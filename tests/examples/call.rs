//! Calls from the command line.

use super::{Outcome, run};
use support::{Scratch, fixture};

/// The types and functions of `tests/native/command.c`.
const TYPES: &str = "\
enum color { RED, GREEN = 5, BLUE = -1 };
struct point { float x, y; };
struct shape { struct point at[2]; enum color color; char name[8]; const char *title; };
struct pixel { char tag; union { int32_t word; uint8_t bytes[4]; }; };
union either { int32_t i; float f; };
struct shape copy(struct shape s);
enum color next(enum color c);
";

const SHAPE: &str = "{{{0, 1}, {2.5, -3}}, GREEN, \"ab\", \"a \\\"title\\\"\"}";

fn built() -> bool {
    cfg!(any(feature = "jit", feature = "libffi"))
}

/// Runs `call` on `tests/native/command.c`, its types declared.
pub(super) fn command(arguments: &[&str]) -> Outcome {
    command_on(fixture("command").to_str().unwrap(), arguments)
}

/// Runs `call` on a library, with the same types declared.
fn command_on(library: &str, arguments: &[&str]) -> Outcome {
    let scratch = Scratch::new();
    let types = scratch.write("types.h", TYPES);
    let options = arguments.iter().take_while(|word| word.starts_with("--"));
    let (options, rest) = arguments.split_at(options.count());
    let fixed = ["--decl", types.to_str().unwrap(), library];
    run("call", &[options, &fixed, rest].concat())
}

/// Checks what a call prints; its status is 0 and nothing is said of it.
#[track_caller]
fn prints(found: &Outcome, expected: &str) {
    let Outcome {
        stdout,
        stderr,
        status,
    } = found;
    if built() {
        assert_eq!(
            (stdout.as_str(), stderr.as_str(), *status),
            (expected, "", 0)
        );
    } else {
        let reason = "is not supported: this program was built without farcall's feature";
        assert!(stderr.contains(reason), "{stderr}");
        assert_eq!((stdout.as_str(), *status), ("", 1));
    }
}

/// The sessions of the README, byte for byte.
mod sessions {
    use super::*;

    #[test]
    #[cfg_attr(
        not(all(target_os = "linux", target_env = "gnu")),
        ignore = "the sessions name glibc's libc.so.6 and libm.so.6"
    )]
    fn are_true() {
        for (arguments, expected) in [
            (
                &["libm.so.6", "double pow(double, double)", "2", "10"][..],
                "1024.0\n",
            ),
            (
                &[
                    "libc.so.6",
                    "struct { int quot; int rem; } div(int, int)",
                    "7",
                    "2",
                ],
                "{ quot: 3, rem: 1 }\n",
            ),
            (
                &["libc.so.6", "const char *strerror(int)", "2"],
                "\"No such file or directory\"\n",
            ),
            (
                &["--errno", "libc.so.6", "int close(int)", "--", "-1"],
                "-1\nerrno 9: Bad file descriptor\n",
            ),
            (
                &[
                    "libc.so.6",
                    "int printf(const char *, ...)",
                    r#""%d%% of %s is %.1f\n""#,
                    "20",
                    "it",
                    "2.5",
                ],
                "20% of it is 2.5\n17\n",
            ),
        ] {
            prints(&run("call", arguments), expected);
            let encoder = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));
            let jit = cfg!(feature = "jit") && encoder;
            for (engine, has) in [("jit", jit), ("libffi", cfg!(feature = "libffi"))] {
                let found = run("call", &[&["--engine", engine], arguments].concat());
                if has {
                    prints(&found, expected);
                } else {
                    assert_eq!((found.stdout.as_str(), found.status), ("", 1));
                    assert!(
                        found.stderr.contains("is not supported"),
                        "{}",
                        found.stderr
                    );
                }
            }
        }
    }
}

#[test]
fn arguments_and_results_of_every_kind() {
    for (prototype, argument, expected) in [
        ("_Bool not(_Bool)", "true", "false\n"),
        ("_Bool not(_Bool)", "false", "true\n"),
        ("_Bool not(_Bool)", "1", "false\n"),
        ("enum color next(enum color)", "RED", "GREEN\n"),
        ("enum color next(enum color)", "5", "BLUE\n"),
        ("enum color next(enum color)", "BLUE", "7\n"),
        ("next", "GREEN", "BLUE\n"),
        ("float half(float)", "0.2", "0.1\n"),
        ("float half(float)", "-1e-30", "-5e-31\n"),
        ("float half(float)", "GREEN", ""),
        ("double third(double)", "1", "0.3333333333333333\n"),
        ("double third(double)", "-0.0", "-0.0\n"),
        ("double third(double)", "0x30", "16.0\n"),
        ("double third(double)", "3e300", "1e300\n"),
        ("double third(double)", "inf", "inf\n"),
        ("double third(double)", "-inf", "-inf\n"),
        ("double third(double)", "nan", "nan\n"),
        (
            "uint64_t widest(uint64_t)",
            "18446744073709551615",
            "18446744073709551615\n",
        ),
        (
            "uint64_t widest(uint64_t)",
            "0xffffffffffffffff",
            "18446744073709551615\n",
        ),
        ("uint64_t widest(uint64_t)", "0o17", "15\n"),
        ("uint64_t widest(uint64_t)", "+0b11", "3\n"),
        ("uint64_t widest(uint64_t)", "GREEN", "5\n"),
        ("int8_t narrow(int8_t)", "-128", "-128\n"),
        ("char plain(char)", "'a'", "97\n"),
        ("char plain(char)", r"'\n'", "10\n"),
        ("char plain(char)", r"'\''", "39\n"),
        ("uint64_t widest(uint64_t)", "'é'", "233\n"),
        ("uint64_t widest(uint64_t)", r"'\u20ac'", "8364\n"),
        ("char *upper(char *)", "bare text", "\"BARE TEXT\"\n"),
        ("char *upper(char *)", "", "\"\"\n"),
        ("char *upper(char *)", "0x10", "\"0X10\"\n"),
        (
            "char *upper(char *)",
            r#""q\"\t\x41\101\u00e9""#,
            "\"Q\\\"\\tAAé\"\n",
        ),
        ("const char *odd(void)", "", "\"\\\"\\\\\\n\\001\\377é\"\n"),
        ("const void *same(const void *)", "null", "null\n"),
        ("const void *same(const void *)", "NULL", "null\n"),
        ("const void *same(const void *)", "0x1f00", "0x1f00\n"),
        ("const char *same(const char *)", "null", "null\n"),
        (
            "const char *same(const void *)",
            "\"as bytes\"",
            "\"as bytes\"\n",
        ),
        (
            "union either flip(union either)",
            "{1}",
            "{ i: 0, f: 0.0 }\n",
        ),
        (
            "union either flip(union either)",
            "{f: 0}",
            "{ i: 1, f: 1e-45 }\n",
        ),
        (
            "struct pixel swap(struct pixel)",
            "{'x', {0x01000002}}",
            "{ tag: 120, { word: 33554433, bytes: [1, 0, 0, 2] } }\n",
        ),
        (
            "struct pixel swap(struct pixel)",
            "{bytes: [1, 2, 3, 4]}",
            "{ tag: 0, { word: 16974340, bytes: [4, 2, 3, 1] } }\n",
        ),
        (
            "copy",
            SHAPE,
            "{ at: [{ x: 0.0, y: 1.0 }, { x: 2.5, y: -3.0 }], color: GREEN, name: \"ab\", title: \"a \\\"title\\\"\" }\n",
        ),
        (
            "copy",
            "{ title : null , at: [{y: 1}, {1, 2,}], }",
            "{ at: [{ x: 0.0, y: 1.0 }, { x: 1.0, y: 2.0 }], color: RED, name: \"\", title: null }\n",
        ),
    ] {
        let none = prototype.ends_with("(void)");
        let arguments = if none {
            vec![prototype]
        } else {
            vec![prototype, argument]
        };
        let found = command(&arguments);
        if expected.is_empty() {
            assert_eq!(found.status, 2, "{prototype} {argument}");
        } else {
            prints(&found, expected);
        }
    }
    prints(&command(&["void nothing(void)"]), "");
    prints(&command(&["--errno", "void nothing(void)"]), "errno 0\n");
    prints(
        &command(&["int sum(const uint8_t *, size_t)", r#""\001\002\377""#, "3"]),
        "258\n",
    );
    prints(&command(&["float area(struct shape)", SHAPE]), "-10.0\n");
    let own = "enum { SOME = 9 }; uint64_t widest(uint64_t)";
    prints(&command(&[own, "SOME"]), "9\n");
}

#[test]
fn types_of_extra_arguments_are_read_off_their_looks() {
    let printf = "int printf(const char *, ...)";
    for (format, extra, expected) in [
        ("%d %d %d", &["7", "-1", "0x1f"][..], "7 -1 31"),
        ("%c%c", &["'a'", "66"], "aB"),
        (
            "%d %d",
            &["2147483647", "-2147483648"],
            "2147483647 -2147483648",
        ),
        (
            "%lld %lld",
            &["2147483648", "-2147483649"],
            "2147483648 -2147483649",
        ),
        ("%llu", &["18446744073709551615"], "18446744073709551615"),
        (
            "%g %g %g %g",
            &["2.5", "1e-3", "-inf", "nan"],
            "2.5 0.001 -inf nan",
        ),
        (
            "%s|%s|%s|%d",
            &["bare text", r#""q\"\x41""#, "", "GREEN"],
            "bare text|q\"A||5",
        ),
        ("%s", &[r#""7""#], "7"),
        ("%p", &["null"], "(nil)"),
        (
            "%zu %hhd %ld",
            &["(size_t)7", "(signed char)-3", "(long)5"],
            "7 -3 5",
        ),
        ("%p %.1f", &["(void *)0x1f", "(float)0.5"], "0x1f 0.5"),
        (
            "%d %u",
            &["(enum color)GREEN", " (unsigned) 4000000000"],
            "5 4000000000",
        ),
        ("%s %d", &[r#"(char[8])"array""#, "(char)'x'"], "array 120"),
        ("%p", &["(void (*)(int))0x20"], "0x20"),
        ("none", &[], "none"),
    ] {
        let length = expected.len();
        let found = command_on(
            "c",
            &[&[printf, &format!("\"{format}\\n\"")], extra].concat(),
        );
        if built() {
            let text = found.stdout.strip_suffix(&format!("\n{}\n", length + 1));
            assert_eq!(
                (text, found.stderr.as_str()),
                (Some(expected), ""),
                "{format}"
            );
        } else {
            assert_eq!(found.status, 1);
        }
    }
    // Structs by value: none of libc's functions takes one, so the fixture's does.
    let library = fixture("variadic");
    let describe = "int variadic_describe(char *to, size_t size, const char *kinds, ...)";
    let arguments = [
        library.to_str().unwrap(),
        describe,
        "            ",
        "12",
        "P",
        "",
    ];
    for pair in [
        "(struct { float x, y; }){1, 2.5}",
        "(struct { float x, y; }) {y: 2.5, x: 1}",
    ] {
        let found = run("call", &[&arguments[..5], &[pair]].concat());
        prints(&found, "8\n");
    }
}

#[test]
fn what_the_function_prints_comes_first() {
    let found = run("call", &["c", "int puts(const char *)", "hello"]);
    prints(&found, "hello\n6\n");
}

#[test]
fn dashes_after_the_prototype_are_arguments() {
    prints(&command(&["int8_t narrow(int8_t)", "-1"]), "-1\n");
    prints(&command(&["int8_t narrow(int8_t)", "--", "-1"]), "-1\n");
    prints(&command(&["char *upper(char *)", "--", "--"]), "\"--\"\n");
    prints(
        &command(&["char *upper(char *)", "--", "--help"]),
        "\"--HELP\"\n",
    );
}

#[test]
fn times_are_labelled() {
    let found = command(&["--time", "double third(double)", "1"]);
    if !built() {
        return prints(&found, "");
    }
    assert_eq!((found.stderr.as_str(), found.status), ("", 0));
    let lines: Vec<_> = found.stdout.lines().collect();
    assert_eq!(lines[0], "0.3333333333333333");
    assert!(
        lines[1].starts_with("time per call, best of many rounds"),
        "{}",
        found.stdout
    );
    let mut rest = lines[2..]
        .iter()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    for (engine, has) in [
        ("jit", cfg!(feature = "jit")),
        ("libffi", cfg!(feature = "libffi")),
    ] {
        if !has {
            let line = rest.next().unwrap().join(" ");
            assert!(
                line.starts_with(engine) && line.contains("was built without"),
                "{line}"
            );
            continue;
        }
        for way in ["call_values", "CallBuffer"] {
            let words = rest.next().expect("a line for each way");
            let [found, by, time, "ns"] = words[..] else {
                panic!("{words:?}")
            };
            assert_eq!((found, by), (engine, way));
            assert!(time.parse::<f64>().unwrap() > 0.0, "{time}");
        }
    }
    assert_eq!(rest.next(), None);
}

#[test]
fn explains_itself() {
    for option in ["--help", "-h"] {
        let found = run("call", &[option]);
        assert!(
            found.stdout.contains("usage: call [OPTIONS] [--] LIBRARY"),
            "{}",
            found.stdout
        );
        assert_eq!((found.stderr.as_str(), found.status), ("", 0));
    }
}
