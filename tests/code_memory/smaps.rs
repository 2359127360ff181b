//! What the kernel says of mappings.

use std::fs;
use std::ops::Range;

/// A mapping, in `/proc/self/smaps`.
#[derive(Debug)]
pub(super) struct Mapping {
    pub(super) range: Range<usize>,
    pub(super) access: String,
    pub(super) name: String,
    fields: Vec<(String, usize)>,
}

impl Mapping {
    /// A figure in KiB.
    pub(super) fn kib(&self, name: &str) -> usize {
        let field = self.fields.iter().find(|(field, _)| field == name);
        field.unwrap_or_else(|| panic!("no {name}: {self:?}")).1
    }
}

/// The mappings of this process.
pub(super) fn mappings() -> Vec<Mapping> {
    let text = fs::read_to_string("/proc/self/smaps").unwrap();
    let mut mappings: Vec<Mapping> = Vec::new();
    for line in text.lines() {
        let (first, rest) = line.split_once(' ').unwrap();
        if let Some(name) = first.strip_suffix(':') {
            let kib = rest.trim().strip_suffix(" kB").and_then(|n| n.parse().ok());
            let fields = &mut mappings.last_mut().unwrap().fields;
            fields.extend(kib.map(|kib| (name.to_owned(), kib)));
        } else {
            mappings.push(header(first, rest));
        }
    }
    mappings
}

/// `start-end access offset device inode name`
fn header(range: &str, rest: &str) -> Mapping {
    let address = |text| usize::from_str_radix(text, 16).unwrap();
    let (start, end) = range.split_once('-').unwrap();
    let words: Vec<_> = rest.split_whitespace().collect();
    Mapping {
        range: address(start)..address(end),
        access: words[0].to_owned(),
        name: words[4..].join(" "),
        fields: Vec::new(),
    }
}

/// The mapping at an address.
pub(super) fn at(address: *const u8) -> Mapping {
    let all = mappings().into_iter();
    let mut found = all.filter(|mapping| mapping.range.contains(&address.addr()));
    found
        .next()
        .unwrap_or_else(|| panic!("nothing at {address:p}"))
}

/// The sum of a figure in KiB over the mappings of this name.
pub(super) fn sum(name: &str, field: &str) -> usize {
    let all = mappings();
    let named = all.iter().filter(|mapping| mapping.name.contains(name));
    named.map(|mapping| mapping.kib(field)).sum()
}
