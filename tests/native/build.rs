//! Compiles the C libraries under test: each `tests/native/NAME.c` to a shared library of its own,
//! which `support::fixture("NAME")` finds.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SOURCES: &str = "tests/native";

/// The system that the libraries are for.
struct Target {
    name: String,
    /// That of the machine that builds.
    host: String,
    system: String,
}

impl Target {
    fn of_this_build() -> Result<Self, std::env::VarError> {
        Ok(Self {
            name: std::env::var("TARGET")?,
            host: std::env::var("HOST")?,
            system: std::env::var("CARGO_CFG_TARGET_OS")?,
        })
    }

    fn is_windows(&self) -> bool {
        self.system == "windows"
    }

    /// The file name of a library.
    fn file(&self, name: &str) -> String {
        match self.system.as_str() {
            "windows" => format!("farcall_{name}.dll"),
            "macos" => format!("libfarcall_{name}.dylib"),
            _ => format!("libfarcall_{name}.so"),
        }
    }

    /// The compilers that generated code is compared with: the name in file names, the command.
    fn compilers(&self) -> [(&'static str, &'static [&'static str]); 2] {
        match self.name.as_str() {
            "x86_64-pc-windows-gnu" => [
                ("gcc", &["x86_64-w64-mingw32-gcc"]),
                ("clang", &["clang", "--target=x86_64-w64-mingw32"]),
            ],
            "aarch64-unknown-linux-gnu" if self.name != self.host => [
                ("gcc", &["aarch64-linux-gnu-gcc"]),
                ("clang", &["clang", "--target=aarch64-linux-gnu"]),
            ],
            _ => [("gcc", &["gcc"]), ("clang", &["clang"])],
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SOURCES}");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let target = Target::of_this_build()?;
    let mut sources = Vec::new();
    for entry in Path::new(SOURCES).read_dir()? {
        let source = entry?.path();
        if source.extension().is_some_and(|extension| extension == "c") {
            sources.push(source);
        }
    }
    // Those that need another library come after it.
    sources.sort_by_key(|source| needs(name_of(source)).is_some());
    for source in sources {
        compile(&target, &source, &out)?;
    }
    if target.is_windows() {
        // What `broken` needs is there to be linked to, and then no more.
        std::fs::remove_file(out.join(target.file("nowhere")))?;
    }
    compile_cpp(&target, &Path::new(SOURCES).join("throwing.cpp"), &out);
    compile_in_all_ways(&target, "callback_types", &out);
    compile_in_all_ways(&target, "odd_records", &out);
    println!("cargo::rustc-env=FARCALL_FIXTURES={}", out.display());
    let [gcc, clang] = target.compilers().map(|(_, words)| words.join(" "));
    println!("cargo::rustc-env=FARCALL_GCC={gcc}");
    println!("cargo::rustc-env=FARCALL_CLANG={clang}");
    println!("cargo::rustc-env=FARCALL_TARGET={}", target.name);
    Ok(())
}

fn name_of(source: &Path) -> &str {
    let name = source.file_stem().and_then(|name| name.to_str());
    name.unwrap_or_default()
}

/// The library that a library for Windows must be linked to; elsewhere it is found when it is
/// loaded.
fn needs(name: &str) -> Option<&'static str> {
    match name {
        "needy" => Some("provider"),
        "broken" => Some("nowhere"),
        _ => None,
    }
}

fn compile(target: &Target, source: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let name = name_of(source);
    if name == "nowhere" && !target.is_windows() {
        return Ok(());
    }
    let compiler = cc::Build::new().get_compiler();
    let mut command = compiler.to_command();
    command.arg(source);
    if compiler.is_like_msvc() {
        command.arg("/LD").current_dir(out);
        command.arg(format!("/Fe{}", target.file(name)));
    } else {
        command.args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]);
        command.args(extra_arguments(target, name));
        if name == "wide" && has_half(&compiler) {
            command.arg("-DFARCALL_HALF");
        }
        command.arg("-o").arg(out.join(target.file(name)));
        if let (Some(needed), true) = (needs(name), target.is_windows()) {
            command.arg(out.join(target.file(needed)));
        }
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
fn compile_cpp(target: &Target, source: &Path, out: &Path) {
    let library = out.join(target.file("throwing"));
    // What an earlier run made would hide that the compiler is gone.
    let _ = std::fs::remove_file(&library);
    let compiler = cc::Build::new().cpp(true).try_get_compiler();
    let Ok(compiler) = compiler else { return };
    if compiler.is_like_msvc() {
        return;
    }
    let mut command = compiler.to_command();
    command.args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]);
    command.args(extra_arguments(target, "throwing"));
    command.arg(source).arg("-o").arg(library);
    let made = command.status().is_ok_and(|status| status.success());
    if !made {
        println!("cargo::warning=no C++ compiler works; tests with C++ exceptions do not run");
    }
}

/// Makes more libraries from one source, by each compiler that callbacks are compared with; its
/// tests say which are not there.
fn compile_in_all_ways(target: &Target, name: &str, out: &Path) {
    let source = Path::new(SOURCES).join(name).with_extension("c");
    let [(_, linker), _] = target.compilers();
    for (compiler, words) in target.compilers() {
        for level in ["O0", "O2"] {
            let library = out.join(target.file(&format!("{name}_{compiler}_{level}")));
            let _ = std::fs::remove_file(&library);
            let object = library.with_extension("o");
            let mut command = Command::new(words[0]);
            command.args(&words[1..]);
            command.args(["-fPIC", "-Wall", "-Wextra", "-Werror"]);
            command
                .args(extra_arguments(target, name))
                .arg(format!("-{level}"));
            command.arg("-c").arg(&source).arg("-o").arg(&object);
            // A compiler that is not there is none of the tests' concern here.
            if command.status().is_ok_and(|status| status.success()) {
                // Not every clang finds the libraries of another system.
                let mut command = Command::new(linker[0]);
                command.arg("-shared").arg(&object).arg("-o").arg(&library);
                let _ = command.status();
            }
        }
    }
}

/// What the compiler and the linker are told for one library.
fn extra_arguments(target: &Target, name: &str) -> &'static [&'static str] {
    match name {
        // Some systems bind at once by default.
        "needy" | "broken" if target.system == "linux" => &["-Wl,-z,lazy"],
        // That gcc 4.5 passed records aligned to 32 bytes otherwise.
        "callback_types" => &["-Wno-psabi"],
        // Else it needs the compiler's own library beside it.
        "throwing" if target.is_windows() => &["-static"],
        // Else the compiler knows better what `snprintf` is.
        "formatting" => &["-fno-builtin"],
        // The names and the rules of C99 for `printf`, and not those of Microsoft's.
        "variadic" if target.is_windows() => &["-D__USE_MINGW_ANSI_STDIO=1", "-Wno-format"],
        "raising" if target.is_windows() => &["-fexceptions", "-static-libgcc"],
        "raising" => &["-fexceptions"],
        // Over-aligned arguments: old compilers, otherwise.
        "upcall" => &["-Wno-psabi"],
        // Flexible array members: gcc 4.3, otherwise.
        "odd_records" => &["-Wno-psabi"],
        // Vectors as arguments: that other processors pass them otherwise.
        "wide" => &["-std=gnu11", "-Wno-psabi"],
        "basic" if target.system == "linux" => &["-Wl,--defsym=farcall_null=0"],
        _ => &[],
    }
}
