//! Does every kind of value cross the boundary as its declaration says?

use crate::declared::{Line, Mode, Point, load};
use farcall::{ErrorKind, Position};
use std::ffi::{OsStr, c_int};
use std::path::Path;

/// The text of a panic.
fn panic_of(action: impl FnOnce()) -> String {
    let action = std::panic::AssertUnwindSafe(action);
    let payload = std::panic::catch_unwind(action).expect_err("a panic");
    payload.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn plain_functions_are_methods() {
    let lib = load();
    assert_eq!(lib.add(2, -3), -1);
    assert_eq!(lib.decl_scale(1.5), 3.0);
    assert_eq!(lib.renamed(), 7);
    assert_eq!((lib.r#type(3), lib.always(4)), (3, 4));
}

#[test]
fn variables_are_read_where_they_are() {
    let lib = load();
    assert_eq!(lib.title(), c"declared");
    assert_eq!((*lib.answer(), lib.table()), (42, &[0.5, 1.5, 2.5]));
    let counter = lib.counter();
    // SAFETY: nothing else uses the variable now.
    let before = unsafe { counter.read() };
    assert_eq!(lib.bump(), before + 1);
    // SAFETY: as above.
    unsafe { counter.write(10) };
    assert_eq!(lib.bump(), 11);
}

#[test]
fn rust_texts_are_copied() {
    let lib = load();
    // The longest that stay on the stack, and the first that do not.
    for length in [0, 1, 126, 127, 128, 129, 10_000] {
        let text = "x".repeat(length);
        assert_eq!(lib.length_str(&text).unwrap(), length);
        assert_eq!(lib.length_path(Some(Path::new(&text))).unwrap(), length);
        assert_eq!(lib.length_os(OsStr::new(&text)).unwrap(), length);
    }
    assert_eq!(lib.length_path(None).unwrap(), 999);
    assert_eq!((lib.length_c(None), lib.length_c(Some(c"ab"))), (999, 2));
    for length in [0, 5, 200] {
        let text = format!("{}\0b", "x".repeat(length));
        let error = lib.length_str(&text).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Nul { .. }), "{error}");
        assert_eq!(error.symbol(), Some("decl_length"));
    }
}

#[test]
fn texts_from_c_are_borrowed_copied_or_owned() {
    let lib = load();
    let text = c"key=value".to_owned();
    assert_eq!(lib.find(&text, b'='.into()), Some(c"=value"));
    assert_eq!(lib.find(&text, b'?'.into()), None);
    assert_eq!(lib.words(1), Some(c"one went wrong"));
    let copy = lib.copy(c"owned");
    assert_eq!((&*copy, copy.to_bytes().len()), (c"owned", 5));
    assert_eq!(format!("{copy:?}"), "Text(\"owned\")");
    let before = lib.freed();
    drop(copy);
    lib.copy(c"also").free();
    assert!(lib.freed() >= before + 2);
}

#[test]
fn null_is_none_or_an_error_or_a_panic() {
    let lib = load();
    let says = "decl_nothing: the result: null is not allowed for `&CStr`";
    assert!(panic_of(|| _ = lib.nothing()).starts_with(says));
    let error = lib.nothing_fallible().unwrap_err();
    assert!(error.to_string().starts_with(says), "{error}");
    assert!(matches!(
        error.kind(),
        ErrorKind::Null {
            position: Position::Result,
            ..
        }
    ));
    assert_eq!(lib.maybe(true).unwrap(), c"given");
    let error = lib.maybe(false).unwrap_err().to_string();
    assert!(
        error.starts_with("decl_maybe: argument 2 (text): null is not allowed"),
        "{error}"
    );
}

#[test]
fn slices_bring_their_length() {
    let lib = load();
    assert_eq!(lib.sum(&[0.5, 1.5]), 2.0);
    assert_eq!(lib.sum(&[]), 0.0);
    assert_eq!(lib.sum(&[1.0; 255]), 255.0);
    let says = "decl_sum: argument 2 (n) is too large: 256 elements, at most 255";
    assert!(panic_of(|| _ = lib.sum(&[1.0; 256])).starts_with(says));
    let error = lib.sum_fallible(&[1.0; 256]).unwrap_err();
    assert!(error.to_string().starts_with(says), "{error}");
    assert_eq!(lib.dot(&[1.0, 2.0], &[3.0, 4.0]).unwrap(), 11.0);
    let error = lib.dot(&[1.0, 2.0], &[3.0]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Lengths { lengths } if *lengths == [2, 1]));
    let mut bytes = [0; 4];
    lib.fill(&mut bytes[1..3], 7);
    assert_eq!(bytes, [0, 7, 7, 0]);
}

#[test]
fn c_tells_how_much_it_used() {
    let lib = load();
    let mut found = [0; 4];
    assert_eq!(lib.evens(&[1, 2, 3, 4], &mut found).unwrap(), 2);
    assert_eq!(found, [2, 4, 0, 0]);
    assert_eq!(
        lib.evens(&[2, 4], &mut found[..1]).unwrap_err().status(),
        Some(5)
    );
}

#[test]
fn buffers_grow_until_c_is_content() {
    let lib = load();
    let before = lib.calls();
    assert_eq!(lib.describe(3).unwrap(), b"as long as it takes".repeat(3));
    assert_eq!(lib.calls() - before, 2);
    assert_eq!(lib.describe(0).unwrap(), b"");
    assert_eq!(lib.describe(-1).unwrap_err().status(), Some(3));
    assert_eq!(lib.name(1).unwrap(), b"one");
    assert_eq!(lib.name(0).unwrap(), b"");
    assert_eq!(lib.name(2).unwrap_err().status(), Some(-1));
    assert_eq!(lib.name_errno(1).unwrap(), b"one");
    let error = lib.name_errno(2).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Errno(_)), "{error}");
}

#[test]
fn several_results_are_a_tuple() {
    assert_eq!(load().split(2.5), (2.5, 2, 0.5));
}

#[cfg(not(windows))]
#[test]
fn where_there_is_no_last_error_its_number_is_0() {
    let lib = load();
    assert_eq!(lib.fail_last_error(0).unwrap(), 3);
    let error = lib.fail_last_error(5).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::LastError { code: 0 }));
    assert!(
        error.to_string().starts_with("decl_fail_errno: it failed"),
        "{error}"
    );
}

#[test]
fn errno_tells_the_reason() {
    let lib = load();
    let errno = |error: farcall::Error| match error.kind() {
        ErrorKind::Errno(errno) => errno.0,
        other => panic!("{other}"),
    };
    assert_eq!(lib.fail_errno(0).unwrap(), 3);
    assert_eq!(errno(lib.fail_errno(5).unwrap_err()), 5);
    assert_eq!(errno(lib.null_errno(6).unwrap_err()), 6);
    assert!(!lib.null_errno(0).unwrap().is_null());
    assert_eq!(errno(lib.ref_errno(7).unwrap_err()), 7);
    assert_eq!(*lib.ref_errno(0).unwrap(), 0);
    assert_eq!(errno(lib.status_errno(8).unwrap_err()), 8);
    lib.status_errno(0).unwrap();
    // What was left by something else is not the reason.
    farcall::Errno(9).set();
    assert_eq!(errno(lib.pick_errno(1).unwrap_err()), 0);
    let text = lib.fail_errno(2).unwrap_err().to_string();
    assert!(
        text.starts_with("decl_fail_errno: errno 2: No such file"),
        "{text}"
    );
}

#[test]
fn statuses_have_their_words() {
    let lib = load();
    let says = |error: farcall::Error, text: &str| {
        let found = error.to_string();
        assert_eq!(found.split(" (in ").next(), Some(text));
    };
    lib.pick(0).unwrap();
    says(
        lib.pick(1).unwrap_err(),
        "decl_pick: one went wrong (status 1)",
    );
    // Words that are empty or missing are none.
    says(lib.pick(2).unwrap_err(), "decl_pick: status 2");
    says(lib.pick(3).unwrap_err(), "decl_pick: status 3");
    for code in [0, 3, 4, 5] {
        assert_eq!(lib.pick_some(code).unwrap(), code);
    }
    assert_eq!(lib.pick_some(6).unwrap_err().status(), Some(6));
    lib.tell(0).unwrap();
    let freed = lib.freed();
    says(
        lib.tell(1).unwrap_err(),
        "decl_tell: told by parameter (status 1)",
    );
    assert!(lib.freed() > freed);
}

#[test]
fn numbers_become_variants() {
    let lib = load();
    assert_eq!(
        [lib.mode(0), lib.mode(1), lib.mode(10)],
        [Mode::Off, Mode::On, Mode::Auto]
    );
    assert_eq!(
        (lib.mode_maybe(1), lib.mode_maybe(2)),
        (Some(Mode::On), None)
    );
    let text = panic_of(|| _ = lib.mode(-1));
    assert!(
        text.starts_with("decl_mode: the result: -1 is no `Mode`"),
        "{text}"
    );
    assert_eq!(lib.mode_out(10).unwrap(), Mode::Auto);
    let error = lib.mode_out(11).unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Unknown {
                ty: "Mode",
                found: 11,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(lib.mode_number(Mode::Auto), 10);
}

#[test]
fn records_go_by_value_and_by_reference() {
    let lib = load();
    let point = |x, y| Point { x, y };
    let line = Line {
        from: point(0.0, 2.0),
        to: point(4.0, 4.0),
        tag: 0,
    };
    assert_eq!(lib.middle(line), point(2.0, 3.0));
    let mut moved = point(1.0, 1.0);
    lib.r#move(&mut moved, 2.5);
    assert_eq!(moved, point(3.5, 1.0));
    let bounds = lib.bounds(&[point(1.0, 1.0), point(2.0, 5.0)]);
    assert_eq!((bounds.to, bounds.tag), (point(2.0, 5.0), 2));
}

#[test]
fn further_arguments_are_promoted() {
    let lib = load();
    // SAFETY: as many integers as it is told.
    unsafe {
        assert_eq!(lib.sum_ints(0, ()), 0);
        assert_eq!(lib.sum_ints(1, 5u8), 5);
        assert_eq!(lib.sum_ints(3, (1i8, -2i16, true)), 0);
        assert_eq!(lib.sum_ints(8, (1, 2, 3, 4, 5, 6, 7, 8)), 36);
    }
    assert_eq!(lib.option_long(-5), -5.0);
    assert_eq!(lib.option_float(0.5), 0.5);
    assert_eq!(lib.option_text(c"four"), 4.0);
    // SAFETY: as many doubles as it is told.
    let sum = unsafe { lib.many(1, 2.0, c"abc", 4, 5.0, 2, (6.5f32, 7.5)) };
    assert_eq!(sum, 29.0);
}

#[test]
fn functions_pass_as_they_are() {
    unsafe extern "C" fn twice(x: c_int) -> c_int {
        2 * x
    }
    let lib = load();
    assert_eq!((lib.apply(Some(twice), 4), lib.apply(None, 4)), (8, -1));
}

#[test]
fn a_version_is_there_if_all_of_it_is() {
    let lib = load();
    let newer = lib.v2().expect("all functions of version 2");
    assert_eq!((newer.v2_a(), newer.v2_b()), (21, 22));
    assert!(lib.v3_0().is_none());
}
