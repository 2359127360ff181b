//! The example `zlib`.

use super::run;

#[test]
fn the_text_is_the_same_again() {
    let outcome = run("zlib", &["123456789"]);
    if outcome.status != 0 && outcome.stderr.contains("cannot open") {
        return support::not_asked("zlib", "not installed; on Debian: apt-get install zlib1g");
    }
    let lines: Vec<_> = outcome.stdout.lines().collect();
    assert!(lines[0].starts_with("zlib 1."), "{outcome:?}");
    assert_eq!(
        lines[1..],
        [
            "crc32 cbf43926",
            "9 bytes become 17",
            "and 9 again, the same: true",
            "uncompress: data error (status -3) (in libz.so.1)",
        ]
    );
    assert_eq!((outcome.status, &*outcome.stderr), (0, ""));
}
