//! Loading a declared library.
//!
//! Guarantee: a declaration has one instance for each image in the program; without the claim that
//! the library bears threads, all of its users are on one thread.
#![allow(
    unsafe_code,
    reason = "loading runs initialisers, and instances are kept under an untyped address"
)]

use crate::declaration::Declaration;
use crate::error::{Attempt, Error, ErrorKind, MissingSymbol, Result};
use crate::library::Library;
use crate::os;
use crate::slot::{self, Instance};
use std::ffi::{OsStr, OsString};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

/// The library that a declaration found once for all.
pub struct Global<const N: usize>(OnceLock<Result<&'static Instance<N>>>);

impl<const N: usize> Global<N> {
    /// Nothing is loaded.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it is for statics")]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// What the first call found, be it an error.
    ///
    /// # Safety
    /// As [`load`].
    ///
    /// # Errors
    /// As [`load`].
    pub unsafe fn get(&self, declaration: &'static Declaration) -> Result<&'static Instance<N>> {
        // SAFETY: forwarded to the caller.
        let found = self.0.get_or_init(|| unsafe { load(declaration) });
        let instance = *found.as_ref().map_err(Error::clone)?;
        // The first call may have been on another thread.
        admit(declaration, instance.library())?;
        Ok(instance)
    }
}

/// Loads the library under the first of its names that has everything.
///
/// # Safety
/// As [`Library::open`], for each of the names.
///
/// # Errors
/// - [`ErrorKind::Open`]: no library could be opened.
/// - [`ErrorKind::Symbols`]: none that could be opened has all symbols.
/// - [`ErrorKind::Thread`]: it is in use on another thread.
pub unsafe fn load<const N: usize>(
    declaration: &'static Declaration,
) -> Result<&'static Instance<N>> {
    if declaration.this_process {
        return bind(declaration, Library::this()?);
    }
    let mut options = Library::options();
    for dir in declaration.dirs {
        options = options.search_dir(dir);
    }
    let mut attempts = Vec::new();
    let mut missing = None;
    for name in names(declaration) {
        // SAFETY: forwarded to the caller.
        let opened = unsafe { options.open(&name) };
        match opened.and_then(|library| bind(declaration, library)) {
            Ok(instance) => return Ok(instance),
            Err(error) => match error.kind() {
                ErrorKind::Open { attempts: more } => attempts.extend_from_slice(more),
                ErrorKind::Symbols { missing: here, .. } => {
                    attempts.push(incomplete(&error, here.len()));
                    missing.get_or_insert(error);
                }
                _ => return Err(error),
            },
        }
    }
    Err(match missing {
        None => ErrorKind::Open { attempts }.into(),
        Some(error) => error.with_attempts(attempts),
    })
}

/// Loads the library at this path or under this name.
///
/// # Safety
/// As [`Library::open`].
///
/// # Errors
/// As [`load`].
pub unsafe fn load_from<const N: usize>(
    declaration: &'static Declaration,
    path: &OsStr,
) -> Result<&'static Instance<N>> {
    // SAFETY: forwarded to the caller.
    bind(declaration, unsafe { Library::open(path)? })
}

/// Looks up what is declared in a library.
///
/// # Errors
/// [`ErrorKind::Symbols`], [`ErrorKind::Thread`].
pub fn bind<const N: usize>(
    declaration: &'static Declaration,
    library: Library,
) -> Result<&'static Instance<N>> {
    admit(declaration, &library)?;
    let image = library.image();
    if let Some(known) = known(image, declaration) {
        // SAFETY: what is kept under this declaration is the instance that was made for it.
        return Ok(unsafe { &*known });
    }
    let instance = Instance::<N>::new(library, declaration);
    let missing = slot::fill(instance.slots(), declaration, instance.library());
    if !missing.is_empty() {
        return Err(symbols(missing, instance.library()));
    }
    Ok(keep(image, declaration, Box::new(instance)))
}

fn symbols(missing: Vec<MissingSymbol>, library: &Library) -> Error {
    let attempts = Vec::new();
    Error::from(ErrorKind::Symbols { missing, attempts }).in_library(library.name())
}

fn incomplete(error: &Error, count: usize) -> Attempt {
    let plural = if count == 1 { "" } else { "s" };
    Attempt {
        name: error.library().unwrap_or_default().to_owned(),
        reason: format!("it was opened, but lacks {count} symbol{plural}"),
    }
}

/// What to open: what the environment says if it says something, or else the declared names.
fn names(declaration: &Declaration) -> Vec<OsString> {
    let chosen = declaration.env.and_then(std::env::var_os);
    let chosen = chosen.filter(|name| !name.is_empty() && !os::privileges_raised());
    match chosen {
        Some(name) => vec![name],
        None => {
            let names = declaration.names_here().iter();
            names.map(OsString::from).collect()
        }
    }
}

/// What is loaded.
#[derive(Default)]
struct Loaded {
    /// Image, declaration and the address of the instance.
    instances: Vec<(usize, usize, usize)>,
    /// Images that only one thread may use.
    confined: Vec<(usize, ThreadId)>,
}

fn with_loaded<R>(action: impl FnOnce(&mut Loaded) -> R) -> R {
    static LOADED: OnceLock<Mutex<Loaded>> = OnceLock::new();
    os::without_forks(|| {
        let loaded = LOADED.get_or_init(Mutex::default);
        action(&mut loaded.lock().unwrap_or_else(PoisonError::into_inner))
    })
}

/// Refuses an image that another thread uses, unless the declaration claims that it bears that.
fn admit(declaration: &Declaration, library: &Library) -> Result<()> {
    if declaration.sync {
        return Ok(());
    }
    let (image, thread) = (library.image(), thread::current().id());
    let owner = with_loaded(|loaded| {
        let known = loaded.confined.iter().find(|entry| entry.0 == image);
        known.map(|entry| entry.1).unwrap_or_else(|| {
            loaded.confined.push((image, thread));
            thread
        })
    });
    if owner == thread {
        return Ok(());
    }
    Err(Error::from(ErrorKind::Thread {
        declaration: declaration.name,
    })
    .in_library(library.name()))
}

fn known<const N: usize>(
    image: usize,
    declaration: &'static Declaration,
) -> Option<*const Instance<N>> {
    with_loaded(|loaded| find(loaded, image, declaration)).map(std::ptr::with_exposed_provenance)
}

/// Keeps an instance for ever, or drops it for one that another thread has made meanwhile.
fn keep<const N: usize>(
    image: usize,
    declaration: &'static Declaration,
    instance: Box<Instance<N>>,
) -> &'static Instance<N> {
    let address = with_loaded(|loaded| {
        find(loaded, image, declaration).unwrap_or_else(|| {
            let address = (&raw const *Box::leak(instance)).expose_provenance();
            let key = std::ptr::from_ref(declaration).addr();
            loaded.instances.push((image, key, address));
            address
        })
    });
    // SAFETY: what is kept under this declaration is an instance of its size, kept for ever.
    unsafe { &*std::ptr::with_exposed_provenance(address) }
}

fn find(loaded: &Loaded, image: usize, declaration: &'static Declaration) -> Option<usize> {
    let key = std::ptr::from_ref(declaration).addr();
    let mut instances = loaded.instances.iter();
    let found = instances.find(|entry| (entry.0, entry.1) == (image, key));
    found.map(|entry| entry.2)
}
