//! The tour.

use super::run;

/// The text with every number before `ns` replaced, because no two runs have the same.
fn without_times(text: &str) -> String {
    let number = |c: char| c.is_ascii_digit() || c == '.';
    let lines = text
        .lines()
        .map(|line| match line.split_once(" ns per call") {
            Some((before, after)) => {
                format!("{}# ns per call{after}\n", before.trim_end_matches(number))
            }
            None => format!("{line}\n"),
        });
    lines.collect()
}

const START: &str = "\
Libraries, opened at run time
  libc.so.6 and libm.so.6

A number: call takes a tuple of Rust values
  pow(2.0, 10.0) = 1024.0

A string in, a string out
  strlen(\"farcall\") = 7
  strerror(2) = \"No such file or directory\"

errno: read in the same step as the call
  close(-1) = -1, errno 9: Bad file descriptor

A variable that the library exports: read, written, read again
  optind = 1, then 2

A function pointer: checked once, then as fast as a linked call
  sqrt(2.0) = 1.4142135623730951

A struct by value, of a type that only the text tells
";

const MISTAKE: &str = "
A wrong call: nothing is called, and the message says what to write
  pow: argument 2 (y): expected double, found i32; write 10.0 (in libm.so.6)
  1:12: unknown type `dubble`; did you mean `double`?
    double pow(dubble x, double y)
               ^~~~~~

The same call on both engines, a million times through a buffer
";

#[test]
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    ignore = "the libraries have other names than glibc's"
)]
fn is_explained_by_what_it_prints() {
    let found = run("quickstart", &[]);
    let struct_part = match (cfg!(feature = "jit"), cfg!(feature = "libffi")) {
        (false, false) => "  this build has no engine for calls whose types come at run time\n",
        (true, _) => {
            "  div(7, 2) = { quot: 3, rem: 1 }, through jit\n  of which rem = 1, 4 bytes\n"
        }
        (false, true) => {
            "  div(7, 2) = { quot: 3, rem: 1 }, through libffi\n  of which rem = 1, 4 bytes\n"
        }
    };
    let engine = |name: &str, built: bool| match built {
        true => {
            format!("  {name:<7} the sum of copysign(1.5, -2.0) is -1500000.0; # ns per call\n")
        }
        false => format!(
            "  {name:<7} copysign: a run-time-typed call through {name} is not supported: this \
             program was built without farcall's feature `{name}` (in libm.so.6)\n"
        ),
    };
    let engines =
        engine("jit", cfg!(feature = "jit")) + &engine("libffi", cfg!(feature = "libffi"));
    let expected = format!("{START}{struct_part}{MISTAKE}{engines}");
    assert_eq!(without_times(&found.stdout), expected);
    assert_eq!((found.stderr.as_str(), found.status), ("", 0));
}
