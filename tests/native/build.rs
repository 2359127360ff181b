//! Compiles the C libraries under test: each `tests/native/NAME.c` to a shared library of its own,
//! which `support::fixture("NAME")` finds.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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
    compile_cpp(&Path::new(SOURCES).join("throwing.cpp"), &out);
    let target = std::env::var("TARGET")?;
    let compilers = compilers(&target, &std::env::var("HOST")?);
    compile_in_all_ways("callback_types", &compilers, &out);
    compile_in_all_ways("odd_records", &compilers, &out);
    println!("cargo::rustc-env=FARCALL_FIXTURES={}", out.display());
    println!("cargo::rustc-env=FARCALL_GCC={}", compilers[0].1.join(" "));
    println!(
        "cargo::rustc-env=FARCALL_CLANG={}",
        compilers[1].1.join(" ")
    );
    println!("cargo::rustc-env=FARCALL_TARGET={target}");
    Ok(())
}

/// What a compiler is called in file names, and its command.
type Compiler = (&'static str, &'static [&'static str]);

/// The compilers that are compared with, those that compile for the target.
fn compilers(target: &str, host: &str) -> [Compiler; 2] {
    match target {
        "aarch64-unknown-linux-gnu" if target != host => [
            ("gcc", &["aarch64-linux-gnu-gcc"]),
            ("clang", &["clang", "--target=aarch64-linux-gnu"]),
        ],
        _ => [("gcc", &["gcc"]), ("clang", &["clang"])],
    }
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
        if name == "wide" && has_half(&compiler) {
            command.arg("-DFARCALL_HALF");
        }
        command.arg("-o");
        command.arg(out.join(format!("{DLL_PREFIX}farcall_{name}{DLL_SUFFIX}")));
    }
    match command.status()?.success() {
        true => Ok(()),
        false => Err(format!("cannot compile {}", source.display()).into()),
    }
}

/// Whether the compiler has `_Float16`, which it is asked.
fn has_half(compiler: &cc::Tool) -> bool {
    let mut command = compiler.to_command();
    command.args(["-x", "c", "-fsyntax-only", "-"]);
    command.stdin(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    let asked = child
        .stdin
        .take()
        .map(|mut input| input.write_all(b"_Float16 f;\n"));
    let answer = child.wait();
    asked.is_some_and(|asked| asked.is_ok()) && answer.is_ok_and(|status| status.success())
}

/// Makes a library from C++, if there is a working compiler; its tests say what they did not ask.
fn compile_cpp(source: &Path, out: &Path) {
    let name = format!("{DLL_PREFIX}farcall_throwing{DLL_SUFFIX}");
    // What an earlier run made would hide that the compiler is gone.
    let _ = std::fs::remove_file(out.join(&name));
    let compiler = cc::Build::new().cpp(true).try_get_compiler();
    let Ok(compiler) = compiler else { return };
    if compiler.is_like_msvc() {
        return;
    }
    let mut command = compiler.to_command();
    command.args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]);
    command.arg(source).arg("-o").arg(out.join(name));
    let made = command.status().is_ok_and(|status| status.success());
    if !made {
        println!("cargo::warning=no C++ compiler works; tests with C++ exceptions do not run");
    }
}

/// Makes more libraries from one source, by each compiler that callbacks are compared with; its
/// tests say which are not there.
fn compile_in_all_ways(name: &str, compilers: &[Compiler], out: &Path) {
    let source = Path::new(SOURCES).join(name).with_extension("c");
    for (compiler, words) in compilers {
        for level in ["O0", "O2"] {
            let file = format!("{DLL_PREFIX}farcall_{name}_{compiler}_{level}{DLL_SUFFIX}");
            let library = out.join(file);
            let _ = std::fs::remove_file(&library);
            let mut command = Command::new(words[0]);
            command.args(&words[1..]);
            command.args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]);
            command.args(extra_arguments(name)).arg(format!("-{level}"));
            // A compiler that is not there is none of the tests' concern here.
            let _ = command.arg(&source).arg("-o").arg(&library).status();
        }
    }
}

/// What the compiler and the linker are told for one library.
fn extra_arguments(name: &str) -> &'static [&'static str] {
    match name {
        // Some systems bind at once by default.
        "needy" | "broken" if cfg!(target_os = "linux") => &["-Wl,-z,lazy"],
        // That gcc 4.5 passed records aligned to 32 bytes otherwise.
        "callback_types" => &["-Wno-psabi"],
        "raising" => &["-fexceptions"],
        // Over-aligned arguments: old compilers, otherwise.
        "upcall" => &["-Wno-psabi"],
        // Flexible array members: gcc 4.3, otherwise.
        "odd_records" => &["-Wno-psabi"],
        // Vectors as arguments: that other processors pass them otherwise.
        "wide" => &["-std=gnu11", "-Wno-psabi"],
        "basic" if cfg!(target_os = "linux") => &["-Wl,--defsym=farcall_null=0"],
        _ => &[],
    }
}
