//! Executable memory that is refused.

#[cfg(feature = "libffi")]
use farcall::Engine;
#[cfg(feature = "jit")]
use farcall::ErrorKind;
use support::child::alone;
#[cfg(feature = "jit")]
use support::child::code_descriptors;
use support::refuse::{exec_gain, executable_mappings, limit, memory_files};

use super::{check_all, check_struct, first};

#[test]
fn without_memory_files_everything_works() {
    alone(|| {
        memory_files();
        check_all(0..40, first());
        assert_eq!(check_struct(), Some(first()));
    });
}

#[test]
fn a_process_that_may_not_gain_executable_memory_works() {
    alone(|| {
        if !exec_gain() {
            return support::not_asked("PR_SET_MDWE", "this kernel does not know it");
        }
        check_all(0..40, first());
        assert_eq!(check_struct(), Some(first()));
    });
}

#[test]
fn a_file_size_limit_of_zero_changes_nothing() {
    alone(|| {
        limit(libc::RLIMIT_FSIZE, 0);
        check_all(0..40, first());
        limit(libc::RLIMIT_FSIZE, libc::RLIM_INFINITY);
        check_all(40..60, first());
    });
}

/// Refuses both ways, at once or from now on.
pub(super) fn refuse_all() {
    super::fixture();
    memory_files();
    executable_mappings();
    #[cfg(feature = "jit")]
    for number in code_descriptors() {
        // SAFETY: a program can close any number; without it the open chunk ends.
        unsafe { libc::close(number) };
    }
}

#[test]
#[cfg(feature = "libffi")]
fn with_both_refused_libffi_makes_every_call() {
    alone(|| {
        refuse_all();
        check_all(0..40, Engine::Libffi);
        assert_eq!(check_struct(), Some(Engine::Libffi));
    });
}

#[test]
#[cfg(all(feature = "libffi", feature = "jit"))]
fn with_both_refused_the_jit_alone_says_what_was_tried() {
    alone(|| {
        refuse_all();
        let error = super::function(0).with_engine(Engine::Jit).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Memory { .. }),
            "{error:?}"
        );
        let text = error.to_string();
        for part in [
            "weights_000000000",
            "memory file: ",
            "sealed pages: ",
            "Operation not permitted",
        ] {
            assert!(text.contains(part), "no `{part}` in: {text}");
        }
    });
}

#[test]
#[cfg(all(feature = "jit", not(feature = "libffi")))]
fn with_both_refused_and_no_libffi_binding_says_what_was_tried() {
    alone(|| {
        refuse_all();
        let error = super::fixture()
            .function("double weights_000000000(void)")
            .unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Memory { .. }),
            "{error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains("memory file: ") && text.contains("sealed pages: "),
            "{text}"
        );
    });
}

#[test]
#[cfg(all(feature = "jit", feature = "libffi"))]
fn after_a_later_refusal_old_code_goes_on_and_new_shapes_use_libffi() {
    alone(|| {
        let called = super::function(1);
        super::check(&called);
        let bound = super::function(2);
        refuse_all();
        super::check(&called);
        // its checked form was not compiled yet, and cannot be
        super::check(&bound);
        for known in [1, 2] {
            let again = super::function(known);
            assert_eq!(again.engine(), Some(Engine::Jit));
            super::check(&again);
        }
        check_all(3..40, Engine::Libffi);
        assert_eq!(check_struct(), Some(Engine::Libffi));
        super::check(&called);
        // the shape that was refused is refused again, and not by a panic
        assert!(super::function(3).with_engine(Engine::Jit).is_err());
    });
}

#[test]
#[cfg(all(feature = "jit", feature = "libffi"))]
fn after_a_later_refusal_new_extra_arguments_go_through_libffi() {
    alone(|| {
        use farcall::{Value, values};
        let library = support::open(support::fixture("variadic"));
        let sum = library
            .function("int variadic_sum(int count, ...)")
            .unwrap();
        let jit = sum.with_engine(Engine::Jit).unwrap();
        let call = |function: &farcall::Function, arguments: &[Value<'_>]| {
            // SAFETY: there are as many as the first says.
            unsafe { function.call_values(arguments) }.map(|sum| sum.as_i64())
        };
        assert_eq!(call(&sum, &values![2, 1, 2]).unwrap(), Some(3));
        refuse_all();
        for _ in 0..3 {
            assert_eq!(call(&jit, &values![2, 1, 2]).unwrap(), Some(3));
            assert_eq!(
                call(&sum, &values![8, 1, 2, 3, 4, 5, 6, 7, 8]).unwrap(),
                Some(36)
            );
            // SAFETY: as above.
            let nine = unsafe { sum.call::<_, i32>((9, 1, 2, 3, 4, 5, 6, 7, 8, 9)) };
            assert_eq!(nine.unwrap(), 45);
            let ten = [10; 11].map(Value::from);
            let error = call(&jit, &ten).unwrap_err();
            assert!(
                matches!(error.kind(), ErrorKind::Memory { .. }),
                "{error:?}"
            );
            assert!(error.to_string().starts_with("variadic_sum: "), "{error}");
        }
        assert_eq!(sum.engine(), Some(Engine::Jit));
    });
}
