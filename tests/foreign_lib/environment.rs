//! Is a library found where the declaration, the environment or another path says?

#[cfg(target_os = "linux")]
use farcall::ErrorKind;
use farcall::foreign_lib;
use std::ffi::c_int;
#[cfg(target_os = "linux")]
use std::{fs, os::unix::fs::PermissionsExt as _, os::unix::process::CommandExt as _};

#[foreign_lib(
    names("farcall_named_by_the_environment"),
    env = "FARCALL_TEST_DECLARED",
    unsafe(load),
    unsafe(sync)
)]
mod environment {
    use std::ffi::c_int;
    pub(super) struct Environment;
    unsafe extern "C" {
        pub(super) safe fn decl_add(a: c_int, b: c_int) -> c_int;
    }
}

/// A directory that is relative to that of the tests.
#[cfg(target_os = "linux")]
#[foreign_lib(
    names("farcall_in_a_directory"),
    dirs("target/no-such-directory", "target/declared-directory"),
    unsafe(load),
    unsafe(sync)
)]
mod directory {
    use std::ffi::c_int;
    pub(super) struct Directory;
    unsafe extern "C" {
        pub(super) safe fn decl_add(a: c_int, b: c_int) -> c_int;
    }
}

/// What `crate = path` must lead to: `farcall` with a trait that only this path has.
mod elsewhere {
    pub(super) use farcall::*;

    pub(super) trait IntoForeign<L>: Sized {
        type C;
        type Held;
        type Refusal;
        fn hold(self, library: L) -> std::result::Result<Self::Held, Self::Refusal>;
        fn give(held: &mut Self::Held) -> Self::C;
    }
}

/// A number that crosses by the trait of `elsewhere`.
struct Number(c_int);

impl<L> elsewhere::IntoForeign<L> for Number {
    type C = c_int;
    type Held = c_int;
    type Refusal = std::convert::Infallible;

    fn hold(self, _: L) -> Result<c_int, Self::Refusal> {
        Ok(self.0)
    }

    fn give(held: &mut c_int) -> c_int {
        10 * *held
    }
}

#[foreign_lib(crate = crate::environment::elsewhere, unsafe(sync))]
mod moved {
    use std::ffi::c_int;
    pub(super) struct Moved;
    unsafe extern "C" {
        pub(super) safe fn decl_add(a: super::Number, b: super::Number) -> c_int;
    }
}

#[test]
fn may_the_crate_be_elsewhere() {
    // SAFETY: it is what is declared.
    let moved = unsafe { moved::Moved::load_from(support::fixture("declared")) }.unwrap();
    assert_eq!(moved.decl_add(Number(1), Number(2)), 30);
}

#[cfg(target_os = "linux")]
#[test]
fn is_a_library_found_in_the_directories_that_are_named() {
    let error = directory::Directory::load().unwrap_err().to_string();
    assert!(error.contains("target/no-such-directory"), "{error}");
    let dir = std::path::Path::new("target/declared-directory");
    fs::create_dir_all(dir).unwrap();
    let library = dir.join("libfarcall_in_a_directory.so");
    fs::copy(support::fixture("declared"), &library).unwrap();
    let found = directory::Directory::load();
    fs::remove_file(library).unwrap();
    assert_eq!(found.unwrap().decl_add(1, 2), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn the_environment_stands_in_for_the_names() {
    let error = environment::Environment::load().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("farcall_named_by_the_environment"),
        "{error}"
    );
    support::child::alone(|| {
        // SAFETY: this process has one thread.
        unsafe { std::env::set_var("FARCALL_TEST_DECLARED", support::fixture("declared")) };
        assert_eq!(environment::Environment::load().unwrap().decl_add(1, 2), 3);
        // SAFETY: as above.
        unsafe { std::env::set_var("FARCALL_TEST_DECLARED", "") };
        assert!(environment::Environment::load().is_err());
    });
}

#[cfg(target_os = "linux")]
#[test]
fn an_incomplete_library_is_told_beside_the_names() {
    // SAFETY: the fixture's initialisers need nothing.
    support::child::alone(|| unsafe {
        std::env::set_var("FARCALL_TEST_DECLARED", "libm.so.6");
        let error = environment::Environment::load().unwrap_err();
        let ErrorKind::Symbols { missing, attempts } = error.kind() else {
            panic!("{error}");
        };
        assert_eq!((missing.len(), attempts.len()), (1, 1));
        assert_eq!(attempts[0].reason, "it was opened, but lacks 1 symbol");
    });
}

#[cfg(target_os = "linux")]
const RAISED: &str = "FARCALL_TEST_RAISED";

/// What the test below asks the program that it starts: whether its privileges are raised, and
/// whether the environment named a library.
#[cfg(target_os = "linux")]
fn answer() {
    // SAFETY: it reads what the kernel has told.
    let raised = unsafe { libc::getauxval(libc::AT_SECURE) };
    let found = environment::Environment::load().is_ok();
    println!("raised {raised} found {found}");
}

#[cfg(target_os = "linux")]
#[test]
fn is_the_environment_ignored_with_raised_privileges() {
    if std::env::var_os(RAISED).is_some() {
        return answer();
    }
    let what = "the environment of a program with raised privileges";
    // SAFETY: it has no conditions.
    if unsafe { libc::geteuid() } != 0 {
        return support::not_asked(what, "only root makes such a program");
    }
    let scratch = support::Scratch::new();
    let program = scratch.path("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let library = scratch.copy("declared", "library.so");
    let ask = |mode| {
        for path in [&scratch.dir(), &library] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
        let test = "environment::is_the_environment_ignored_with_raised_privileges";
        let mut command = std::process::Command::new(&program);
        command
            .args([test, "--exact", "--nocapture"])
            .uid(65534)
            .gid(65534);
        command
            .env(RAISED, "1")
            .env("FARCALL_TEST_DECLARED", &library);
        let output = command.current_dir("/").output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let plain = ask(0o755);
    assert!(plain.contains("raised 0 found true"), "{plain}");
    let raised = ask(0o4755);
    if raised.contains("raised 0") {
        return support::not_asked(what, "the file system does not raise them");
    }
    assert!(raised.contains("raised 1 found false"), "{raised}");
}
