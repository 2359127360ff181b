//! The code of an object file and the functions in it, of Apple's and of Windows' format.

use farcall_jit::code::{Code, publish};
use std::collections::HashMap;

pub(crate) struct Functions {
    code: Code,
    offsets: HashMap<String, usize>,
}

impl Functions {
    /// # Panics
    /// If the code refers to anything outside it.
    pub(crate) fn of(object: &[u8]) -> Self {
        let file = File(object);
        let (text, offsets) = match file.u32(0) {
            0xfeed_facf => file.apple(),
            _ => file.windows(),
        };
        Self {
            code: publish(text).unwrap(),
            offsets,
        }
    }

    pub(crate) fn function(&self, name: &str) -> *const u8 {
        self.code.entry().wrapping_add(self.offsets[name])
    }
}

struct File<'a>(&'a [u8]);

impl<'a> File<'a> {
    fn bytes(&self, at: usize, len: usize) -> &'a [u8] {
        &self.0[at..at + len]
    }

    fn u16(&self, at: usize) -> usize {
        u16::from_le_bytes(self.bytes(at, 2).try_into().unwrap()).into()
    }

    fn u32(&self, at: usize) -> usize {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap()) as usize
    }

    /// The text up to a zero.
    fn text(&self, at: usize, most: usize) -> String {
        let bytes = &self.0[at..self.0.len().min(at + most)];
        let len = bytes.iter().position(|byte| *byte == 0);
        String::from_utf8(bytes[..len.unwrap_or(bytes.len())].to_vec()).unwrap()
    }

    /// Mach-O: load commands, of which one has the sections and one the symbols.
    fn apple(&self) -> (&'a [u8], HashMap<String, usize>) {
        const SEGMENT: usize = 0x19;
        const SYMBOLS: usize = 2;
        let (mut code, mut offsets) = (&[][..], HashMap::new());
        let mut at = 32;
        for _ in 0..self.u32(16) {
            match self.u32(at) {
                SEGMENT => {
                    // The first section is `__text`.
                    let section = at + 72;
                    assert_eq!(self.text(section, 16), "__text");
                    assert_eq!(self.u32(section + 60), 0, "relocations");
                    code = self.bytes(self.u32(section + 48), self.u32(section + 40));
                }
                SYMBOLS => {
                    let (symbols, names) = (self.u32(at + 8), self.u32(at + 16));
                    for index in 0..self.u32(at + 12) {
                        let symbol = symbols + 16 * index;
                        let name = self.text(names + self.u32(symbol), 64);
                        let name = name.trim_start_matches('_').to_owned();
                        offsets.insert(name, self.u32(symbol + 8));
                    }
                }
                _ => {}
            }
            at += self.u32(at + 4);
        }
        (code, offsets)
    }

    /// COFF: a table of sections, and one of symbols with short names in place.
    fn windows(&self) -> (&'a [u8], HashMap<String, usize>) {
        assert_eq!(self.u16(0), 0xaa64);
        let sections = 20 + self.u16(16);
        let section = (0..self.u16(2))
            .map(|index| sections + 40 * index)
            .find(|section| self.text(*section, 8) == ".text")
            .unwrap();
        assert_eq!(self.u16(section + 32), 0, "relocations");
        let code = self.bytes(self.u32(section + 20), self.u32(section + 16));
        let symbols = self.u32(8);
        let offsets = (0..self.u32(12))
            .map(|index| symbols + 18 * index)
            .filter(|symbol| self.0[*symbol] != 0)
            .filter_map(|symbol| {
                let name = self.bytes(symbol, 8).iter().take_while(|byte| **byte != 0);
                let name = String::from_utf8(name.copied().collect()).ok()?;
                Some((name, self.u32(symbol + 8)))
            });
        (code, offsets.collect())
    }
}
