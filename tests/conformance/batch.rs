//! One batch of cases: compiled, opened, and tested one function after the other.
//!
//! Guarantee: it runs in a process of its own and notes what it is about to call, so that a crash
//! tells where it happened.
#![allow(unsafe_code, reason = "what is called is what is tested")]

use crate::generate::{Case, Variant};
use crate::job::{Job, Stats};
use crate::run::Run;
use crate::source;
use farcall::Library;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

/// Runs a job; `Err` says what failed, with the number of the case in front.
pub(crate) fn run(job: &Job) -> Result<Stats, String> {
    end_if_it_hangs();
    let cases = job.cases();
    let library = job.dir.join("cases.so");
    job.compile(&source::file(&cases, &job.compiler), &library)?;
    // SAFETY: the file was written for this.
    let library = unsafe { Library::open(&library) }.map_err(|error| error.to_string())?;
    let mut run = Run::new(job, library)?;
    for case in &cases {
        for variant in Variant::ALL
            .into_iter()
            .filter(|one| case.has(*one, &job.compiler))
        {
            let name = case.function(variant);
            run.variant(case, variant)
                .map_err(|what| format!("{}\nfunction {name}, {what}", case.index))?;
        }
    }
    Ok(run.stats)
}

/// A process that hangs in a wrong call shall end.
fn end_if_it_hangs() {
    std::thread::spawn(|| {
        std::thread::sleep(std::time::Duration::from_secs(600));
        eprintln!("it hangs");
        std::process::abort();
    });
}

/// Where the C side keeps what its variable `name` points to.
pub(crate) fn buffer(library: &Library, name: &str) -> Result<*mut u8, String> {
    let symbol = library.symbol(name).map_err(|error| error.to_string())?;
    // SAFETY: the variable is a pointer.
    Ok(unsafe { symbol.address().cast::<*mut u8>().read() })
}

/// A note of what is being called, which survives a crash.
pub(crate) struct Progress(File);

impl Progress {
    pub(crate) fn new(job: &Job) -> Result<Self, String> {
        let file = File::create(job.progress()).map_err(|error| error.to_string())?;
        Ok(Self(file))
    }

    pub(crate) fn note(&self, case: &Case, variant: Variant, what: &str) {
        let (index, function) = (case.index, case.function(variant));
        let text = format!("{index}\n{what}, function {function}\n");
        // What cannot be noted is missing from the report of a crash only.
        let mut file = &self.0;
        let _ = file.seek(SeekFrom::Start(0));
        let _ = file.write_all(format!("{text:<120}").as_bytes());
    }
}
