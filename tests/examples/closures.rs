//! Closures that C calls.

use super::{Outcome, run};

fn built() -> bool {
    cfg!(any(feature = "jit", feature = "libffi"))
}

/// Checks what an example prints, or that it says why it cannot in a build without an engine.
#[track_caller]
fn prints(found: &Outcome, expected: &str) {
    if built() {
        assert_eq!(found.stdout, expected);
        assert_eq!((found.stderr.as_str(), found.status), ("", 0));
    } else {
        let why = "this program was built without farcall's feature";
        assert!(found.stderr.contains(why), "{found:?}");
        assert_eq!((found.stdout.as_str(), found.status), ("", 1));
    }
}

const QSORT: &str = "\
over values:     [1, 2, 3, 5, 8, 13]
over Rust types: [1000.0, 2.5, 0.5, -1.0]
that borrows:    [\"banana\", \"cherry\", \"fig\"]
that gives up:   callback compare: these cannot be compared (in libc.so.6)
";

#[test]
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    ignore = "the C library has another name than glibc's"
)]
fn qsort_sorts_as_closures_say() {
    prints(&run("qsort", &[]), QSORT);
}

#[cfg(feature = "macros")]
const SQLITE: &str = "\
clementine: 4
banana: 3
peach: 2
fig: 1
banana
clementine
fig
peach
callback vowels: null has no vowels (in libsqlite3.so.0)
";

#[cfg(feature = "macros")]
#[test]
fn sqlite_asks_a_closure() {
    let found = run("sqlite", &[]);
    let missing = found.stderr.contains("cannot open");
    if missing && std::env::var_os("FARCALL_REQUIRE_LIBRARIES").is_none() {
        return support::not_asked("the example sqlite", &found.stderr);
    }
    prints(&found, SQLITE);
}
