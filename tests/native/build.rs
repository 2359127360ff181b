//! Compiles the C libraries under test: each `tests/native/NAME.c` to a shared library of its own,
//! which `support::fixture("NAME")` finds.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::error::Error;
use std::path::{Path, PathBuf};

const SOURCES: &str = "tests/native";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SOURCES}");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    for entry in Path::new(SOURCES).read_dir()? {
        let source = entry?.path();
        if source.extension().is_some_and(|extension| extension == "c") {
            compile(&source, &out)?;
        }
    }
    println!("cargo::rustc-env=FARCALL_FIXTURES={}", out.display());
    Ok(())
}

fn compile(source: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let name = source.file_stem().ok_or("a source without a name")?;
    let name = name.to_str().ok_or("a source whose name is no text")?;
    let compiler = cc::Build::new().get_compiler();
    let mut command = compiler.to_command();
    command.arg(source);
    if compiler.is_like_msvc() {
        command.arg("/LD").current_dir(out);
        command.arg(format!("/Fe{DLL_PREFIX}farcall_{name}{DLL_SUFFIX}"));
    } else {
        command.args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]);
        command.args(extra_arguments(name));
        command.arg("-o");
        command.arg(out.join(format!("{DLL_PREFIX}farcall_{name}{DLL_SUFFIX}")));
    }
    match command.status()?.success() {
        true => Ok(()),
        false => Err(format!("cannot compile {}", source.display()).into()),
    }
}

/// What the linker is told for one library.
fn extra_arguments(name: &str) -> &'static [&'static str] {
    match name {
        // Some systems bind at once by default.
        "needy" | "broken" if cfg!(target_os = "linux") => &["-Wl,-z,lazy"],
        "basic" if cfg!(target_os = "linux") => &["-Wl,--defsym=farcall_null=0"],
        _ => &[],
    }
}
