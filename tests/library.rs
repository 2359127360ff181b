//! Are libraries found and shared, and what do their symbols say?
#![cfg(unix)] // what is asked here of `dlopen`, `windows_libraries.rs` asks of Windows

use farcall::{ErrorKind, Library, OpenFlags};
use std::ffi::c_int;
use std::path::Path;
use support::{Scratch, call, fixture, fixtures, open};

mod opened {
    use super::*;

    #[test]
    fn by_path() {
        let path = fixture("basic");
        let library = open(&path);
        assert_eq!(call(&library, "farcall_answer"), 42);
        assert_eq!(library.name(), path.to_str().unwrap());
        assert_eq!(format!("{library:?}"), format!("Library({path:?})"));
    }

    #[test]
    fn by_relative_path() {
        let here = std::env::current_dir().unwrap();
        let up = "../".repeat(here.components().count() - 1);
        let path = format!("{up}{}", &fixture("basic").to_str().unwrap()[1..]);
        assert_eq!(call(&open(path), "farcall_answer"), 42);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn by_bare_name_and_file_name() {
        for name in ["m", "libm", "libm.so.6"] {
            let library = open(name);
            assert!(library.symbol("pow").is_ok(), "{name}");
            assert!(library.name().starts_with("libm.so"), "{}", library.name());
        }
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn by_bare_name_although_only_a_versioned_file_can_be_loaded() {
        // `libm.so` is a linker script, or absent; where programs are cross-compiled it is neither.
        if support::is_kept_from_asking("a name that only the system's versioned file has") {
            return;
        }
        assert_eq!(open("m").name(), "libm.so.6");
    }

    /// The variable is read when a program starts, so that it takes another one.
    #[cfg(target_os = "linux")]
    #[test]
    fn by_a_versioned_file_in_the_library_path() {
        const NAME: &str = "opened::by_a_versioned_file_in_the_library_path";
        const CHILD: &str = "FARCALL_TEST_CHILD";
        if std::env::var_os(CHILD).is_some() {
            let library = open("farcall_env");
            assert_eq!(library.name(), "libfarcall_env.so.3");
            return;
        }
        let scratch = Scratch::new();
        scratch.copy("basic", "libfarcall_env.so.3");
        let child = support::this_program()
            .args(["--exact", NAME])
            .env(CHILD, "1")
            .env("LD_LIBRARY_PATH", scratch.dir())
            .output()
            .unwrap();
        assert!(child.status.success(), "{child:?}");
    }

    #[test]
    fn by_the_first_candidate_that_can_be_opened() {
        let names = [
            Path::new("farcall_nosuch"),
            Path::new("/nosuch/x.so"),
            &fixture("basic"),
        ];
        // SAFETY: the fixture may be loaded.
        let library = unsafe { Library::open_any(names) }.unwrap();
        assert_eq!(library.name(), fixture("basic").to_str().unwrap());
    }

    #[test]
    fn from_a_search_directory() {
        let options = Library::options()
            .search_dir("/nosuch")
            .search_dir(fixtures());
        // SAFETY: the fixture may be loaded.
        let library = unsafe { options.open("farcall_basic") }.unwrap();
        assert_eq!(library.name(), fixture("basic").to_str().unwrap());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn from_a_search_directory_by_its_highest_version() {
        let scratch = Scratch::new();
        for file in [
            "libfarcall_v.so.9",
            "libfarcall_v.so.10.1",
            "libfarcall_v.so.10",
        ] {
            scratch.copy("basic", file);
        }
        // Not a version, and not a library.
        scratch.write("libfarcall_v.so.debug", "");
        let options = Library::options().search_dir(scratch.dir());
        // SAFETY: the fixture may be loaded.
        let library = unsafe { options.open("farcall_v") }.unwrap();
        let expected = scratch.path("libfarcall_v.so.10");
        assert_eq!(library.name(), expected.to_str().unwrap());
    }

    #[test]
    fn twice_as_one_library() {
        let (a, b) = (open(fixture("basic")), open(fixture("basic")));
        let address = |library: &Library| library.symbol("farcall_counter").unwrap().address();
        assert_eq!(address(&a), address(&b));
        assert_eq!(address(&a), address(&a.clone()));
    }

    #[test]
    fn by_eight_threads_at_once() {
        let start = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for number in 0..8 {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    for _ in 0..50 {
                        let library = open(fixture("basic"));
                        assert_eq!(call(&library, "farcall_answer"), 42);
                        let name = format!("farcall_thread_{number}");
                        // SAFETY: there is no such library.
                        let error = unsafe { Library::open(&name) }.unwrap_err().to_string();
                        assert!(error.contains(&name), "{error}");
                        let error = library.symbol(&name).unwrap_err().to_string();
                        assert!(
                            error.contains(&format!("undefined symbol: {name}")),
                            "{error}"
                        );
                    }
                });
            }
        });
    }

    #[test]
    fn as_the_running_program() {
        let program = Library::this().unwrap();
        assert_eq!(program.name(), "this program");
        assert!(program.symbol("malloc").is_ok());
        // SAFETY: the program itself stays loaded.
        unsafe { program.close() }.unwrap();
    }
}

mod flags {
    use super::*;

    fn with(flags: OpenFlags, path: &Path) -> farcall::Result<Library> {
        // SAFETY: the fixtures may be loaded.
        unsafe { Library::options().flags(flags).open(path) }
    }

    #[test]
    fn local_symbols_are_seen_through_the_handle_only() {
        let scratch = Scratch::new();
        let path = scratch.copy("basic", "libfarcall_local.so");
        let library = with(OpenFlags::LOCAL, &path).unwrap();
        assert!(library.symbol("farcall_answer").is_ok());
        let program = Library::this().unwrap();
        assert!(program.symbol("farcall_answer").is_err());
    }

    #[test]
    fn global_symbols_are_seen_by_the_program_and_later_libraries() {
        let needy = fixture("needy");
        let error = with(OpenFlags::NOW, &needy).unwrap_err().to_string();
        assert!(
            error.ends_with("undefined symbol: farcall_provided"),
            "{error}"
        );

        let _provider = with(OpenFlags::GLOBAL, &fixture("provider")).unwrap();
        let program = Library::this().unwrap();
        assert_eq!(call(&program, "farcall_provided"), 11);
        let needy = with(OpenFlags::NOW, &needy).unwrap();
        assert_eq!(call(&needy, "farcall_need"), 12);
    }

    #[test]
    fn lazy_binding_puts_off_what_is_missing() {
        let path = fixture("broken");
        for flags in [
            OpenFlags::empty(),
            OpenFlags::NOW,
            OpenFlags::NOW | OpenFlags::LAZY,
        ] {
            let error = with(flags, &path).unwrap_err().to_string();
            assert!(
                error.ends_with("undefined symbol: farcall_nowhere"),
                "{error}"
            );
        }
        let library = with(OpenFlags::LAZY, &path).unwrap();
        assert_eq!(call(&library, "farcall_bound"), 5);
    }

    #[test]
    fn raw_flags_reach_the_system() {
        let scratch = Scratch::new();
        let path = scratch.copy("basic", "libfarcall_raw.so");
        let raw = Library::options().raw_flags(libc::RTLD_NOLOAD.cast_unsigned());
        // SAFETY: the flag keeps the system from loading anything.
        assert!(unsafe { raw.open(&path) }.is_err());
        let _library = open(&path);
        // SAFETY: as above.
        assert!(unsafe { raw.open(&path) }.is_ok());
    }
}

mod symbols {
    use super::*;

    #[test]
    fn keep_name_address_and_library() {
        let library = open(fixture("basic"));
        let symbol = library.symbol("farcall_counter").unwrap();
        drop(library);
        assert_eq!(symbol.name(), "farcall_counter");
        assert_eq!(symbol.library().name(), fixture("basic").to_str().unwrap());
        // SAFETY: the variable is an `int` that nothing writes.
        assert_eq!(unsafe { *symbol.address().cast::<c_int>() }, 7);
        assert_eq!(symbol.clone().address(), symbol.address());
        let text = format!("{symbol:?}");
        assert!(
            text.starts_with("Symbol(\"farcall_counter\" at 0x"),
            "{text}"
        );
    }

    #[test]
    fn that_are_missing_are_named_with_their_library() {
        let path = fixture("basic");
        let path = path.to_str().unwrap();
        let error = open(path).symbol("farcall_nosuch").unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Symbol { .. }),
            "{error:?}"
        );
        assert_eq!(error.symbol(), Some("farcall_nosuch"));
        assert_eq!(error.library(), Some(path));
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        assert_eq!(
            error.to_string(),
            format!("farcall_nosuch: no such symbol: undefined symbol: farcall_nosuch (in {path})")
        );
    }

    #[test]
    fn with_odd_names_are_missing() {
        let library = open(fixture("basic"));
        for name in ["", " ", "farcall_answer ", "ファ", &"x".repeat(100_000)] {
            let error = library.symbol(name).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Symbol { .. }), "{error}");
        }
        let error = library.symbol("farcall\0answer").unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Nul { .. }), "{error:?}");
        assert!(
            error
                .to_string()
                .contains(r#"a symbol name contains a NUL byte: "farcall\0answer""#),
            "{error}"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn whose_value_is_null_are_refused() {
        let error = open(fixture("basic")).symbol("farcall_null").unwrap_err();
        assert!(
            error.to_string().starts_with(
                "farcall_null: no such symbol: the library defines it with the value null (in "
            ),
            "{error}"
        );
    }
}
