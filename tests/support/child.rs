//! Questions to a process of its own.
#![expect(
    clippy::missing_panics_doc,
    reason = "a panic fails the test that asks"
)]

use std::any;
use std::env;
use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::Output;

const VARIABLE: &str = "FARCALL_TEST_CHILD";

/// Runs `body`, a closure of the test that calls, in a new process that must end well.
pub fn alone<F: FnOnce()>(body: F) {
    let Some(output) = run::<F>(body) else { return };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", describe(&output));
    assert!(text.contains("1 passed"), "it was not run:\n{text}");
    let errors = String::from_utf8_lossy(&output.stderr);
    for line in errors
        .lines()
        .filter(|line| line.starts_with("not asked: "))
    {
        // Nobody may be listening.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// Runs `body`, a closure of the test that calls, in a new process that must abort and say `words`
/// on standard error.
pub fn aborts<F: FnOnce()>(words: &str, body: F) {
    let Some(output) = run::<F>(body) else { return };
    let errors = String::from_utf8_lossy(&output.stderr);
    let aborted = output.status.signal() == Some(libc::SIGABRT);
    assert!(aborted && errors.contains(words), "{}", describe(&output));
}

/// Runs `body`, a closure of the test that calls, in a new process that must end with `status` and
/// say `words` on standard output.
pub fn says<F: FnOnce()>(words: &str, status: i32, body: F) {
    let Some(output) = run::<F>(body) else { return };
    let text = String::from_utf8_lossy(&output.stdout);
    let said = output.status.code() == Some(status) && text.contains(words);
    assert!(said, "{}", describe(&output));
}

fn describe(output: &Output) -> String {
    format!(
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// In the new process `None`, after `body`; in the process that asks what became of it.
fn run<F: FnOnce()>(body: F) -> Option<Output> {
    let name = any::type_name::<F>();
    let test = name
        .split_once("::")
        .and_then(|(_, path)| path.split_once("::{{closure}}"));
    let (test, _) = test.unwrap();
    if env::var(VARIABLE).is_ok_and(|variable| variable == test) {
        limit_time();
        body();
        return None;
    }
    let mut command = crate::this_program();
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(VARIABLE, test);
    Some(command.output().unwrap())
}

/// A process that waits for ever is killed, and the test fails.
fn limit_time() {
    let seconds = if crate::is_emulated() { 600 } else { 60 };
    // SAFETY: no handler runs, the signal kills.
    unsafe { libc::alarm(seconds) };
}

/// A forked process.
pub struct Child(libc::pid_t);

/// Forks; the child runs `body` and ends.
pub fn fork(body: impl FnOnce()) -> Child {
    // SAFETY: the child publishes and runs code only; the allocator of the C library allows it.
    run_in(unsafe { libc::fork() }, body)
}

/// Forks without the C library's knowledge.
pub fn raw_fork(body: impl FnOnce()) -> Child {
    // SAFETY: as a fork of a process with one thread.
    let pid = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
    run_in(pid.try_into().unwrap(), body)
}

fn run_in(pid: libc::pid_t, body: impl FnOnce()) -> Child {
    assert!(pid >= 0);
    if pid == 0 {
        limit_time();
        let result = panic::catch_unwind(AssertUnwindSafe(body));
        // SAFETY: ends the process, without the exit handlers of its parent.
        unsafe { libc::_exit(if result.is_ok() { 0 } else { 1 }) };
    }
    Child(pid)
}

impl Child {
    /// Waits for the child, which must have ended well.
    pub fn join(self) {
        let mut status = 0;
        // SAFETY: `status` is a valid place for the answer.
        let pid = unsafe { libc::waitpid(self.0, &raw mut status, 0) };
        assert_eq!((pid, status), (self.0, 0), "the child failed");
    }
}

/// The descriptors of this process and what they are.
pub fn descriptors() -> Vec<(i32, PathBuf)> {
    let entries = fs::read_dir("/proc/self/fd").unwrap().map(Result::unwrap);
    let numbers = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    numbers
        .filter_map(|(n, path)| Some((n.parse().unwrap(), fs::read_link(path).ok()?)))
        .collect()
}

/// The descriptors of memory files with code.
pub fn code_descriptors() -> Vec<i32> {
    let ours = |path: &PathBuf| path.to_string_lossy().contains("memfd:farcall");
    descriptors()
        .into_iter()
        .filter(|(_, path)| ours(path))
        .map(|(n, _)| n)
        .collect()
}
