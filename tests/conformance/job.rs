//! A batch of cases for one compiler, and how its process is started and heard.
#![forbid(unsafe_code)]

use crate::batch;
use crate::generate::Case;
use crate::source;
use farcall::Engine;
use std::fs;
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use support::compiler;

/// The variable that turns the test into the process of a job.
pub(crate) const VARIABLE: &str = "FARCALL_CONFORMANCE_JOB";

/// The engines that are tested.
pub(crate) const ENGINES: [Engine; 2] = [Engine::Jit, Engine::Libffi];

/// Some cases under one seed, for one compiler at one level of optimisation.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) seed: u64,
    pub(crate) first: u64,
    pub(crate) count: u64,
    /// Whether the functions are variadic.
    pub(crate) variadic: bool,
    /// A bit for each parameter that is not dropped.
    pub(crate) keep: u32,
    pub(crate) compiler: String,
    pub(crate) level: String,
    pub(crate) dir: PathBuf,
}

/// What was done.
#[derive(Clone, Copy, Default)]
pub(crate) struct Stats {
    pub(crate) functions: u64,
    pub(crate) calls: u64,
    pub(crate) leaves: u64,
    /// The functions that each engine refused.
    pub(crate) refused: [u64; ENGINES.len()],
}

/// What failed, and in which case, where that is known.
pub(crate) struct Failure {
    pub(crate) case: Option<u64>,
    pub(crate) what: String,
}

impl AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        self.functions += other.functions;
        self.calls += other.calls;
        self.leaves += other.leaves;
        for (sum, number) in self.refused.iter_mut().zip(other.refused) {
            *sum += number;
        }
    }
}

impl Job {
    pub(crate) fn cases(&self) -> Vec<Case> {
        let case = |index| Case::new(self.seed, index, self.variadic).keep(self.keep);
        (self.first..self.first + self.count).map(case).collect()
    }

    pub(crate) fn progress(&self) -> PathBuf {
        self.dir.join("progress")
    }

    /// Compiles a C file to a library.
    pub(crate) fn compile(&self, text: &str, library: &Path) -> Result<(), String> {
        let source = self.dir.join("cases.c");
        fs::write(&source, text).map_err(|error| error.to_string())?;
        let arguments = ["-std=gnu11", "-w", &self.level];
        let done = compiler::compile(&self.compiler, &arguments, &source, library);
        done.map_err(|text| {
            let lines: Vec<_> = text.lines().take(12).collect();
            let (compiler, lines) = (&self.compiler, lines.join("\n"));
            format!("?\n{compiler} refused the file:\n{lines}")
        })
    }

    fn text(&self) -> String {
        let Self {
            seed,
            first,
            count,
            variadic,
            keep,
            compiler,
            level,
            dir,
        } = self;
        let dir = dir.display();
        format!("{seed};{first};{count};{variadic};{keep};{compiler};{level};{dir}")
    }

    /// Does the job that this process was started for.
    pub(crate) fn serve(text: &str) {
        let job = Self::parse(text).expect("the text of a job");
        let (name, text) = match batch::run(&job) {
            Ok(stats) => ("stats", stats.text()),
            Err(what) => ("failure", what),
        };
        fs::write(job.dir.join(name), text).expect("a report");
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(8, ';');
        let mut next = || parts.next();
        Some(Self {
            seed: next()?.parse().ok()?,
            first: next()?.parse().ok()?,
            count: next()?.parse().ok()?,
            variadic: next()?.parse().ok()?,
            keep: next()?.parse().ok()?,
            compiler: next()?.to_owned(),
            level: next()?.to_owned(),
            dir: next()?.into(),
        })
    }

    /// Does the job in a process of its own.
    pub(crate) fn start(&self) -> Result<Stats, Failure> {
        let unknown = |what: String| Failure { case: None, what };
        let _ = fs::remove_dir_all(&self.dir);
        fs::create_dir_all(&self.dir).map_err(|error| unknown(error.to_string()))?;
        let mut command = support::this_program();
        command
            .args(["--exact", crate::test(self.variadic)])
            .env(VARIABLE, self.text());
        let output = command
            .output()
            .map_err(|error| unknown(error.to_string()))?;
        if let Ok(text) = fs::read_to_string(self.dir.join("stats")) {
            let _ = fs::remove_dir_all(&self.dir);
            return Stats::parse(&text).ok_or_else(|| unknown("no figures".to_owned()));
        }
        if let Ok(text) = fs::read_to_string(self.dir.join("failure")) {
            return Err(Failure::parse(&text));
        }
        let crashed = fs::read_to_string(self.progress()).unwrap_or_default();
        let mut failure = Failure::parse(&crashed);
        let said = String::from_utf8_lossy(&output.stderr);
        let said: Vec<_> = said.lines().take(12).collect();
        failure.what = format!(
            "{}\ndied: {}\n{}",
            failure.what.trim(),
            output.status,
            said.join("\n")
        );
        Err(failure)
    }

    /// The one case of the job in C, with what a report needs besides.
    pub(crate) fn describe(&self) -> String {
        let Self {
            seed,
            first,
            compiler,
            level,
            ..
        } = self;
        let (target, test) = (crate::TARGET, crate::test(self.variadic));
        let mut text = format!(
            "with {compiler} {level}; once more:\n\
             FARCALL_SEED={seed} FARCALL_CASE={first} \
             cargo test --release --test {target} -- --exact {test}\n"
        );
        let cases = self.cases();
        text.extend(cases.iter().map(|case| source::describe(case, compiler)));
        text
    }
}

impl Stats {
    fn text(&self) -> String {
        let Self {
            functions,
            calls,
            leaves,
            refused: [jit, libffi],
        } = self;
        format!("{functions} {calls} {leaves} {jit} {libffi}")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map_while(|number| number.parse().ok());
        Some(Self {
            functions: numbers.next()?,
            calls: numbers.next()?,
            leaves: numbers.next()?,
            refused: [numbers.next()?, numbers.next()?],
        })
    }
}

impl Failure {
    fn parse(text: &str) -> Self {
        let (case, what) = text.split_once('\n').unwrap_or(("?", text));
        Self {
            case: case.parse().ok(),
            what: what.to_owned(),
        }
    }
}
