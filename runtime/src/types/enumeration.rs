//! Enumerations.
#![forbid(unsafe_code)]

use super::intern::{self, Interner};
use super::{Scalar, Type};
use crate::error::TypeError;
use std::fmt;

/// A C enumeration: named constants over an integer type.
///
/// ```
/// use farcall::EnumType;
/// let color = EnumType::new(Some("color"), [("RED", 0), ("GREEN", 1)])?;
/// assert_eq!(color.to_string(), "enum color");
/// assert_eq!(color.name_of(1), Some("GREEN"));
/// # Ok::<(), farcall::TypeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct EnumType(&'static EnumInfo);

#[derive(PartialEq, Eq, Hash)]
struct EnumInfo {
    tag: Option<&'static str>,
    constants: Box<[(&'static str, i128)]>,
    storage: Scalar,
    /// Whether the declaration chose the storage.
    fixed: bool,
}

impl EnumType {
    /// The enumeration with these constants, stored as gcc and clang store it: `unsigned int`
    /// where no constant is negative, otherwise `int`, and the 64-bit types where those are too
    /// small (C23 section 6.7.2.2).
    ///
    /// # Errors
    /// [`TypeError::EnumRange`] if no integer type of 64 bits holds every constant.
    pub fn new<'a>(
        tag: Option<&str>,
        constants: impl IntoIterator<Item = (&'a str, i128)>,
    ) -> Result<Self, TypeError> {
        Self::build(tag, constants, None)
    }

    /// The enumeration with these constants and a storage chosen in the declaration, as in
    /// `enum flags : uint8_t { … }`.
    ///
    /// # Errors
    /// - [`TypeError::EnumRange`]: a constant does not fit into `storage`.
    /// - [`TypeError::Storage`]: `storage` is not an integer of at most 64 bits.
    pub fn with_storage<'a>(
        tag: Option<&str>,
        constants: impl IntoIterator<Item = (&'a str, i128)>,
        storage: Scalar,
    ) -> Result<Self, TypeError> {
        Self::build(tag, constants, Some(storage))
    }

    fn build<'a>(
        tag: Option<&str>,
        constants: impl IntoIterator<Item = (&'a str, i128)>,
        storage: Option<Scalar>,
    ) -> Result<Self, TypeError> {
        static ENUMS: Interner<EnumInfo> = Interner::new();
        let constants: Box<[_]> = constants
            .into_iter()
            .map(|(name, value)| (intern::name(name), value))
            .collect();
        if let Some(storage) = storage
            && !(storage.is_integer() && storage.is_direct())
        {
            return Err(TypeError::Storage { storage });
        }
        let fixed = storage.is_some();
        let candidates = match &storage {
            Some(chosen) => std::slice::from_ref(chosen),
            None => &[Scalar::U32, Scalar::I32, Scalar::U64, Scalar::I64][..],
        };
        let holds = |scalar: &&Scalar, value: i128| scalar.holds(value);
        let fits = |scalar: &&Scalar| constants.iter().all(|&(_, value)| holds(scalar, value));
        let Some(&storage) = candidates.iter().find(fits) else {
            let worst = constants
                .iter()
                .find(|&&(_, value)| !candidates.iter().any(|scalar| holds(&scalar, value)))
                .or(constants.first());
            let (name, value) = worst.map_or((String::new(), 0), |&(n, v)| (n.to_owned(), v));
            return Err(TypeError::EnumRange { name, value });
        };
        let tag = tag.map(intern::name);
        Ok(Self(ENUMS.intern(EnumInfo {
            tag,
            constants,
            storage,
            fixed,
        })))
    }

    /// The tag after `enum`.
    #[must_use]
    pub fn tag(self) -> Option<&'static str> {
        self.0.tag
    }

    /// The constants in the order of their declaration.
    #[must_use]
    pub fn constants(self) -> &'static [(&'static str, i128)] {
        &self.0.constants
    }

    /// The first constant with this value.
    #[must_use]
    pub fn name_of(self, value: i128) -> Option<&'static str> {
        self.0
            .constants
            .iter()
            .find(|constant| constant.1 == value)
            .map(|constant| constant.0)
    }

    /// The integer that stores it.
    #[must_use]
    pub fn storage(self) -> Scalar {
        self.0.storage
    }

    /// Whether the declaration chose the integer that stores it.
    #[must_use]
    pub fn has_fixed_storage(self) -> bool {
        self.0.fixed
    }

    /// It as a type.
    #[must_use]
    pub fn as_type(self) -> Type {
        self.into()
    }
}

intern::by_address!(EnumType);

impl fmt::Display for EnumType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.tag {
            Some(tag) => write!(f, "enum {tag}"),
            None => f.write_str("enum { … }"),
        }
    }
}

impl fmt::Debug for EnumType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnumType({self})")
    }
}
