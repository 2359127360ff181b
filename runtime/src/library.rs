//! Libraries: opened, shared, closed.
//!
//! Guarantee: a library stays loaded as long as the program runs, unless it is closed on purpose;
//! and then nothing that this crate made from it is left.
#![allow(
    unsafe_code,
    reason = "whoever opens a library answers for its initialisers, whoever closes it for its addresses"
)]

use crate::error::{Attempt, CloseError, ErrorKind, Result, StillInUse};
use crate::symbol::Symbol;
use crate::{os, search};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::Arc;

/// A library that was found at run time.
///
/// It is a handle: clones share one library, on all threads. Dropping it, or everything made from
/// it, never unloads the library, because C code may have kept addresses in it; [`close`]
/// does.
///
/// # Examples
/// ```
/// use farcall::Library;
///
/// # #[cfg(unix)] {
/// // SAFETY: the C library has no initialisers that matter here.
/// let libm = unsafe { Library::open("m")? };
/// let pow = libm.symbol("pow")?;
/// assert_eq!(pow.name(), "pow");
/// # }
/// # Ok::<(), farcall::Error>(())
/// ```
///
/// [`close`]: Library::close
#[derive(Clone)]
pub struct Library(Arc<Loaded>);

struct Loaded {
    /// Never dropped, which would unload it.
    handle: ManuallyDrop<os::Handle>,
    name: Box<str>,
}

impl Library {
    /// Opens the library that has this path or name.
    ///
    /// What contains a separator is a path and taken as it is. A file name (`libm.so.6`) is looked
    /// for by the system. Any other name becomes the file name that libraries have here: `m` and
    /// `libm` are `libm.so`, `libm.dylib` or `m.dll`. Where no such file can be loaded, because
    /// only development packages contain it, versioned files (`libm.so.6`) are looked for where
    /// systems keep libraries and in `LD_LIBRARY_PATH`, and the highest version is taken. That
    /// variable is ignored in programs that run with raised privileges.
    ///
    /// All symbols that the library needs are bound now, and its own are visible only through the
    /// result; see [`options`](Library::options) for other ways.
    ///
    /// # Safety
    /// - The initialisers of the library and of those that it needs run here, and their termination
    ///   routines when the library is closed or the program ends. Nothing can check what they do.
    /// - The file does not change while the library is loaded.
    ///
    /// # Errors
    /// [`ErrorKind::Open`] with every name and path that was tried and the system's reason for
    /// each; [`ErrorKind::Nul`], with nothing tried, if `name` contains a NUL byte.
    ///
    /// # Platform-specific behaviour
    /// On Windows the system looks for names in the directory of the program, its own directories,
    /// the current directory and those in `PATH`; with [`raw_flags`](OpenOptions::raw_flags) of
    /// `LoadLibraryExW` it looks elsewhere, such as in its own directory only (`0x800`). What the
    /// library of a path needs is looked for beside it as well.
    pub unsafe fn open(name: impl AsRef<OsStr>) -> Result<Self> {
        // SAFETY: forwarded to the caller.
        unsafe { Self::options().open(name) }
    }

    /// Opens the first library that can be opened under one of these paths and names.
    ///
    /// # Safety
    /// As for [`open`](Library::open), for each of them: the initialisers of a library may run
    /// before it turns out that it cannot be loaded.
    ///
    /// # Errors
    /// As for [`open`](Library::open); [`ErrorKind::Open`] with no attempts if there are no names.
    pub unsafe fn open_any(names: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Self> {
        // SAFETY: forwarded to the caller.
        unsafe { Self::options().open_any(names) }
    }

    /// Starts opening a library in another than the usual way.
    pub fn options() -> OpenOptions {
        OpenOptions::default()
    }

    /// The running program, with every library that it was linked to or that was opened with
    /// [`OpenFlags::GLOBAL`].
    ///
    /// # Errors
    /// [`ErrorKind::Open`] if the system refuses.
    ///
    /// # Platform-specific behaviour
    /// On Windows it is the program's own file alone: the C library is a library like others, such as
    /// `ucrtbase.dll`.
    pub fn this() -> Result<Self> {
        const NAME: &str = "this program";
        let handle = os::this().map_err(|error| ErrorKind::Open {
            attempts: vec![Attempt {
                name: NAME.to_owned(),
                reason: os::reason(&error, NAME),
            }],
        })?;
        Ok(Self::new(handle, NAME))
    }

    pub(crate) fn new(handle: os::Handle, name: &str) -> Self {
        Self(Arc::new(Loaded {
            handle: ManuallyDrop::new(handle),
            name: name.into(),
        }))
    }

    pub(crate) fn handle(&self) -> &os::Handle {
        &self.0.handle
    }

    /// What tells its image from every other that is loaded.
    #[cfg(feature = "macros")]
    pub(crate) fn image(&self) -> usize {
        os::image(self.handle())
    }

    /// The name or path under which it was opened.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Looks up a function or variable.
    ///
    /// # Errors
    /// [`ErrorKind::Symbol`] if there is none of this name, or if its value is null, which the
    /// linker can be told to give it; [`ErrorKind::Nul`] if `name` contains a NUL byte.
    pub fn symbol(&self, name: &str) -> Result<Symbol> {
        Symbol::find(self, name)
    }

    /// Closes the library: the system unloads it if nothing else in the program holds it, be it
    /// another library or a [`Library`] that was opened on its own.
    ///
    /// # Safety
    /// No code of the library runs, and none of its addresses that were copied out of symbols,
    /// functions and values, or that it handed out itself, is used afterwards.
    ///
    /// # Errors
    /// [`CloseError::StillInUse`], which gives the library back, while a clone of it or a symbol,
    /// function or variable of it is alive; [`CloseError::System`] if the system refuses.
    pub unsafe fn close(self) -> Result<(), CloseError> {
        let (handle, name) = self.take()?;
        handle.close().map_err(|error| CloseError::System {
            reason: os::reason(&error, &name),
            library: name.into(),
        })
    }

    /// Gives the library to `libloading`, where dropping it closes it.
    ///
    /// # Errors
    /// [`StillInUse`], which gives the library back, while a clone of it or a symbol, function or
    /// variable of it is alive.
    #[cfg(any(unix, windows))]
    pub fn into_libloading(self) -> Result<libloading::Library, StillInUse> {
        self.take().map(|(handle, _)| handle)
    }

    fn take(self) -> Result<(os::Handle, Box<str>), StillInUse> {
        match Arc::try_unwrap(self.0) {
            Ok(Loaded { handle, name }) => Ok((ManuallyDrop::into_inner(handle), name)),
            Err(shared) => Err(StillInUse {
                // The last of them may be gone by now.
                users: (Arc::strong_count(&shared) - 1).max(1),
                library: Self(shared),
            }),
        }
    }
}

/// The name of a library that `libloading` opened is not known.
#[cfg(any(unix, windows))]
impl From<libloading::Library> for Library {
    fn from(handle: libloading::Library) -> Self {
        Self::new(handle, "a library opened by libloading")
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Library").field(&self.name()).finish()
    }
}

bitflags::bitflags! {
    /// How a library is loaded. By default it is bound at once and visible to nobody else.
    ///
    /// # Platform-specific behaviour
    /// On Windows they say nothing: every library is bound at once and seen through its handle.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct OpenFlags: u32 {
        /// Functions that the library needs are bound when they are first called; the program
        /// dies at that moment if there is no such function.
        const LAZY = 1;
        /// Everything that the library needs is bound now, or opening it fails. It prevails over
        /// `LAZY`, and is the default.
        const NOW = 2;
        /// The library's symbols are visible to libraries that are opened later, and in
        /// [`Library::this`].
        const GLOBAL = 4;
        /// The library's symbols are visible through its handle only. `GLOBAL` prevails over it;
        /// it is the default.
        const LOCAL = 8;
    }
}

/// The ways of opening a library; made by [`Library::options`].
///
/// ```no_run
/// use farcall::{Library, OpenFlags};
///
/// let options = Library::options().flags(OpenFlags::GLOBAL).search_dir("/opt/cuda/lib64");
/// // SAFETY: the vendor's libraries may be loaded into any program.
/// let cuda = unsafe { options.open_any(["cudart", "libcudart.so.12"])? };
/// # Ok::<(), farcall::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is opened before `open`"]
pub struct OpenOptions {
    flags: OpenFlags,
    raw: u32,
    dirs: Vec<PathBuf>,
}

impl OpenOptions {
    /// Says when symbols are bound and who sees them, in place of what was said before.
    pub fn flags(mut self, flags: OpenFlags) -> Self {
        self.flags = flags;
        self
    }

    /// Adds flags of this system: of `dlopen` (`RTLD_NODELETE`, `RTLD_DEEPBIND`, …), or of
    /// `LoadLibraryExW`.
    pub fn raw_flags(mut self, flags: u32) -> Self {
        self.raw |= flags;
        self
    }

    /// Adds a directory in which names, not paths, are looked for before the system does; the one
    /// that was added first comes first.
    pub fn search_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dirs.push(dir.into());
        self
    }

    /// Opens the library that has this path or name, as [`Library::open`] does.
    ///
    /// # Safety
    /// As for [`Library::open`].
    ///
    /// # Errors
    /// As for [`Library::open`].
    pub unsafe fn open(&self, name: impl AsRef<OsStr>) -> Result<Library> {
        // SAFETY: forwarded to the caller.
        unsafe { self.open_any([name]) }
    }

    /// Opens the first library that can be opened, as [`Library::open_any`] does.
    ///
    /// # Safety
    /// As for [`Library::open_any`].
    ///
    /// # Errors
    /// As for [`Library::open_any`].
    pub unsafe fn open_any(
        &self,
        names: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<Library> {
        let names = names.into_iter().map(|name| name.as_ref().to_owned());
        // SAFETY: forwarded to the caller.
        unsafe { self.open_first(&names.collect::<Vec<_>>()) }
    }

    /// # Safety
    /// As for [`Library::open_any`].
    unsafe fn open_first(&self, names: &[OsString]) -> Result<Library> {
        for dir in &self.dirs {
            search::check(dir.as_os_str(), "a search directory")?;
        }
        for name in names {
            search::check(name, "a library name")?;
        }
        let mut attempts = Vec::new();
        for name in names {
            if name.is_empty() {
                attempts.push(Attempt {
                    name: "\"\"".to_owned(),
                    reason: "the name is empty".to_owned(),
                });
                continue;
            }
            for candidate in search::candidates(name, &self.dirs) {
                let text = candidate.to_string_lossy();
                // SAFETY: forwarded to the caller.
                match unsafe { os::open(&candidate, self.flags, self.raw) } {
                    Ok(handle) => return Ok(Library::new(handle, &text)),
                    Err(error) => {
                        attempts.push(search::attempt(&candidate, os::reason(&error, &text)));
                    }
                }
            }
        }
        Err(ErrorKind::Open { attempts }.into())
    }
}
