//! What tests, examples and benchmarks share.

#[cfg(target_os = "linux")]
pub mod child;
#[cfg(any(unix, windows))]
pub mod compiler;
#[cfg(any(unix, windows))]
pub mod pages;
#[cfg(target_os = "linux")]
pub mod refuse;

use farcall::{Engine, Library};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::{OsStr, c_int};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// The shared library that was made from `tests/native/NAME.c`.
#[must_use]
pub fn fixture(name: &str) -> PathBuf {
    fixtures().join(format!("{DLL_PREFIX}farcall_{name}{DLL_SUFFIX}"))
}

/// The directory of all such libraries.
#[must_use]
pub fn fixtures() -> PathBuf {
    env!("FARCALL_FIXTURES").into()
}

/// Whether an emulator of the processor does not let a test ask the system; says so.
#[must_use]
pub fn is_kept_from_asking(what: &str) -> bool {
    if is_emulated() {
        not_asked(what, "the emulator does not hand it on to the system");
    }
    is_emulated()
}

/// What cargo runs programs of this target by; empty if nothing is set.
fn runner() -> String {
    let target = env!("FARCALL_TARGET")
        .replace(['-', '.'], "_")
        .to_uppercase();
    let runner = std::env::var(format!("CARGO_TARGET_{target}_RUNNER"));
    runner.ok().filter(|_| cfg!(unix)).unwrap_or_default()
}

/// Whether programs of this target are run by an emulator of the processor, whose own memory and
/// time is what the system tells.
#[must_use]
pub fn is_emulated() -> bool {
    runner().contains("qemu")
}

/// A command that runs a program of this target as cargo does: by the runner that is set for the
/// target, if there is one.
#[must_use]
pub fn program(path: &Path) -> Command {
    let runner = runner();
    let mut words = runner.split_whitespace();
    let Some(first) = words.next() else {
        return Command::new(path);
    };
    let mut command = Command::new(first);
    command.args(words).arg(path);
    command
}

/// A command that runs this program again.
///
/// # Panics
/// If the program cannot tell where it is.
#[must_use]
pub fn this_program() -> Command {
    program(&std::env::current_exe().expect("the path of this program"))
}

/// Opens a fixture, or a library of the system that may be loaded into any program.
///
/// # Panics
/// If it cannot be opened.
pub fn open(name: impl AsRef<OsStr>) -> Library {
    // SAFETY: the initialisers of such libraries need nothing.
    unsafe { Library::open(name) }.expect("a library")
}

/// The C library: what the program is linked to, on Windows a library like others.
///
/// # Panics
/// If it cannot be opened.
#[must_use]
pub fn c_library() -> Library {
    match (cfg!(windows), cfg!(target_env = "msvc")) {
        (true, true) => open("ucrtbase.dll"),
        (true, false) => open("msvcrt.dll"),
        (false, _) => Library::this().expect("the program"),
    }
}

/// The engines that this program was built with.
#[must_use]
pub fn engines() -> &'static [Engine] {
    match (cfg!(feature = "jit"), cfg!(feature = "libffi")) {
        (true, true) => &[Engine::Jit, Engine::Libffi],
        (true, false) => &[Engine::Jit],
        (false, true) => &[Engine::Libffi],
        (false, false) => &[],
    }
}

/// Says on standard error, past the capture of test output, what was not asked and why.
pub fn not_asked(what: &str, why: &str) {
    // Nobody may be listening.
    let _ = writeln!(std::io::stderr(), "not asked: {what}: {why}");
}

/// A struct that C knows, also in builds without the derives.
#[macro_export]
macro_rules! foreign_struct {
    ($name:ident { $($field:ident: $ty:ty),* $(,)? }) => {
        #[derive(Clone, Copy, PartialEq, Debug)]
        #[repr(C)]
        struct $name {
            $($field: $ty),*
        }

        // SAFETY: the description is that of the struct.
        unsafe impl farcall::ForeignType for $name {
            const TYPE: farcall::RustType = farcall::RustType::Record(&farcall::ForeignRecord {
                name: stringify!($name),
                kind: farcall::RecordKind::Struct,
                size: size_of::<Self>(),
                align: align_of::<Self>(),
                fields: &[$(farcall::RustField {
                    name: stringify!($field),
                    offset: std::mem::offset_of!(Self, $field),
                    ty: <$ty as farcall::ForeignType>::TYPE,
                }),*],
            });
        }

        // SAFETY: the fields are numbers.
        unsafe impl farcall::ForeignResult for $name {}
    };
}

/// Calls a fixture's function of type `int (void)`.
///
/// # Panics
/// If there is no function of this name.
pub fn call(library: &Library, name: &str) -> c_int {
    let symbol = library.symbol(name).expect("a function");
    // SAFETY: the function has this type.
    let function: extern "C" fn() -> c_int = unsafe { std::mem::transmute(symbol.address()) };
    function()
}

/// Compares `text` with the file `tests/golden/NAME`, which `FARCALL_BLESS=1` writes anew.
///
/// # Panics
/// If they differ.
pub fn golden(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("FARCALL_BLESS").is_some() {
        std::fs::write(&path, text).expect("a golden text");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "FARCALL_BLESS=1 writes {}", path.display());
}

/// A directory of its own for one test, which removes it at its end.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes an empty directory.
    ///
    /// # Panics
    /// If the system does not.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes something on disk")]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let dir = format!("farcall-{}-{number}", std::process::id());
            let dir = std::env::temp_dir().join(dir);
            match std::fs::create_dir(&dir) {
                Ok(()) => return Self(dir),
                // Windows does not remove the file of a library that is loaded.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => panic!("no scratch directory: {error}"),
            }
        }
    }

    /// The path of `name` in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.0.clone()
    }

    /// Writes a file.
    ///
    /// # Panics
    /// If the system does not.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("a file in the scratch directory");
        path
    }

    /// Copies the fixture `name` to `file`: a library that no other test has opened.
    ///
    /// # Panics
    /// If the system does not.
    pub fn copy(&self, name: &str, file: &str) -> PathBuf {
        self.write(file, std::fs::read(fixture(name)).expect("a fixture"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
