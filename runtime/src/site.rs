//! What Rust says of a call, and how a call is recognised.
//!
//! Guarantee: equal keys mean equal types.
#![allow(unsafe_code, reason = "a key may be the address of a constant")]

use crate::convert::{Arguments, CallResult};
use crate::types::{RustType, Scalar};
use std::ptr;

/// What Rust says of a call: the types of its arguments and of its result.
#[derive(PartialEq, Debug)]
#[doc(hidden)]
pub struct CallSite {
    pub params: &'static [RustType],
    pub result: RustType,
    /// Whether rustc passes all of them as C does.
    pub native: bool,
}

impl CallSite {
    pub(crate) const fn new(params: &'static [RustType], result: RustType) -> Self {
        let (mut native, mut index) = (result.is_native(), 0);
        while index < params.len() {
            native &= params[index].is_native();
            index += 1;
        }
        Self {
            params,
            result,
            native,
        }
    }

    /// How many parameters fit in a word with the result, 4 bits each, and 1 bit.
    const WORD_PARAMS: usize = (usize::BITS as usize - 5) / 4;

    /// The types in one odd word, if all are scalars and they fit; otherwise 0.
    const fn word(&self) -> usize {
        if self.params.len() > Self::WORD_PARAMS {
            return 0;
        }
        let Some(mut word) = bits(self.result) else {
            return 0;
        };
        let mut index = 0;
        while index < self.params.len() {
            match bits(self.params[index]) {
                None | Some(VOID) => return 0,
                Some(bits) => word |= bits << (4 * (index + 1)),
            }
            index += 1;
        }
        word << 1 | 1
    }

    /// What tells it from sites of other types: the types themselves in an address that nothing
    /// has, or its own address. The compiler may make several copies of a site.
    pub(crate) fn key(&'static self) -> *const Self {
        Self::key_or(self.word(), self)
    }

    #[inline(always)]
    fn key_or(word: usize, site: *const Self) -> *const Self {
        match word {
            0 => site,
            word => ptr::without_provenance(word),
        }
    }

    /// The site whose address is this key, if it is one.
    ///
    /// # Safety
    /// The key is null or from [`CallSite::key`].
    pub(crate) unsafe fn of_key(key: *const Self) -> Option<&'static Self> {
        if key.addr() % 2 == 1 {
            return None;
        }
        // SAFETY: null, or the address of a site, which lives for ever.
        unsafe { key.as_ref() }
    }
}

const VOID: usize = 13;

/// A type in 4 bits that are not all 0.
const fn bits(ty: RustType) -> Option<usize> {
    match ty {
        RustType::Void => Some(VOID),
        // Those that come after pointers are rare, and some of them not native.
        RustType::Scalar(scalar) if (scalar as usize) < VOID => Some(scalar as usize),
        _ => None,
    }
}

const _: () = assert!(Scalar::Pointer as usize == VOID - 1);

/// The one constant for each combination of arguments and result.
pub(crate) struct Site<A, R>(std::marker::PhantomData<(A, R)>);

impl<A: Arguments, R: CallResult> Site<A, R> {
    pub(crate) const SITE: &'static CallSite = &CallSite::new(A::TYPES, R::TYPE);
    const WORD: usize = Self::SITE.word();

    /// [`CallSite::key`] of `site`, which is this one.
    #[inline(always)]
    pub(crate) fn key(site: &'static CallSite) -> *const CallSite {
        CallSite::key_or(Self::WORD, site)
    }
}

#[cfg(test)]
mod tests {
    use super::{CallSite, RustType};
    use crate::types::Scalar;
    use std::collections::HashSet;

    fn word(params: &[RustType], result: RustType) -> usize {
        let params: &'static [RustType] = params.to_vec().leak();
        CallSite::new(params, result).word()
    }

    fn scalars() -> impl Iterator<Item = RustType> {
        let scalars = Scalar::ALL.into_iter().map(RustType::Scalar);
        scalars.filter(|ty| super::bits(*ty).is_some())
    }

    #[test]
    fn no_two_lists_of_types_are_one_word() {
        let mut lists = vec![vec![]];
        for a in scalars() {
            lists.push(vec![a]);
            for b in scalars() {
                lists.push(vec![a, b]);
                lists.extend(scalars().map(|c| vec![a, b, c]));
            }
        }
        let results = || scalars().chain([RustType::Void]);
        let words = lists
            .iter()
            .flat_map(|list| results().map(|result| word(list, result)));
        let words: Vec<_> = words.collect();
        let different: HashSet<_> = words.iter().collect();
        assert_eq!(different.len(), words.len());
        assert!(words.iter().all(|word| word % 2 == 1));
    }

    #[test]
    fn each_place_counts() {
        let most = CallSite::WORD_PARAMS;
        let pointers = vec![RustType::Scalar(Scalar::Pointer); most];
        let same = word(&pointers, RustType::Void);
        for place in 0..most {
            let mut params = pointers.clone();
            params[place] = RustType::Scalar(Scalar::I8);
            assert_ne!(word(&params, RustType::Void), same);
        }
        assert_ne!(word(&pointers[1..], RustType::Void), same);
    }

    #[test]
    fn what_does_not_fit_has_no_word() {
        let most = CallSite::WORD_PARAMS;
        let pointers = vec![RustType::Scalar(Scalar::Pointer); most + 1];
        assert_ne!(word(&pointers[1..], RustType::Scalar(Scalar::Pointer)), 0);
        assert_eq!(word(&pointers, RustType::Void), 0);
        let array = RustType::Array(&RustType::Scalar(Scalar::I8), 2);
        assert_eq!(word(&[array], RustType::Void), 0);
        assert_eq!(word(&[], array), 0);
        assert_eq!(word(&[RustType::Void], RustType::Void), 0);
    }
}
