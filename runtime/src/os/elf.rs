//! What kind of file the loader was given, for a clearer reason than its own.
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The part of an ELF file that says for which machine it is.
struct Machine {
    /// 1 for 32 bits, 2 for 64.
    class: u8,
    /// The number of the architecture.
    number: u16,
}

/// Why a file that exists cannot be loaded, if its first bytes tell.
pub(crate) fn explain(path: &Path) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    let Some(file) = read(path) else {
        return Some("the file is no ELF library".to_owned());
    };
    let program = read(&std::env::current_exe().ok()?)?;
    let differs = (file.class, file.number) != (program.class, program.number);
    differs.then(|| format!("the file is for {file}, the program for {program}"))
}

fn read(path: &Path) -> Option<Machine> {
    let mut head = [0; 20];
    File::open(path).ok()?.read_exact(&mut head).ok()?;
    let number = [head[18], head[19]];
    match head {
        [0x7f, b'E', b'L', b'F', class, 1, ..] => Some(Machine {
            class,
            number: u16::from_le_bytes(number),
        }),
        [0x7f, b'E', b'L', b'F', class, 2, ..] => Some(Machine {
            class,
            number: u16::from_be_bytes(number),
        }),
        _ => None,
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match (self.number, self.class) {
            (3, _) => "x86",
            (8, _) => "MIPS",
            (20 | 21, _) => "PowerPC",
            (22, _) => "s390",
            (40, _) => "32-bit ARM",
            (62, 1) => "x32",
            (62, _) => "x86-64",
            (183, _) => "AArch64",
            (243, 1) => "32-bit RISC-V",
            (243, _) => "64-bit RISC-V",
            (258, _) => "LoongArch",
            (number, _) => return write!(f, "machine {number}"),
        };
        f.write_str(name)
    }
}
