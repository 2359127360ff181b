//! What C texts have declared, by name.
//!
//! Guarantee: a text is taken in whole or not at all.
#![forbid(unsafe_code)]

use super::derive::Qualified;
use super::nearest::nearest;
use super::parser::{Parser, Wanted};
use super::words;
use crate::error::Result;
use crate::types::{FnType, RecordKind, RecordType, Type};
use std::collections::{BTreeMap, HashMap};

/// The functions, variables, types and constants that C texts declare.
///
/// A text holds prototypes, `extern` variables, `struct`, `union`, `enum` and `typedef`
/// declarations as a header has them after preprocessing; there is no preprocessor, but
/// `#pragma pack` is obeyed. The names of `<stdint.h>` and `<stddef.h>` are known.
///
/// ```
/// use farcall::Declarations;
/// let mut geometry = Declarations::parse("
///     typedef struct { double x, y; } point;
///     enum corner { LEFT, RIGHT };
///     double distance(const point *from, const point *to);
/// ")?;
/// geometry.extend("point center(const point *corners, size_t count);")?;
/// assert_eq!(geometry.ty("point").unwrap().size(), Some(16));
/// assert_eq!(geometry.constant("RIGHT"), Some(1));
/// let names: Vec<&str> = geometry.functions().map(|(name, _)| name).collect();
/// assert_eq!(names, ["distance", "center"]);
/// # Ok::<(), farcall::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    pub(super) functions: Table<FnType>,
    pub(super) variables: Table<Type>,
    /// Ordered, so that equal texts get equal suggestions.
    pub(super) tags: BTreeMap<String, Tag>,
    pub(super) typedefs: BTreeMap<String, Qualified>,
    pub(super) constants: BTreeMap<String, i128>,
}

/// What a tag was declared as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tag {
    pub(super) kind: TagKind,
    /// `None` before its definition.
    pub(super) ty: Option<Type>,
}

/// The word before a tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TagKind {
    Record(RecordKind),
    Enum,
}

impl TagKind {
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Self::Record(kind) => kind.keyword(),
            Self::Enum => "enum",
        }
    }
}

/// Values by name, in the order in which the names came.
#[derive(Clone, Debug)]
pub(super) struct Table<T> {
    list: Vec<(String, T)>,
    index: HashMap<String, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            index: HashMap::new(),
        }
    }
}

impl<T: Copy> Table<T> {
    pub(super) fn get(&self, name: &str) -> Option<T> {
        self.index.get(name).map(|&index| self.list[index].1)
    }

    /// Adds the value; a name that is there keeps its place.
    pub(super) fn set(&mut self, name: String, value: T) {
        match self.index.get(&name) {
            Some(&index) => self.list[index].1 = value,
            None => {
                self.index.insert(name.clone(), self.list.len());
                self.list.push((name, value));
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn first(&self) -> Option<(String, T)> {
        self.list.first().cloned()
    }

    fn iter(&self) -> impl Iterator<Item = (&str, T)> {
        self.list
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
    }
}

impl Declarations {
    /// Reads the declarations in `text`.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax) with the place in the text.
    pub fn parse(text: &str) -> Result<Self> {
        let mut declarations = Self::default();
        declarations.extend(text)?;
        Ok(declarations)
    }

    /// Reads the declarations in `text`, which may use those read before.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax) with the place in the text; nothing has
    /// changed then.
    pub fn extend(&mut self, text: &str) -> Result<()> {
        let mut parser = Parser::new(text, self, Wanted::Everything).map_err(|error| *error)?;
        parser.everything().map_err(|error| *error)?;
        let new = parser.new;
        for (name, function) in new.functions.list {
            self.functions.set(name, function);
        }
        for (name, ty) in new.variables.list {
            self.variables.set(name, ty);
        }
        self.tags.extend(new.tags);
        self.typedefs.extend(new.typedefs);
        self.constants.extend(new.constants);
        Ok(())
    }

    /// The function with this name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<FnType> {
        self.functions.get(name)
    }

    /// Every function in the order of its first declaration.
    pub fn functions(&self) -> impl Iterator<Item = (&str, FnType)> {
        self.functions.iter()
    }

    /// The type of the variable with this name.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<Type> {
        self.variables.get(name)
    }

    /// Every variable in the order of its first declaration.
    pub fn variables(&self) -> impl Iterator<Item = (&str, Type)> {
        self.variables.iter()
    }

    /// The complete struct or union called `struct name`, `union name` or, by its tag or
    /// typedef, `name`.
    #[must_use]
    pub fn record(&self, name: &str) -> Option<RecordType> {
        self.ty(name).and_then(Type::record)
    }

    /// Every complete struct and union by its tag or, if it has none, its typedef; in alphabetical
    /// order.
    pub fn records(&self) -> impl Iterator<Item = (&str, RecordType)> {
        let tags = self.tags.iter().map(|(name, tag)| (name, tag.ty));
        let typedefs = self.typedefs.iter();
        let typedefs = typedefs.map(|(name, typedef)| (name, Some(typedef.ty)));
        let records: BTreeMap<_, _> = typedefs
            .filter(|(_, ty)| {
                let record = ty.and_then(Type::record);
                record.is_some_and(|record| record.tag().is_none())
            })
            .chain(tags)
            .filter_map(|(name, ty)| Some((name.as_str(), ty?.record()?)))
            .collect();
        records.into_iter()
    }

    /// The type called `name`: a typedef, a built-in name, `struct tag`, `union tag`, `enum tag`,
    /// or the tag alone.
    #[must_use]
    pub fn ty(&self, name: &str) -> Option<Type> {
        let mut words = name.split_ascii_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(keyword @ ("struct" | "union" | "enum")), Some(tag), None) => {
                let tag = self.tags.get(tag)?;
                tag.ty.filter(|_| tag.kind.keyword() == keyword)
            }
            (Some(word), None, None) => {
                let typedef = self.typedefs.get(word).map(|typedef| typedef.ty);
                typedef
                    .map(|ty| self.completed(ty))
                    .or_else(|| words::builtin(word))
                    .or_else(|| self.tags.get(word)?.ty)
            }
            _ => words::arithmetic_name(name),
        }
    }

    /// The value of the enumerator with this name.
    #[must_use]
    pub fn constant(&self, name: &str) -> Option<i128> {
        self.constants.get(name).copied()
    }

    /// Every enumerator with its value, in alphabetical order.
    pub fn constants(&self) -> impl Iterator<Item = (&str, i128)> {
        self.constants
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
    }

    /// The type that `text` names, which may use what was declared: `const point *`.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax) with the place in the text.
    pub fn parse_type(&self, text: &str) -> Result<Type> {
        super::type_name(text, self)
    }

    /// The function that `text` declares, with its name; it may use what was declared.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax) with the place in the text.
    pub fn parse_function(&self, text: &str) -> Result<(String, FnType)> {
        super::function(text, self)
    }

    /// The type of the variable that `text` declares, with its name; it may use what was declared.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax) with the place in the text.
    pub fn parse_variable(&self, text: &str) -> Result<(String, Type)> {
        super::variable(text, self)
    }

    /// The function or variable whose name is most like `name`.
    #[allow(dead_code, reason = "libraries suggest names with it")]
    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        let functions = self.functions().map(|(name, _)| name);
        nearest(
            name,
            functions.chain(self.variables().map(|(name, _)| name)),
        )
    }

    /// The definition of a type that is known by its tag, if it has come.
    pub(super) fn completed(&self, ty: Type) -> Type {
        super::derive::tag_of(ty)
            .and_then(|(keyword, tag)| {
                let tag = self.tags.get(tag)?;
                tag.ty.filter(|_| tag.kind.keyword() == keyword)
            })
            .unwrap_or(ty)
    }
}
