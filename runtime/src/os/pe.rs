//! What kind of file the loader of Windows was given, and what that file needs: "the specified module
//! could not be found" says neither.
//!
//! Guarantee: no file makes it panic, read without end, or load anything.
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// No library needs more others.
const MOST: u32 = 4096;

/// Why a file that exists cannot be loaded, if its headers tell; `is_found` says whether a library
/// that it needs is there.
pub(crate) fn explain(path: &Path, is_found: impl Fn(&str) -> bool) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    let Some(mut image) = Image::open(path) else {
        return Some("the file is no library of Windows".to_owned());
    };
    let program = Image::open(&std::env::current_exe().ok()?)?;
    if image.machine != program.machine {
        let (file, program) = (machine(image.machine), machine(program.machine));
        return Some(format!("the file is for {file}, the program for {program}"));
    }
    let missing: Vec<_> = image
        .needs()
        .into_iter()
        .filter(|name| !is_found(name))
        .collect();
    (!missing.is_empty()).then(|| format!("it needs {}, not found", missing.join(", ")))
}

fn machine(number: u16) -> String {
    match number {
        0x14c => "x86".to_owned(),
        0x1c0 | 0x1c4 => "32-bit ARM".to_owned(),
        0x8664 => "x86-64".to_owned(),
        0xaa64 => "AArch64".to_owned(),
        number => format!("machine {number:#x}"),
    }
}

/// A file in the format of executables ("PE Format", Microsoft Learn).
struct Image {
    file: File,
    machine: u16,
    /// Where the optional header begins, and its length.
    optional: u64,
    optional_len: u16,
    sections: u16,
}

impl Image {
    fn open(path: &Path) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        if read::<2>(&mut file, 0)? != *b"MZ" {
            return None;
        }
        let header = u64::from(u32::from_le_bytes(read(&mut file, 0x3c)?));
        let [b'P', b'E', 0, 0, m0, m1, s0, s1] = read(&mut file, header)? else {
            return None;
        };
        Some(Self {
            machine: u16::from_le_bytes([m0, m1]),
            sections: u16::from_le_bytes([s0, s1]),
            optional: header + 24,
            optional_len: u16::from_le_bytes(read(&mut file, header + 20)?),
            file,
        })
    }

    /// The names of the libraries that it is linked to, without those that only stand for others.
    fn needs(&mut self) -> Vec<String> {
        let names = (0..MOST).map_while(|index| self.need(index));
        names.filter(|name| !is_stand_in(name)).collect()
    }

    fn need(&mut self, index: u32) -> Option<String> {
        let directories = match self.word(self.optional)? & 0xffff {
            0x10b => 96,
            0x20b => 112,
            _ => return None,
        };
        let imports = self
            .word(self.optional + directories + 8)
            .filter(|at| *at != 0)?;
        let entry = self.place(imports.checked_add(20 * index)?)?;
        let name = self.word(entry + 12).filter(|name| *name != 0)?;
        let name = self.place(name)?;
        let bytes = (0..260).map_while(|offset| {
            let [byte] = read(&mut self.file, name + offset)?;
            (byte != 0).then_some(byte)
        });
        String::from_utf8(bytes.collect()).ok()
    }

    /// Where in the file the bytes are that are loaded to `address`.
    fn place(&mut self, address: u32) -> Option<u64> {
        let first = self.optional + u64::from(self.optional_len);
        for index in 0..u64::from(self.sections) {
            let section = first + 40 * index;
            let start = self.word(section + 12)?;
            let (len, place) = (self.word(section + 16)?, self.word(section + 20)?);
            if let Some(offset) = address.checked_sub(start).filter(|offset| *offset < len) {
                return Some(u64::from(place) + u64::from(offset));
            }
        }
        None
    }

    fn word(&mut self, at: u64) -> Option<u32> {
        read(&mut self.file, at).map(u32::from_le_bytes)
    }
}

/// Whether the system puts another library in the place of this one ("API sets").
fn is_stand_in(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("api-ms-") || name.starts_with("ext-ms-")
}

fn read<const N: usize>(file: &mut File, at: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(at)).ok()?;
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::explain;
    use std::path::Path;

    /// A file of the smallest form that has one import, of `x.dll`.
    fn image() -> Vec<u8> {
        let mut bytes = vec![0; 0x400];
        let mut put = |at: usize, data: &[u8]| bytes[at..at + data.len()].copy_from_slice(data);
        put(0, b"MZ");
        put(0x3c, &0x40u32.to_le_bytes());
        put(0x40, b"PE\0\0\x64\x86\x01\x00");
        put(0x54, &240u16.to_le_bytes());
        put(0x58, &0x20bu16.to_le_bytes());
        put(0x58 + 112 + 8, &0x1000u32.to_le_bytes());
        let section = 0x58 + 240;
        put(section + 12, &0x1000u32.to_le_bytes());
        put(section + 16, &0x100u32.to_le_bytes());
        put(section + 20, &0x200u32.to_le_bytes());
        put(0x200 + 12, &0x1040u32.to_le_bytes());
        put(0x240, b"x.dll\0");
        bytes
    }

    fn needs(bytes: &[u8]) -> Option<Vec<String>> {
        let name = format!(
            "farcall-pe-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        );
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        let needs = super::Image::open(&path).map(|mut image| image.needs());
        std::fs::remove_file(&path).unwrap();
        needs
    }

    #[test]
    fn what_a_file_needs_is_read() {
        assert_eq!(needs(&image()).unwrap(), ["x.dll"]);
        let mut stand_in = image();
        stand_in[0x240..0x250].copy_from_slice(b"API-MS-Win-1.dll");
        assert_eq!(needs(&stand_in).unwrap(), [""; 0]);
    }

    #[test]
    fn no_file_is_too_odd() {
        let whole = image();
        for len in (0..0x250).step_by(3) {
            let _ = needs(&whole[..len]);
        }
        for at in (0..0x100).chain(0x148..0x170).chain(0x200..0x220) {
            let mut changed = whole.clone();
            changed[at] = 0xff;
            let _ = needs(&changed);
        }
        assert_eq!(needs(b"MZ"), None);
        assert_eq!(explain(Path::new("/nosuch/x.dll"), |_| true), None);
    }
}
