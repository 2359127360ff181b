//! `errno` of a call: 0 before, and what the function left after.

use crate::{message, on_engines};
use farcall::{Errno, Value, values};

#[test]
fn what_a_function_leaves_is_returned() {
    for function in on_engines("int fail_with(int code)") {
        for code in [5, 0, 34, -1] {
            Errno(77).set();
            // SAFETY: the fixture's functions are called as they are declared.
            let (result, errno) =
                unsafe { function.call_values_errno(&values![code]) }.expect("-1");
            assert_eq!((result.as_i64(), errno), (Some(-1), Errno(code)));
            // SAFETY: as above.
            let (result, errno) = unsafe { function.call_errno::<_, i32>((code,)) }.expect("-1");
            assert_eq!((result, errno), (-1, Errno(code)));
            assert_eq!(Errno::last(), errno);
        }
    }
}

#[test]
fn it_is_zero_before_the_call() {
    for function in on_engines("int errno_before(void)") {
        Errno(9).set();
        // SAFETY: the fixture's functions are called as they are declared.
        let (before, after) = unsafe { function.call_values_errno(&[]) }.expect("a number");
        assert_eq!((before.as_i64(), after), (Some(0), Errno(0)));
        for _ in 0..2 {
            Errno(9).set();
            // SAFETY: as above.
            let (before, after) = unsafe { function.call_errno::<_, i32>(()) }.expect("a number");
            assert_eq!((before, after), (0, Errno(0)));
        }
        Errno(9).set();
        // SAFETY: as above.
        let before = unsafe { function.call_values(&[]) }.expect("a number");
        assert_eq!(before.as_i64(), Some(9));
    }
}

#[test]
fn long_lists_of_arguments_do_not_disturb_it() {
    let prototype = format!("int fail17({})", ["int"; 17].join(", "));
    for function in on_engines(&prototype) {
        let arguments: Vec<_> = (1..=17).map(Value::from).collect();
        // SAFETY: the fixture's functions are called as they are declared.
        let (sum, errno) = unsafe { function.call_values_errno(&arguments) }.expect("a sum");
        assert_eq!((sum.as_i64(), errno), (Some(136), Errno(17)));
    }
}

#[cfg(all(feature = "macros", target_arch = "x86_64", not(target_env = "msvc")))]
#[test]
fn another_convention_and_null_checks_do_not_disturb_it() {
    #[derive(farcall::ForeignType, farcall::ForeignResult, Debug, PartialEq)]
    #[repr(C)]
    struct R24([i64; 3]);
    let prototype =
        "__attribute__((ms_abi)) struct r24 { int64_t a, b, c; } turn_win24(struct r24 r)";
    for function in on_engines(prototype) {
        // SAFETY: the fixture's functions are called as they are declared.
        let (turned, errno) =
            unsafe { function.call_errno::<_, R24>((R24([1, 2, 3]),)) }.expect("turned");
        assert_eq!((turned, errno), (R24([2, 3, 1]), Errno(7)));
    }
    let read = crate::bind("int read_int(const int *_Nonnull p)");
    for _ in 0..2 {
        Errno(9).set();
        // SAFETY: as above.
        let (number, errno) = unsafe { read.call_errno::<_, i32>((&4,)) }.expect("4");
        assert_eq!((number, errno), (4, Errno(0)));
    }
}

#[test]
fn refusals_are_those_of_the_other_calls() {
    for function in on_engines("int fail_with(int code)") {
        // SAFETY: nothing is called.
        unsafe {
            let call = message(function.call::<_, i32>((2.0,)));
            assert_eq!(message(function.call_errno::<_, i32>((2.0,))), call);
            let call = message(function.call_values(&values![2.0]));
            assert_eq!(message(function.call_values_errno(&values![2.0])), call);
        }
    }
}

#[test]
fn it_prints_with_the_systems_text() {
    assert_eq!(Errno(2).to_string(), "errno 2: No such file or directory");
    assert_eq!(Errno(0).to_string(), "errno 0");
    assert!(Errno(-5).to_string().starts_with("errno -5: "));
    assert!(
        Errno(i32::MAX)
            .to_string()
            .starts_with("errno 2147483647: ")
    );
    #[cfg(unix)] // Windows has no `io::Error` of these numbers.
    assert_eq!(
        std::io::Error::from(Errno(2)).kind(),
        std::io::ErrorKind::NotFound
    );
}
