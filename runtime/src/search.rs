//! Under which names and paths a library is looked for.
//!
//! Guarantee: a path is taken as it is given; a name becomes file names of this system, those in
//! the caller's directories first, then what the system finds, then versioned files that lie where
//! systems keep libraries. Directories are only read when it comes to them.
#![forbid(unsafe_code)]

use crate::error::{Attempt, ErrorKind, Result};
use crate::os;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Refuses a name that C would cut short.
pub(crate) fn check(name: &OsStr, what: &'static str) -> Result<()> {
    if name.as_encoded_bytes().contains(&0) {
        let text = name.to_string_lossy().into_owned();
        return Err(ErrorKind::Nul { what, text }.into());
    }
    Ok(())
}

/// What to open for `name`, one after the other.
pub(crate) fn candidates(name: &OsStr, dirs: &[PathBuf]) -> impl Iterator<Item = OsString> {
    let file = (!is_path(name)).then(|| file_name(name));
    let path = file.is_none().then(|| name.to_owned());
    let found = file.into_iter().flat_map(move |file| {
        let near = dirs.iter().flat_map({
            let file = file.clone();
            move |dir| in_dir(dir, &file)
        });
        let system = std::iter::once(file.clone());
        let versions = std::iter::once(file).flat_map(|file| system_versions(&file));
        near.chain(system).chain(versions)
    });
    path.into_iter().chain(found)
}

/// A failed attempt, with what the file itself tells about the reason.
pub(crate) fn attempt(candidate: &OsStr, mut reason: String) -> Attempt {
    if is_path(candidate)
        && let Some(more) = os::explain(Path::new(candidate))
    {
        reason = format!("{reason} ({more})");
    }
    Attempt {
        name: candidate.to_string_lossy().into_owned(),
        reason,
    }
}

fn is_path(name: &OsStr) -> bool {
    let bytes = name.as_encoded_bytes();
    bytes.iter().any(|byte| os::SEPARATORS.contains(byte))
}

/// The file name of the library that a program calls `name`: `libz.so` for `z` and `libz`.
fn file_name(name: &OsStr) -> OsString {
    let text = name.to_string_lossy().to_ascii_lowercase();
    let is_file =
        text.ends_with(DLL_SUFFIX) || (os::VERSIONED && text.contains(&format!("{DLL_SUFFIX}.")));
    if is_file {
        return name.to_owned();
    }
    let mut file = OsString::new();
    if !text.starts_with(DLL_PREFIX) {
        file.push(DLL_PREFIX);
    }
    file.push(name);
    file.push(DLL_SUFFIX);
    file
}

/// The file and its versions in a directory of the caller.
fn in_dir(dir: &Path, file: &OsStr) -> impl Iterator<Item = OsString> + use<> {
    // Without a separator, the file would be looked for where the system keeps libraries.
    let dir = if dir.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        dir.to_owned()
    };
    let plain = dir.join(file).into_os_string();
    let file = file.to_owned();
    let versions = std::iter::once(dir).flat_map(move |dir| {
        let versions = versions([dir].into_iter(), &file).into_values();
        versions.flatten().map(PathBuf::into_os_string)
    });
    std::iter::once(plain).chain(versions)
}

/// Versioned files where systems keep libraries: each name, for the system to find, then its
/// paths.
fn system_versions(file: &OsStr) -> impl Iterator<Item = OsString> + use<> {
    let versions = versions(library_path().into_iter().chain(os::library_dirs()), file);
    versions.into_values().flat_map(|paths| {
        let name = paths.first().and_then(|path| path.file_name());
        let name = name.map(OsStr::to_owned);
        let paths = paths.into_iter().map(PathBuf::into_os_string);
        name.into_iter().chain(paths)
    })
}

/// The directories that the environment adds.
fn library_path() -> Vec<PathBuf> {
    if os::privileges_raised() {
        return Vec::new();
    }
    let value = std::env::var_os(os::LIBRARY_PATH).unwrap_or_default();
    let dirs = std::env::split_paths(&value);
    dirs.filter(|dir| !dir.as_os_str().is_empty()).collect()
}

/// The highest version first, but `1` before `1.3`: the former is the name that programs ask for.
type Version = Vec<Reverse<u64>>;

/// The versions of `file` in `dirs`, with the paths that each has.
fn versions(dirs: impl Iterator<Item = PathBuf>, file: &OsStr) -> BTreeMap<Version, Vec<PathBuf>> {
    let mut found: BTreeMap<Version, Vec<PathBuf>> = BTreeMap::new();
    let mut seen = Vec::new();
    let Some(file) = file.to_str().filter(|_| os::VERSIONED) else {
        return found;
    };
    for dir in dirs {
        // `/lib` is `/usr/lib` on most systems.
        let Ok(real) = dir.canonicalize() else {
            continue;
        };
        if seen.contains(&real) {
            continue;
        }
        seen.push(real);
        for entry in dir.read_dir().into_iter().flatten().flatten() {
            let name = entry.file_name();
            if let Some(version) = name.to_str().and_then(|name| version(name, file)) {
                found.entry(version).or_default().push(dir.join(&name));
            }
        }
    }
    found
}

/// The version that `name` adds to `file`.
fn version(name: &str, file: &str) -> Option<Version> {
    let numbers = name.strip_prefix(file)?.strip_prefix('.')?.split('.');
    let numbers = numbers.map(|number| {
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| number.parse().ok().map(Reverse)).flatten()
    });
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn names_become_file_names() {
        for (name, file) in [
            ("m", "libm.so"),
            ("libm", "libm.so"),
            ("libm.so", "libm.so"),
            ("libm.so.6", "libm.so.6"),
            ("python3.11", "libpython3.11.so"),
            ("plugin.so", "plugin.so"),
        ] {
            assert_eq!(file_name(OsStr::new(name)), file, "{name}");
        }
    }

    #[test]
    fn the_highest_version_comes_first() {
        let names = [
            "z.9", "z.10.1", "z.10", "z.10.1.2", "z.10.2", "z.", "z.1a", "zz.1", "z", "z.+1",
        ];
        let mut sorted: Vec<_> = names
            .into_iter()
            .filter_map(|name| Some((version(name, "z")?, name)))
            .collect();
        sorted.sort();
        let sorted: Vec<_> = sorted.into_iter().map(|(_, name)| name).collect();
        assert_eq!(sorted, ["z.10", "z.10.2", "z.10.1", "z.10.1.2", "z.9"]);
    }

    #[cfg(unix)]
    #[test]
    fn an_empty_directory_is_the_current_one() {
        let mut paths = in_dir(Path::new(""), OsStr::new("libz.so"));
        assert_eq!(paths.next().unwrap(), "./libz.so");
    }
}
