//! The types of a variadic function's calls, found by what the calls bring.
//!
//! Guarantee: what was entered is found without a lock and without allocation, by its exact key, for
//! ever.
#![forbid(unsafe_code)]

use super::FnType;
use crate::os;
use std::sync::OnceLock;

/// The types of the calls that were made of one function type with extra arguments; no memory is
/// taken before the first.
pub(crate) struct Variants(OnceLock<Box<Tables>>);

struct Tables {
    /// By the kinds of the extra values.
    kinds: Table<Box<[u32]>>,
    /// By the address of the constant that describes the Rust types of a call.
    sites: Table<usize>,
}

/// Chains that only grow, a key's chosen by its hash.
struct Table<K>([Chain<K>; 1 << BITS]);

struct Chain<K>(OnceLock<Box<Link<K>>>);

struct Link<K> {
    key: K,
    call: FnType,
    next: Chain<K>,
}

impl Variants {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    fn tables(&self) -> &Tables {
        let new = || {
            Box::new(Tables {
                kinds: Table::new(),
                sites: Table::new(),
            })
        };
        os::without_forks(|| self.0.get_or_init(new))
    }

    /// The type that was entered for extra values of these kinds.
    pub(crate) fn of_kinds(&self, kinds: impl Iterator<Item = u32> + Clone) -> Option<FnType> {
        let chain = self.0.get()?.kinds.chain(hash(kinds.clone()));
        chain.find(|key| key.iter().copied().eq(kinds.clone()))
    }

    /// Enters the type of calls with extra values of these kinds.
    pub(crate) fn add_kinds(&self, kinds: Box<[u32]>, call: FnType) {
        let hash = hash(kinds.iter().copied());
        self.tables().kinds.chain(hash).add(kinds, call);
    }

    /// The type that was entered for the description at this address.
    pub(crate) fn of_site(&self, address: usize) -> Option<FnType> {
        let chain = self.0.get()?.sites.chain(mix(0, address as u64));
        chain.find(|key| *key == address)
    }

    /// Enters the type of calls that the constant at this address describes.
    pub(crate) fn add_site(&self, address: usize, call: FnType) {
        let chain = self.tables().sites.chain(mix(0, address as u64));
        chain.add(address, call);
    }
}

/// Multiplication carries every bit of `word` upwards, to where a chain is chosen.
fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn hash(kinds: impl Iterator<Item = u32>) -> u64 {
    kinds.fold(0, |hash, kind| mix(hash, kind.into()))
}

/// A table has this power of two of chains.
const BITS: u32 = 6;

impl<K> Table<K> {
    const fn new() -> Self {
        Self([const { Chain(OnceLock::new()) }; 1 << BITS])
    }

    fn chain(&self, hash: u64) -> &Chain<K> {
        &self.0[(hash >> (u64::BITS - BITS)) as usize]
    }
}

impl<K: PartialEq> Chain<K> {
    fn find(&self, same: impl Fn(&K) -> bool) -> Option<FnType> {
        let mut link = self.0.get()?;
        while !same(&link.key) {
            link = link.next.0.get()?;
        }
        Some(link.call)
    }

    /// Adds a link at the end, unless there is one with this key.
    fn add(&self, key: K, call: FnType) {
        let mut new = Box::new(Link {
            key,
            call,
            next: Self(OnceLock::new()),
        });
        os::without_forks(|| {
            let mut chain = self;
            while let Err(refused) = chain.0.set(new) {
                match chain.0.get() {
                    Some(link) if link.key != refused.key => chain = &link.next,
                    _ => return,
                }
                new = refused;
            }
        });
    }
}
