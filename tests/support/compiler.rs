//! The C compilers that generated code is compared with, by the names `gcc` and `clang`.
//!
//! Under wine they are programs of the host, which a program of Windows can start but not wait for:
//! a shell runs them there and writes down how it went.

use std::path::Path;
use std::process::Command;

/// Those that are there, of `gcc` and `clang`, or else `cc`.
#[must_use]
pub fn compilers() -> Vec<&'static str> {
    let found: Vec<_> = ["gcc", "clang"]
        .into_iter()
        .filter(|name| imp::works(name))
        .collect();
    match found.is_empty() {
        true => ["cc"].into_iter().filter(|name| imp::works(name)).collect(),
        false => found,
    }
}

/// The words that run the compiler called `gcc` or `clang` for this target, or for another system's
/// target the one called `cc`; any other name is the command itself.
fn words(name: &str) -> &str {
    match name {
        "gcc" => env!("FARCALL_GCC"),
        "clang" => env!("FARCALL_CLANG"),
        "cc" if env!("FARCALL_GCC") != "gcc" => env!("FARCALL_GCC"),
        _ => name,
    }
}

/// A command that runs the compiler of this name.
#[must_use]
pub fn command(name: &str) -> Command {
    let mut words = words(name).split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

/// Makes a library from a file of C.
///
/// # Errors
/// What the compiler said.
pub fn compile(
    compiler: &str,
    arguments: &[&str],
    source: &Path,
    library: &Path,
) -> Result<(), String> {
    imp::compile(compiler, arguments, source, library)
}

#[cfg(not(windows))]
mod imp {
    use super::command;
    use std::path::Path;
    use std::process::Stdio;

    pub(super) fn works(name: &str) -> bool {
        let mut command = command(name);
        command
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    pub(super) fn compile(
        compiler: &str,
        arguments: &[&str],
        source: &Path,
        library: &Path,
    ) -> Result<(), String> {
        let mut command = command(compiler);
        command.args(["-fPIC", "-shared"]).args(arguments);
        let output = command.arg(source).arg("-o").arg(library).output();
        let output = output.map_err(|error| error.to_string())?;
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}

#[cfg(windows)]
mod imp {
    use std::fs;
    use std::path::Path;
    use std::process::Command;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    /// The host's shell, where there is a host.
    const SHELL: &str = "/bin/sh";

    /// The linker's part is gcc's: clang does not find the libraries of all of them.
    const LINKER: &str = env!("FARCALL_GCC");

    /// No compiler takes so long.
    const LONG: Duration = Duration::from_secs(300);

    pub(super) fn works(name: &str) -> bool {
        run(&format!("{} --version", super::words(name))).is_ok()
    }

    pub(super) fn compile(
        compiler: &str,
        arguments: &[&str],
        source: &Path,
        library: &Path,
    ) -> Result<(), String> {
        let object = library.with_extension("o");
        let [source, object, library] = [source, &object, library].map(host_path);
        let (words, arguments) = (super::words(compiler), arguments.join(" "));
        run(&format!("{words} {arguments} -c {source} -o {object}"))?;
        run(&format!("{LINKER} -shared {object} -o {library}"))
    }

    /// A path as the host knows it: without a drive, and with its own separator.
    fn host_path(path: &Path) -> String {
        let path = path.to_string_lossy().replace('\\', "/");
        match Path::new(SHELL).exists() {
            true => path.strip_prefix("Z:").unwrap_or(&path).to_owned(),
            false => path,
        }
    }

    /// Runs a line of words.
    fn run(line: &str) -> Result<(), String> {
        if Path::new(SHELL).exists() {
            return run_on_host(line);
        }
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        let mut command = Command::new(words.next().unwrap_or_default());
        let output = command
            .args(words)
            .output()
            .map_err(|error| error.to_string())?;
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    fn run_on_host(line: &str) -> Result<(), String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // Not in the directory of Windows for such files, whose name the host does not know.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("/tmp/farcall-cc-{}-{number}", std::process::id());
        let path = |suffix| format!("{name}.{suffix}");
        let [script, said, status, new] = ["sh", "said", "status", "new"].map(path);
        let text = format!(
            "PATH=/usr/local/bin:/usr/bin:/bin\n{line} >{said} 2>&1\n\
             echo $? >{new}; mv {new} {status}\n"
        );
        let _ = fs::remove_file(&status);
        fs::write(&script, text).map_err(|error| error.to_string())?;
        let started = Command::new(SHELL).arg(&script).spawn();
        started.map_err(|error| error.to_string())?;
        let start = Instant::now();
        while !Path::new(&status).exists() && start.elapsed() < LONG {
            sleep(Duration::from_millis(20));
        }
        let result = match fs::read_to_string(&status).unwrap_or_default().trim() {
            "0" => Ok(()),
            _ => Err(fs::read_to_string(&said).unwrap_or_default()),
        };
        for file in [script, said, status] {
            let _ = fs::remove_file(file);
        }
        result
    }
}
